using System.Data.Common;
using Outlay.Expenses;
using Outlay.Storage;

namespace Outlay.History;

/// <summary>Every SQL statement about all the expenses of a change at once.</summary>
internal static class UndoStore
{
    private const string Ids = "(select expense_id from history where change_id = @change and n > @after and n <= @last)";

    /// <summary>Keeps the expenses of some rows of a change from changing until the transaction ends.</summary>
    public static Task LockAsync(DbConnection connection, string owner, Part part, string forUpdate, CancellationToken token) =>
        Of(part, new Sql($"select id from expenses where owner = @owner and id in {Ids} order by id{forUpdate}"), owner).ExecuteAsync(connection, token);

    /// <summary>What the expenses of some rows of a change are now, by their ids.</summary>
    public static async Task<Dictionary<long, Expense>> ExpensesAsync(DbConnection connection, string owner, Part part, CancellationToken token)
    {
        var expenses = await Of(part, ExpenseStore.Beside("e.owner", $"where e.owner = @owner and e.id in {Ids}"), owner)
            .ListAsync(connection, row => ExpenseStore.Read(row, 1), token);
        return expenses.ToDictionary(expense => expense.Id);
    }

    /// <summary>The first expenses of a change that were removed for good.</summary>
    public static Task<List<Obstacle>> GoneAsync(DbConnection connection, long changeId, int limit, CancellationToken token) =>
        new Sql(
            """
            select h.expense_id, c.seq, true from history h
            join history g on g.expense_id = h.expense_id and g.content is null join changes c on c.id = g.change_id
            where h.change_id = @change and not exists (select 1 from expenses e where e.id = h.expense_id)
            order by h.n limit @limit
            """).With("@change", changeId).With("@limit", limit).ListAsync(connection, ReadObstacle, token);

    /// <summary>The expenses of a change that have another version now: what they were after it, and what they are.</summary>
    public static IAsyncEnumerable<(string? After, Expense Present)> ChangedSince(
        DbConnection connection, string owner, long changeId, CancellationToken token) =>
        ExpenseStore.Beside("h.content", "join history h on h.expense_id = e.id where e.owner = @owner and h.change_id = @change and e.version <> h.version order by h.n")
            .With("@owner", owner).With("@change", changeId)
            .EachAsync(connection, row => (row.IsDBNull(0) ? null : row.GetString(0), ExpenseStore.Read(row, 1)), token);

    /// <summary>What has happened last to an expense.</summary>
    public static async Task<Obstacle> LastChangeAsync(DbConnection connection, long expenseId, CancellationToken token) =>
        (await new Sql(
            """
            select h.expense_id, c.seq, h.content is null from history h join changes c on c.id = h.change_id
            where h.expense_id = @id order by h.version desc limit 1
            """).With("@id", expenseId).ListAsync(connection, ReadObstacle, token))[0];

    private static Obstacle ReadObstacle(DbDataReader row) => new(row.GetInt64(0), row.GetInt64(1), row.GetBoolean(2));

    /// <summary>Puts the expenses of some rows of a change into the trash, or takes them out.</summary>
    public static Task SetDeletedAsync(DbConnection connection, string owner, Part part, bool inTrash, DateTimeOffset now, CancellationToken token) =>
        Of(part, new Sql(
            $"""
            update expenses set deleted_at = {(inTrash ? "@now" : "null")}, version = version + 1, updated_at = @now
            where owner = @owner and id in {Ids}
            """), owner).With("@now", now).ExecuteAsync(connection, token);

    private static Sql Of(Part part, Sql sql, string owner) =>
        sql.With("@owner", owner).With("@change", part.ChangeId).With("@after", part.After).With("@last", part.Last);

    /// <summary>What stands in the way of taking a change back.</summary>
    /// <param name="Seq">The last change of the expense.</param>
    /// <param name="IsGone">Whether that removed it for good.</param>
    internal readonly record struct Obstacle(long ExpenseId, long Seq, bool IsGone);

    /// <summary>Some rows of a change that follow one another.</summary>
    /// <param name="After">The row before the first.</param>
    internal readonly record struct Part(long ChangeId, long After, long Last);
}
