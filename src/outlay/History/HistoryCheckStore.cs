using System.Data.Common;
using Outlay.Expenses;
using Outlay.Storage;

namespace Outlay.History;

/// <summary>Where the chain of an owner ends.</summary>
/// <param name="Hash">The hash of the last change; null while there is none.</param>
internal sealed record ChainHead(string Owner, long Seq, byte[]? Hash);

/// <param name="Row">Null for a change without rows.</param>
internal sealed record ChainRow(ChainChange Change, HistoryRow? Row);

/// <param name="Header">Null when it holds something that the program does not write.</param>
internal sealed record ChainChange(long Id, long Seq, ChangeHeader? Header, byte[] Hash);

/// <summary>A version of an expense, with what the expense is now.</summary>
/// <param name="Present">The version of the expense itself; null when it is not there.</param>
internal sealed record VersionRow(
    long ExpenseId, long Version, bool IsGone, string Owner, long Seq, long N, string Action, long? Present, string? PresentOwner);

/// <summary>An expense, with what its present version was when it was recorded.</summary>
/// <param name="Seq">Null when no change has recorded it.</param>
/// <param name="Recorded">JSON as UTF-8.</param>
internal sealed record PresentRow(string Owner, long? Seq, long? N, byte[]? Recorded, long ExpenseId, ExpenseContent Content, DateTimeOffset? DeletedAt);

/// <summary>Every SQL statement that checks the history: each reads all of it once, in an order that needs no memory.</summary>
internal static class HistoryCheckStore
{
    public static Task<List<ChainHead>> HeadsAsync(DbConnection connection, CancellationToken token) =>
        new Sql("select name, history_seq, history_hash from owners order by name")
            .ListAsync(connection, row => new ChainHead(row.GetString(0), row.GetInt64(1), row.IsDBNull(2) ? null : row.GetFieldValue<byte[]>(2)), token);

    /// <summary>The chain of an owner, from end to end.</summary>
    public static Sql Chain(string owner) => new Sql(
        $"""
        select h.n, h.expense_id, h.version, h.content, h.hash, c.hash, {HistoryStore.Header}
        from changes c left join history h on h.change_id = c.id where c.owner = @owner order by c.seq, h.n
        """).With("@owner", owner);

    /// <summary>The versions of all expenses, from the first to the last.</summary>
    public static Sql Versions() => new(
        """
        select h.expense_id, h.version, h.content is null, c.owner, c.seq, h.n, c.action, e.version, e.owner
        from history h join changes c on c.id = h.change_id left join expenses e on e.id = h.expense_id
        order by h.expense_id, h.version
        """);

    /// <summary>All expenses, each with what its present version was when it was recorded.</summary>
    public static Sql Expenses() => ExpenseStore.Beside("e.owner, c.seq, h.n, h.content",
        "left join history h on h.expense_id = e.id and h.version = e.version left join changes c on c.id = h.change_id order by e.id");

    /// <param name="last">The change of the row before: most rows are of the same.</param>
    public static ChainRow ReadChain(DbDataReader row, ChainChange? last) => new(
        last?.Id == row.GetInt64(6) ? last : new ChainChange(row.GetInt64(6), row.GetInt64(8), ReadHeader(row), row.GetFieldValue<byte[]>(5)),
        row.IsDBNull(0) ? null : new HistoryRow(
            row.GetInt64(0), row.GetInt64(1), row.GetInt64(2), row.IsDBNull(3) ? null : row.GetFieldValue<byte[]>(3), row.GetFieldValue<byte[]>(4)));

    public static VersionRow ReadVersion(DbDataReader row) => new(
        row.GetInt64(0), row.GetInt64(1), row.GetBoolean(2), row.GetString(3), row.GetInt64(4), row.GetInt64(5), row.GetString(6),
        row.IsDBNull(7) ? null : row.GetInt64(7), row.IsDBNull(8) ? null : row.GetString(8));

    public static PresentRow ReadExpense(DbDataReader row) => new(
        row.GetString(0), row.IsDBNull(1) ? null : row.GetInt64(1), row.IsDBNull(2) ? null : row.GetInt64(2),
        row.IsDBNull(3) ? null : row.GetFieldValue<byte[]>(3), row.GetInt64(4), ExpenseStore.ReadContent(row, 4), ExpenseStore.ReadDeletedAt(row, 4));

    /// <summary>A change or a row that belongs to nothing, so that no chain leads to it.</summary>
    public static async Task<HistoryFault?> FindStrayAsync(DbConnection connection, CancellationToken token) =>
        await new Sql("select owner, seq from changes where not exists (select 1 from owners where name = owner) order by owner, seq limit 1")
            .WithoutLimit().FirstAsync(connection, row => new HistoryFault("there is no such owner", row.GetString(0), row.GetInt64(1)), token)
        ?? await new Sql("select n, expense_id from history where not exists (select 1 from changes where id = change_id) order by change_id, n limit 1")
            .WithoutLimit().FirstAsync(connection, row => new HistoryFault("its change is missing", null, null, row.GetInt64(0), row.GetInt64(1)), token);

    private static ChangeHeader? ReadHeader(DbDataReader row)
    {
        try
        {
            return HistoryStore.ReadHeader(row, 6);
        }
        catch (FormatException)
        {
            // An engine that keeps times as text keeps any text.
            return null;
        }
    }
}
