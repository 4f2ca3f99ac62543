using Outlay.Storage;

namespace Outlay.History;

/// <summary>Some of many, in their order.</summary>
/// <param name="Next">Where the next page begins; null on the last page.</param>
internal sealed record HistoryPage<T>(IReadOnlyList<T> Items, long? Next);

/// <summary>What was changed, when, and by whom.</summary>
internal sealed class HistoryService(Database database)
{
    /// <summary>
    /// The versions of an expense, oldest first. Throws <see cref="ErrorCode.NotFound"/> when there never was one; the history
    /// of one in the trash, or removed for good, stays.
    /// </summary>
    /// <param name="after">The last version of the page before; 0 for the first page.</param>
    public Task<HistoryPage<ExpenseVersion>> VersionsAsync(string owner, long id, long after, int size, CancellationToken token) =>
        database.ReadAsync(OwnerScope.Of(owner), async connection =>
        {
            var versions = await ChangeStore.VersionsAsync(connection, owner, id, after, size + 1, token);
            if (versions.Count == 0 && (await ChangeStore.VersionsAsync(connection, owner, id, 0, 1, token)).Count == 0)
                throw new AppException(ErrorCode.NotFound, $"Expense with id {id} not found") { Hint = "outlay list shows the ids, outlay history those of the past." };
            return Page(versions, size, version => version.Expense.Version);
        }, token);

    /// <summary>All changes of an owner, newest first.</summary>
    /// <param name="before">The last change of the page before; null for the first page.</param>
    public async Task<HistoryPage<Change>> ChangesAsync(string owner, long? before, int size, CancellationToken token)
    {
        var changes = await database.ReadAsync(OwnerScope.Of(owner), connection => ChangeStore.ListAsync(connection, owner, before ?? long.MaxValue, size + 1, token), token);
        return Page(changes, size, change => change.Header.Seq);
    }

    private static HistoryPage<T> Page<T>(List<T> rows, int size, Func<T, long> place)
    {
        if (rows.Count <= size)
            return new HistoryPage<T>(rows, null);
        rows.RemoveAt(size);
        return new HistoryPage<T>(rows, place(rows[^1]));
    }
}
