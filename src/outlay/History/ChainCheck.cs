using System.Data.Common;

namespace Outlay.History;

/// <summary>Walks along the chain of an owner, and computes every hash of it anew.</summary>
/// <param name="head">Where the chain must end.</param>
internal sealed class ChainCheck(ChainHead head)
{
    private ChainChange? _change;
    private byte[] _lastChange = HistoryChain.BeforeChanges(head.Owner);
    private byte[] _lastRow = [];
    private long _n;

    /// <summary>How many changes were checked so far.</summary>
    public long Changes { get; private set; }

    /// <summary>How many rows were checked so far.</summary>
    public long Rows { get; private set; }

    /// <returns>The first fault; null when there is none.</returns>
    public async Task<HistoryFault?> RunAsync(DbConnection connection, CancellationToken token)
    {
        await foreach (var row in HistoryCheckStore.Chain(head.Owner).EachAsync(connection, row => HistoryCheckStore.ReadChain(row, _change), token))
        {
            if (Take(row) is { } fault)
                return fault;
        }

        return EndChange() ?? CheckHead();
    }

    private HistoryFault? Take(ChainRow row)
    {
        var fault = ReferenceEquals(row.Change, _change) ? null : EndChange() ?? BeginChange(row.Change);
        return fault ?? (row.Row is null ? null : CheckRow(row.Row));
    }

    private HistoryFault? BeginChange(ChainChange change)
    {
        _change = change;
        if (change.Seq != ++Changes)
            return Fault(Changes, $"the change is missing: the next that is there is {change.Seq}");
        if (change.Header is not { } header)
            return Fault(Changes, "its action or its time is none that the program writes");
        _lastRow = HistoryChain.BeforeRows(head.Owner, header.Action, header.Id);
        _n = 0;
        return null;
    }

    private HistoryFault? CheckRow(HistoryRow stored)
    {
        if (stored.N != ++_n)
            return Fault(Changes, $"the row is missing: the next that is there is {stored.N}", _n);
        _lastRow = HistoryChain.Row(_lastRow, stored.N, stored.ExpenseId, stored.Version, stored.Content);
        Rows++;
        return _lastRow.AsSpan().SequenceEqual(stored.Hash)
            ? null
            : Fault(Changes, "the row is not what its hash says: it was changed, or stood elsewhere", _n, stored.ExpenseId);
    }

    private HistoryFault? EndChange()
    {
        if (_change is not { Header: { } header } change)
            return null;
        if (header.Count != _n)
            return Fault(Changes, $"{Plural.Of(header.Count, "row")} {Plural.Verb(header.Count, "belongs", "belong")} to the change, and {_n} {Plural.Verb(_n, "is", "are")} there", _n + 1);
        _lastChange = HistoryChain.Change(_lastChange, _lastRow, header);
        return _lastChange.AsSpan().SequenceEqual(change.Hash)
            ? null
            : Fault(Changes, "the change is not what its hash says: its record was changed, or something before it");
    }

    private HistoryFault? CheckHead()
    {
        if (head.Seq != Changes)
            return Fault(Changes + 1, $"the owner has made {head.Seq} changes, and {Changes} are there: the last ones were removed, or their count was changed");
        var isHead = head.Hash is null ? Changes == 0 : _lastChange.AsSpan().SequenceEqual(head.Hash);
        return isHead ? null : Fault(Changes, "the last change is not the one that the owner's record names");
    }

    private HistoryFault Fault(long seq, string problem, long? n = null, long? expenseId = null) => new(problem, head.Owner, seq, n, expenseId);
}
