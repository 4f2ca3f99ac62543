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

    /// <summary>Puts the expenses of some rows of a change into the trash, or takes them out.</summary>
    public static Task SetDeletedAsync(DbConnection connection, string owner, Part part, bool inTrash, DateTimeOffset now, CancellationToken token) =>
        Of(part, new Sql(
            $"""
            update expenses set deleted_at = {(inTrash ? "@now" : "null")}, version = version + 1, updated_at = @now
            where owner = @owner and id in {Ids}
            """), owner).With("@now", now).ExecuteAsync(connection, token);

    private static Sql Of(Part part, Sql sql, string owner) =>
        sql.With("@owner", owner).With("@change", part.ChangeId).With("@after", part.After).With("@last", part.Last);

    /// <summary>Some rows of a change that follow one another.</summary>
    /// <param name="After">The row before the first.</param>
    internal readonly record struct Part(long ChangeId, long After, long Last);
}
