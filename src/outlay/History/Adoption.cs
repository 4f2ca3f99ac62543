using System.Data.Common;
using Outlay.Expenses;
using Outlay.Storage;

namespace Outlay.History;

/// <summary>Takes what was recorded before there was a history into it: one change for each owner.</summary>
internal static class Adoption
{
    /// <summary>The migration that brings the history.</summary>
    public const int Migration = 2;

    /// <summary>Who the history says has made the change.</summary>
    private const string Actor = "outlay migrate";

    /// <summary>Works at constant memory, within the transaction of the migration.</summary>
    public static async Task RunAsync(Database database, DbConnection connection, DateTimeOffset now, CancellationToken token)
    {
        var changes = new Dictionary<string, HistoryWriter>();
        for (var batch = await ReadAsync(connection, long.MinValue, token); batch.Count > 0; batch = await ReadAsync(connection, batch[^1].Expense.Id, token))
        {
            foreach (var rows in batch.GroupBy(row => row.Owner, row => row.Expense))
            {
                if (!changes.TryGetValue(rows.Key, out var change))
                    change = changes[rows.Key] = await BeginAsync(database, connection, rows.Key, token);
                await change.AddManyAsync(rows.Select(expense => new HistoryEntry(expense)), token);
            }
        }

        foreach (var change in changes.Values)
            await change.FinishAsync(new SqlBatch(), now, token);
    }

    private static async Task<HistoryWriter> BeginAsync(Database database, DbConnection connection, string owner, CancellationToken token) =>
        new(database, connection, new Caller(owner, Actor), ChangeAction.Adopt, (await database.ReserveIdsAsync(connection, token, "changes"))[0]);

    private static Task<List<(string Owner, Expense Expense)>> ReadAsync(DbConnection connection, long after, CancellationToken token) =>
        ExpenseStore.Beside("e.owner", "where e.id > @after order by e.id limit @size").With("@after", after).With("@size", ExpenseService.BatchSize)
            .ListAsync(connection, ExpenseStore.ReadOwned, token);
}
