using Outlay.Expenses;
using Outlay.History;
using Outlay.Storage;

namespace Outlay.Trash;

/// <summary>Removes for good what has been in the trash long enough. Its history stays, and its ids are not used again.</summary>
internal sealed class TrashService(Database database, ExpenseService expenses, TimeProvider clock)
{
    /// <summary>How many expenses of an owner have been in the trash at least this long.</summary>
    public Task<long> CountAsync(string owner, TimeSpan age, CancellationToken token) =>
        database.ReadAsync(OwnerScope.Of(owner), connection => TrashStore.CountAsync(connection, owner, clock.GetUtcNow() - age, token), token);

    /// <summary>
    /// Removes those of one owner, some thousands in each transaction: others wait for none of them long. What was removed when it is cancelled
    /// stays removed.
    /// </summary>
    /// <param name="onProgress">Told after each transaction how many are gone; null for nobody.</param>
    /// <returns>How many there were.</returns>
    public async Task<long> PurgeAsync(Caller caller, TimeSpan age, Action<long>? onProgress, CancellationToken token)
    {
        var until = clock.GetUtcNow() - age;
        var purged = 0L;
        int batch;
        do
        {
            batch = await PurgeSomeAsync(caller, until, token);
            purged += batch;
            onProgress?.Invoke(purged);
        }
        while (batch > 0);
        return purged;
    }

    /// <summary>Removes those of all owners. Several instances may do so at once: each expense is removed by one.</summary>
    /// <param name="actor">Who the history says has done it.</param>
    /// <returns>How many there were.</returns>
    public async Task<long> PurgeAllAsync(string actor, TimeSpan age, CancellationToken token)
    {
        var purged = 0L;
        foreach (var owner in await database.ReadAsync(OwnerScope.All, connection => TrashStore.OwnersAsync(connection, clock.GetUtcNow() - age, token), token))
            purged += await PurgeAsync(new Caller(owner, actor), age, onProgress: null, token);
        return purged;
    }

    private Task<int> PurgeSomeAsync(Caller caller, DateTimeOffset until, CancellationToken token) =>
        expenses.WriteAsync(caller, ChangeAction.Purge, async change =>
        {
            var rows = await TrashStore.LockAsync(change.Connection, caller.Owner, until, ExpenseService.BatchSize, database.ForUpdate, token);
            await change.History.AddManyAsync(rows.Select(row => new HistoryEntry(row.Id, row.Version + 1, Content: null, DeletedAt: null) { IsTest = row.IsTest }), token);
            await TrashStore.DeleteAsync(change.Connection, caller.Owner, change.History.ChangeId, token);
            return rows.Count;
        }, token);
}
