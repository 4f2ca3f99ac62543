using System.Data.Common;
using System.Text;
using Outlay.Storage;

namespace Outlay.History;

/// <summary>What an expense was after a change, as it is stored.</summary>
/// <param name="N">Its place among the rows of the change, from 1.</param>
/// <param name="Content">JSON as UTF-8; null when the expense was gone.</param>
internal sealed record HistoryRow(long N, long ExpenseId, long Version, byte[]? Content, byte[] Hash);

/// <summary>A place in the chain of an owner.</summary>
/// <param name="Previous">The hash of the change before; null before the first.</param>
internal sealed record ChainPlace(long Seq, byte[]? Previous);

/// <summary>Every SQL statement that adds to the history: one text for both engines.</summary>
internal static class HistoryStore
{
    /// <summary>The columns of a change (<c>c</c>) that <see cref="ReadHeader"/> takes, in its order.</summary>
    public const string Header = "c.id, c.owner, c.seq, c.action, c.undoes, c.count, c.actor, c.at, c.trace_id";

    private static readonly string[] s_columns = ["change_id", "n", "expense_id", "version", "content", "hash"];

    public static Sql Insert(long changeId, HistoryRow row) =>
        new Sql($"insert into history ({string.Join(", ", s_columns)}) values (@change, @n, @expense, @version, @content, @hash)")
            .With("@change", changeId).With("@n", row.N).With("@expense", row.ExpenseId).With("@version", row.Version)
            .With("@content", row.Content is null ? null : Encoding.UTF8.GetString(row.Content)).With("@hash", row.Hash);

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
    /// <remarks>Its row is read by <see cref="ReadPlace"/>; there is none when there is no such owner.</remarks>
    public static Sql TakePlace(string owner) =>
        new Sql("update owners set history_seq = history_seq + 1 where name = @owner returning history_seq, history_hash").With("@owner", owner);

    public static ChainPlace ReadPlace(DbDataReader row) => new(row.GetInt64(0), row.IsDBNull(1) ? null : row.GetFieldValue<byte[]>(1));

    /// <summary>Waits until nobody is at the end of a change of this owner.</summary>
    /// <param name="forUpdate">How the engine is told: <see cref="Database.ForUpdate"/>.</param>
    public static Task LockOwnerAsync(DbConnection connection, string owner, string forUpdate, CancellationToken token) =>
        new Sql($"select name from owners where name = @owner{forUpdate}").With("@owner", owner).ExecuteAsync(connection, token);

    public static async Task<bool> HasChangeAsync(DbConnection connection, long id, CancellationToken token) =>
        await new Sql("select count(*) from changes where id = @id").With("@id", id).ScalarAsync<long>(connection, token) > 0;

    /// <summary>Adds a change at the place that was taken, and makes it the head of its owner's chain.</summary>
    public static IEnumerable<Sql> Insert(ChangeHeader change, byte[] hash) =>
    [
        new Sql(
            """
            insert into changes (id, owner, seq, action, undoes, count, actor, at, trace_id, hash)
            values (@id, @owner, @seq, @action, @undoes, @count, @actor, @at, @trace, @hash)
            """)
            .With("@id", change.Id).With("@owner", change.Owner).With("@seq", change.Seq).With("@action", change.Action.Name())
            .With("@undoes", change.Undoes).With("@count", change.Count).With("@actor", change.Actor).With("@at", change.At)
            .With("@trace", change.TraceId).With("@hash", hash),
        new Sql("update owners set history_hash = @hash where name = @owner").With("@hash", hash).With("@owner", change.Owner),
    ];

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
