using System.Data.Common;
using Outlay.Storage;

namespace Outlay.History;

/// <summary>A change as people look at it.</summary>
/// <param name="UndoneBy">The <see cref="ChangeHeader.Seq"/> of the change that took it back; null while it is in force.</param>
/// <param name="First">The first of its expenses.</param>
internal sealed record Change(ChangeHeader Header, long? UndoneBy, ChangedExpense First);

/// <summary>What a change did to one expense.</summary>
/// <param name="Before">What it was, as the history keeps it; null before it was recorded.</param>
/// <param name="After">What it was then; null when it was removed for good.</param>
internal sealed record ChangedExpense(long ExpenseId, long Version, string? Before, string? After);

/// <summary>A version of an expense, and the change that made it.</summary>
internal sealed record ExpenseVersion(ChangeHeader Change, ChangedExpense Expense);

/// <summary>Every SQL statement that reads changes: one text for both engines. Whoever asks names the owner.</summary>
internal static class ChangeStore
{
    private const string Rows = "h.expense_id, h.version, p.content, h.content";

    /// <summary>A row of the history (<c>h</c>), with what the expense was before (<c>p</c>).</summary>
    private const string Previous = "left join history p on p.expense_id = h.expense_id and p.version = h.version - 1";

    private const string SelectChange =
        $"""
        select {HistoryStore.Header}, u.seq, {Rows}
        from changes c left join changes u on u.owner = c.owner and u.undoes = c.seq
        join history h on h.change_id = c.id and h.n = 1 {Previous}
        """;

    /// <summary>Newest first.</summary>
    /// <param name="before">Only those before this one.</param>
    public static IAsyncEnumerable<Change> ListAsync(DbConnection connection, string owner, long before, int limit, CancellationToken token) =>
        new Sql($"{SelectChange} where c.owner = @owner and c.seq < @before order by c.seq desc limit @limit")
            .With("@owner", owner).With("@before", before).With("@limit", limit).EachAsync(connection, ReadChange, token);

    public static Task<Change?> FindAsync(DbConnection connection, string owner, long seq, CancellationToken token) =>
        new Sql($"{SelectChange} where c.owner = @owner and c.seq = @seq").With("@owner", owner).With("@seq", seq)
            .FirstAsync(connection, ReadChange, token);

    /// <param name="id">What the rows of the change say that they belong to.</param>
    public static Task<Change?> FindByIdAsync(DbConnection connection, string owner, long id, CancellationToken token) =>
        new Sql($"{SelectChange} where c.owner = @owner and c.id = @id").With("@owner", owner).With("@id", id)
            .FirstAsync(connection, ReadChange, token);

    /// <summary>The last change that is in force and can be taken back; an undo is none, and nothing whose expenses were removed for good.</summary>
    public static Task<Change?> FindLastAsync(DbConnection connection, string owner, CancellationToken token) =>
        new Sql(
            $"""
            {SelectChange} where c.owner = @owner and u.seq is null and c.action not in ('undo', 'purge', 'adopt')
            and not exists (select 1 from history g where g.change_id = c.id and not exists (select 1 from expenses e where e.id = g.expense_id))
            order by c.seq desc limit 1
            """)
            .With("@owner", owner).FirstAsync(connection, ReadChange, token);

    /// <summary>The expenses of a change, from behind one of them.</summary>
    public static Task<List<(long N, ChangedExpense Expense)>> ExpensesAsync(
        DbConnection connection, long changeId, long after, int limit, CancellationToken token) =>
        new Sql($"select h.n, {Rows} from history h {Previous} where h.change_id = @change and h.n > @after order by h.n limit @limit")
            .With("@change", changeId).With("@after", after).With("@limit", limit)
            .ListAsync(connection, row => (row.GetInt64(0), ReadExpense(row, 1)), token);

    /// <summary>The versions of an expense from behind one of them, oldest first; also of one that is in the trash or gone.</summary>
    public static IAsyncEnumerable<ExpenseVersion> VersionsAsync(
        DbConnection connection, string owner, long expenseId, long after, int limit, CancellationToken token) =>
        new Sql(
            $"""
            select {HistoryStore.Header}, {Rows} from history h join changes c on c.id = h.change_id {Previous}
            where h.expense_id = @expense and c.owner = @owner and h.version > @after order by h.version limit @limit
            """)
            .With("@expense", expenseId).With("@owner", owner).With("@after", after).With("@limit", limit)
            .EachAsync(connection, row => new ExpenseVersion(HistoryStore.ReadHeader(row, 0), ReadExpense(row, 9)), token);

    private static Change ReadChange(DbDataReader row) =>
        new(HistoryStore.ReadHeader(row, 0), row.IsDBNull(9) ? null : row.GetInt64(9), ReadExpense(row, 10));

    private static ChangedExpense ReadExpense(DbDataReader row, int first) => new(
        row.GetInt64(first), row.GetInt64(first + 1),
        row.IsDBNull(first + 2) ? null : row.GetString(first + 2), row.IsDBNull(first + 3) ? null : row.GetString(first + 3));
}
