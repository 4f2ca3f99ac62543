using System.Buffers;
using System.Data.Common;
using Outlay.Expenses;
using Outlay.Storage;

namespace Outlay.History;

/// <summary>Records one change while its transaction runs, and links it into the chain of its owner at the end.</summary>
internal sealed class HistoryWriter
{
    private readonly Database _database;
    private readonly DbConnection _connection;
    private readonly Caller _caller;
    private readonly ChangeAction _action;
    private readonly long _id;
    private readonly ArrayBufferWriter<byte> _content = new(512);
    private byte[] _lastRow;
    private long _count;
    private long _testCount;

    private HistoryWriter(Database database, DbConnection connection, Caller caller, ChangeAction action, long id)
    {
        (_database, _connection, _caller, _action, _id) = (database, connection, caller, action, id);
        _lastRow = HistoryChain.BeforeRows(caller.Owner, action, id);
    }

    public static async Task<HistoryWriter> BeginAsync(
        Database database, DbConnection connection, Caller caller, ChangeAction action, CancellationToken token) =>
        new(database, connection, caller, action, (await database.ReserveIdsAsync(connection, "changes", 1, token))[0]);

    /// <summary>What its rows say that they belong to.</summary>
    public long ChangeId => _id;

    /// <summary>How many expenses it has changed so far.</summary>
    public long Count => _count;

    /// <summary>How many of them are of the currency of tests.</summary>
    public long TestCount => _testCount;

    /// <summary>The change that this one takes back; null for all others.</summary>
    public long? Undoes { get; set; }

    /// <param name="expense">What it is now.</param>
    public Task AddAsync(Expense expense, CancellationToken token) =>
        HistoryStore.InsertAsync(_connection, _id, Next(new HistoryEntry(expense)), token);

    public Task AddManyAsync(IEnumerable<HistoryEntry> entries, CancellationToken token) => AddManyAsync(entries.Select(Next), token);

    /// <summary>Adds rows that were worked out before.</summary>
    public Task AddManyAsync(IEnumerable<HistoryRow> rows, CancellationToken token) =>
        HistoryStore.InsertManyAsync(_database, _connection, _id, rows, token);

    /// <summary>Works out the rows of a change that are next, without the database: on any thread, one call after the other.</summary>
    public HistoryRow[] Prepare(IEnumerable<HistoryEntry> entries) => [.. entries.Select(Next)];

    /// <summary>Links the change into the chain. From here to its end, the transaction keeps other changes of this owner waiting.</summary>
    public async Task FinishAsync(DateTimeOffset now, CancellationToken token)
    {
        if (_count == 0)
            return;
        var (seq, previous) = await HistoryStore.TakePlaceAsync(_connection, _caller.Owner, token);
        var header = new ChangeHeader(_id, _caller.Owner, seq, _action, Undoes, _count, _caller.Actor, now, _caller.TraceId);
        var hash = HistoryChain.Change(previous ?? HistoryChain.BeforeChanges(_caller.Owner), _lastRow, header);
        await HistoryStore.InsertAsync(_connection, header, hash, token);
    }

    /// <summary>
    /// Asks, on another connection, whether the change was stored; waits until its transaction is over. One without expenses had nothing to store.
    /// </summary>
    public async Task<bool> WasStoredAsync(DbConnection connection, CancellationToken token)
    {
        if (_count == 0)
            return true;
        // The transaction has held this lock since it took its place in the chain.
        await HistoryStore.LockOwnerAsync(connection, _caller.Owner, _database.ForUpdate, token);
        return await HistoryStore.HasChangeAsync(connection, _id, token);
    }

    private HistoryRow Next(HistoryEntry entry)
    {
        var (expenseId, version, content, deletedAt) = entry;
        if (entry.IsTest)
            _testCount++;
        _content.ResetWrittenCount();
        if (content is not null)
            HistoryContent.Write(_content, content, deletedAt);
        _lastRow = HistoryChain.Row(_lastRow, ++_count, expenseId, version, _content.WrittenSpan);
        return new HistoryRow(_count, expenseId, version, content is null ? null : _content.WrittenSpan.ToArray(), _lastRow);
    }
}

/// <summary>What an expense is after a change.</summary>
/// <param name="Content">Null when it is gone for good.</param>
/// <param name="DeletedAt">When it went into the trash; null while it counts.</param>
internal readonly record struct HistoryEntry(long ExpenseId, long Version, ExpenseContent? Content, DateTimeOffset? DeletedAt)
{
    /// <summary>Whether it is, or was, of the currency of tests.</summary>
    public bool IsTest { get; init; } = Content?.Amount.Currency.IsTest ?? false;

    public HistoryEntry(Expense expense)
        : this(expense.Id, expense.Version, expense.Content, expense.DeletedAt)
    {
    }
}
