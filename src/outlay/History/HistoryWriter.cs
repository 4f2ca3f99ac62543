using System.Buffers;
using System.Data.Common;
using System.Text;
using System.Text.Json;
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

    private HistoryWriter(Database database, DbConnection connection, Caller caller, ChangeAction action, long id)
    {
        (_database, _connection, _caller, _action, _id) = (database, connection, caller, action, id);
        _lastRow = HistoryChain.BeforeRows(caller.Owner, action, id);
    }

    public static async Task<HistoryWriter> BeginAsync(
        Database database, DbConnection connection, Caller caller, ChangeAction action, CancellationToken token) =>
        new(database, connection, caller, action, (await database.ReserveIdsAsync(connection, "changes", 1, token))[0]);

    /// <param name="content">What the expense is now; null when it is gone for good.</param>
    public Task AddAsync(long expenseId, long version, ExpenseContent? content, CancellationToken token) =>
        HistoryStore.InsertAsync(_connection, _id, Next(expenseId, version, content), token);

    public Task AddManyAsync(IEnumerable<(long Id, long Version, ExpenseContent? Content)> expenses, CancellationToken token) =>
        HistoryStore.InsertManyAsync(_database, _connection, _id, expenses.Select(expense => Next(expense.Id, expense.Version, expense.Content)), token);

    /// <summary>Links the change into the chain. From here to its end, the transaction keeps other changes of this owner waiting.</summary>
    /// <param name="undoes">The change that this one took back; null for all others.</param>
    public async Task FinishAsync(DateTimeOffset now, long? undoes, CancellationToken token)
    {
        if (_count == 0)
            return;
        var (seq, previous) = await HistoryStore.TakePlaceAsync(_connection, _caller.Owner, token);
        var header = new ChangeHeader(_id, _caller.Owner, seq, _action, undoes, _count, _caller.Actor, now, _caller.TraceId);
        var hash = HistoryChain.Change(previous ?? HistoryChain.BeforeChanges(_caller.Owner), _lastRow, header);
        await HistoryStore.InsertAsync(_connection, header, hash, token);
    }

    private HistoryRow Next(long expenseId, long version, ExpenseContent? content)
    {
        _content.ResetWrittenCount();
        if (content is not null)
        {
            using var json = new Utf8JsonWriter(_content, ExpenseJson.Format);
            ExpenseJson.Write(json, content);
        }

        _lastRow = HistoryChain.Row(_lastRow, ++_count, expenseId, version, _content.WrittenSpan);
        return new HistoryRow(_count, expenseId, version, content is null ? null : Encoding.UTF8.GetString(_content.WrittenSpan), _lastRow);
    }
}
