using System.Data.Common;
using Outlay.Expenses;
using Outlay.Storage;

namespace Outlay.History;

/// <summary>A row of an owner's chain: the owner with the head of the chain, a change, and a row of that change, as far as there are such.</summary>
internal sealed record ChainRow(string Owner, long HeadSeq, byte[]? HeadHash, ChainChange? Change, HistoryRow? Row);

/// <param name="Header">Null when it holds something that the program does not write.</param>
internal sealed record ChainChange(long Id, long Seq, ChangeHeader? Header, byte[] Hash);

/// <summary>A version of an expense, with what the expense is now.</summary>
/// <param name="Present">The version of the expense itself; null when it is not there.</param>
internal sealed record VersionRow(
    long ExpenseId, long Version, bool IsGone, string Owner, long Seq, long N, string Action, long? Present, string? PresentOwner);

/// <summary>Every SQL statement that checks the history: each reads all of it once, in an order that needs no memory.</summary>
internal static class HistoryCheckStore
{
    /// <summary>The chains of all owners, from end to end.</summary>
    public static Sql Chains() => new(
        $"""
        select o.name, o.history_seq, o.history_hash, h.n, h.expense_id, h.version, h.content, h.hash, c.hash, {HistoryStore.Header}
        from owners o left join changes c on c.owner = o.name left join history h on h.change_id = c.id
        order by o.name, c.seq, h.n
        """);

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

    /// <param name="last">The row before: most rows are of the same change.</param>
    public static ChainRow ReadChain(DbDataReader row, ChainRow? last) => new(
        row.GetString(0), row.GetInt64(1), row.IsDBNull(2) ? null : row.GetFieldValue<byte[]>(2),
        row.IsDBNull(9) ? null : last?.Change is { } change && change.Id == row.GetInt64(9) ? change : ReadChange(row),
        row.IsDBNull(3) ? null : new HistoryRow(
            row.GetInt64(3), row.GetInt64(4), row.GetInt64(5), row.IsDBNull(6) ? null : row.GetString(6), row.GetFieldValue<byte[]>(7)));

    public static VersionRow ReadVersion(DbDataReader row) => new(
        row.GetInt64(0), row.GetInt64(1), row.GetBoolean(2), row.GetString(3), row.GetInt64(4), row.GetInt64(5), row.GetString(6),
        row.IsDBNull(7) ? null : row.GetInt64(7), row.IsDBNull(8) ? null : row.GetString(8));

    public static (string Owner, long? Seq, long? N, string? Content, Expense Expense) ReadExpense(DbDataReader row) => (
        row.GetString(0), row.IsDBNull(1) ? null : row.GetInt64(1), row.IsDBNull(2) ? null : row.GetInt64(2),
        row.IsDBNull(3) ? null : row.GetString(3), ExpenseStore.Read(row, 4));

    /// <summary>A change or a row that belongs to nothing, so that no chain leads to it.</summary>
    public static async Task<HistoryFault?> FindStrayAsync(DbConnection connection, CancellationToken token) =>
        await new Sql("select owner, seq from changes where not exists (select 1 from owners where name = owner) order by owner, seq limit 1")
            .FirstAsync(connection, row => new HistoryFault("there is no such owner", row.GetString(0), row.GetInt64(1)), token)
        ?? await new Sql("select n, expense_id from history where not exists (select 1 from changes where id = change_id) order by change_id, n limit 1")
            .FirstAsync(connection, row => new HistoryFault("its change is missing", null, null, row.GetInt64(0), row.GetInt64(1)), token);

    private static ChainChange ReadChange(DbDataReader row) => new(row.GetInt64(9), row.GetInt64(11), ReadHeader(row), row.GetFieldValue<byte[]>(8));

    private static ChangeHeader? ReadHeader(DbDataReader row)
    {
        try
        {
            return HistoryStore.ReadHeader(row, 9);
        }
        catch (FormatException)
        {
            // An engine that keeps times as text keeps any text.
            return null;
        }
    }
}
