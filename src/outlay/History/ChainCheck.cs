using System.Data.Common;
using System.Text;

namespace Outlay.History;

/// <summary>Walks along the chain of each owner, and computes every hash of it anew.</summary>
internal sealed class ChainCheck
{
    private ChainRow? _last;
    private byte[] _lastChange = [];
    private byte[] _lastRow = [];
    private long _seq;
    private long _n;

    /// <summary>How many changes were checked so far.</summary>
    public long Changes { get; private set; }

    /// <summary>How many rows were checked so far.</summary>
    public long Rows { get; private set; }

    /// <returns>The first fault; null when there is none.</returns>
    public async Task<HistoryFault?> RunAsync(DbConnection connection, CancellationToken token)
    {
        await foreach (var row in HistoryCheckStore.Chains().EachAsync(connection, row => HistoryCheckStore.ReadChain(row, _last), token))
        {
            if (Take(row) is { } fault)
                return fault;
        }

        return EndChange() ?? EndOwner();
    }

    private HistoryFault? Take(ChainRow row)
    {
        if (row.Change?.Id != _last?.Change?.Id && EndChange() is { } wrongChange)
            return wrongChange;
        if (row.Owner != _last?.Owner)
        {
            if (EndOwner() is { } wrongOwner)
                return wrongOwner;
            _lastChange = HistoryChain.BeforeChanges(row.Owner);
            _seq = 0;
        }

        var begins = row.Change is not null && row.Change.Id != _last?.Change?.Id;
        _last = row;
        return (begins ? BeginChange(row) : null) ?? (row.Row is null ? null : CheckRow(row, row.Row));
    }

    private HistoryFault? BeginChange(ChainRow row)
    {
        var change = row.Change!;
        if (change.Seq != ++_seq)
            return new HistoryFault($"the change is missing: the next that is there is {change.Seq}", row.Owner, _seq);
        if (change.Header is not { } header)
            return new HistoryFault("its action or its time is none that the program writes", row.Owner, _seq);
        _lastRow = HistoryChain.BeforeRows(row.Owner, header.Action, header.Id);
        _n = 0;
        Changes++;
        return null;
    }

    private HistoryFault? CheckRow(ChainRow row, HistoryRow stored)
    {
        if (stored.N != ++_n)
            return new HistoryFault($"the row is missing: the next that is there is {stored.N}", row.Owner, _seq, _n);
        _lastRow = HistoryChain.Row(_lastRow, stored.N, stored.ExpenseId, stored.Version, Encoding.UTF8.GetBytes(stored.Content ?? ""));
        Rows++;
        return _lastRow.AsSpan().SequenceEqual(stored.Hash)
            ? null
            : new HistoryFault("the row is not what its hash says: it was changed, or stood elsewhere", row.Owner, _seq, _n, stored.ExpenseId);
    }

    private HistoryFault? EndChange()
    {
        if (_last?.Change is not { Header: { } header } change)
            return null;
        if (header.Count != _n)
            return new HistoryFault($"{header.Count} rows belong to the change, and {_n} are there", _last.Owner, _seq, _n + 1);
        _lastChange = HistoryChain.Change(_lastChange, _lastRow, header);
        return _lastChange.AsSpan().SequenceEqual(change.Hash)
            ? null
            : new HistoryFault("the change is not what its hash says: its record was changed, or something before it", _last.Owner, _seq);
    }

    private HistoryFault? EndOwner()
    {
        if (_last is not { } last)
            return null;
        if (last.HeadSeq != _seq)
            return new HistoryFault($"the owner has made {last.HeadSeq} changes, and {_seq} are there: the last ones were removed, or their count was changed",
                last.Owner, _seq + 1);
        var isHead = last.HeadHash is null ? _seq == 0 : _lastChange.AsSpan().SequenceEqual(last.HeadHash);
        return isHead ? null : new HistoryFault("the last change is not the one that the owner's record names", last.Owner, _seq);
    }
}
