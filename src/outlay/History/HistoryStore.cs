using System.Data.Common;
using System.Text;
using Outlay.Storage;

namespace Outlay.History;

/// <summary>What an expense was after a change, as it is stored.</summary>
/// <param name="N">Its place among the rows of the change, from 1.</param>
/// <param name="Content">JSON as UTF-8; null when the expense was gone.</param>
internal sealed record HistoryRow(long N, long ExpenseId, long Version, byte[]? Content, byte[] Hash);

/// <summary>Every SQL statement that adds to the history: one text for both engines.</summary>
internal static class HistoryStore
{
    /// <summary>The columns of a change (<c>c</c>) that <see cref="ReadHeader"/> takes, in its order.</summary>
    public const string Header = "c.id, c.owner, c.seq, c.action, c.undoes, c.count, c.actor, c.at, c.trace_id";

    private static readonly string[] s_columns = ["change_id", "n", "expense_id", "version", "content", "hash"];

    public static Task InsertAsync(DbConnection connection, long changeId, HistoryRow row, CancellationToken token) =>
        new Sql($"insert into history ({string.Join(", ", s_columns)}) values (@change, @n, @expense, @version, @content, @hash)")
            .With("@change", changeId).With("@n", row.N).With("@expense", row.ExpenseId).With("@version", row.Version)
            .With("@content", row.Content is null ? null : Encoding.UTF8.GetString(row.Content)).With("@hash", row.Hash).ExecuteAsync(connection, token);

    public static Task InsertManyAsync(Database database, DbConnection connection, long changeId, IEnumerable<HistoryRow> rows, CancellationToken token) =>
        database.BulkInsertAsync(connection, "history", s_columns, rows, (values, row) =>
        {
            values.Add(changeId);
            values.Add(row.N);
            values.Add(row.ExpenseId);
            values.Add(row.Version);
            values.AddText(row.Content);
            values.Add(row.Hash);
        }, token);

    /// <summary>Takes the next place in the chain of an owner, and keeps others out of it until the transaction ends.</summary>
    /// <returns>The place, and the hash of the change before; null before the first.</returns>
    public static async Task<(long Seq, byte[]? Previous)> TakePlaceAsync(DbConnection connection, string owner, CancellationToken token)
    {
        var place = await new Sql("update owners set history_seq = history_seq + 1 where name = @owner returning history_seq, history_hash")
            .With("@owner", owner)
            .FirstAsync(connection, row => Tuple.Create(row.GetInt64(0), row.IsDBNull(1) ? null : row.GetFieldValue<byte[]>(1)), token)
            ?? throw new AppException(ErrorCode.NotFound, $"There is no owner {owner}");
        return (place.Item1, place.Item2);
    }

    /// <summary>Waits until nobody is at the end of a change of this owner.</summary>
    /// <param name="forUpdate">How the engine is told: <see cref="Database.ForUpdate"/>.</param>
    public static Task LockOwnerAsync(DbConnection connection, string owner, string forUpdate, CancellationToken token) =>
        new Sql($"select name from owners where name = @owner{forUpdate}").With("@owner", owner).ExecuteAsync(connection, token);

    public static async Task<bool> HasChangeAsync(DbConnection connection, long id, CancellationToken token) =>
        await new Sql("select count(*) from changes where id = @id").With("@id", id).ScalarAsync<long>(connection, token) > 0;

    /// <summary>Adds a change at the place that was taken, and makes it the head of its owner's chain.</summary>
    public static Task InsertAsync(DbConnection connection, ChangeHeader change, byte[] hash, CancellationToken token) =>
        new Sql(
            """
            insert into changes (id, owner, seq, action, undoes, count, actor, at, trace_id, hash)
            values (@id, @owner, @seq, @action, @undoes, @count, @actor, @at, @trace, @hash);
            update owners set history_hash = @hash where name = @owner
            """)
            .With("@id", change.Id).With("@owner", change.Owner).With("@seq", change.Seq).With("@action", change.Action.Name())
            .With("@undoes", change.Undoes).With("@count", change.Count).With("@actor", change.Actor).With("@at", change.At)
            .With("@trace", change.TraceId).With("@hash", hash).ExecuteAsync(connection, token);

    /// <summary>Reads a change from the columns that begin at <paramref name="first"/>. Throws <see cref="FormatException"/> for what the program does not write.</summary>
    public static ChangeHeader ReadHeader(DbDataReader row, int first) => new(
        row.GetInt64(first),
        row.GetString(first + 1),
        row.GetInt64(first + 2),
        ChangeActionNames.FromName(row.GetString(first + 3)) ?? throw new FormatException("A change is of an action that this program does not know."),
        row.IsDBNull(first + 4) ? null : row.GetInt64(first + 4),
        row.GetInt64(first + 5),
        row.GetString(first + 6),
        row.GetFieldValue<DateTimeOffset>(first + 7),
        row.IsDBNull(first + 8) ? null : row.GetString(first + 8));
}
