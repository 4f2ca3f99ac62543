using Outlay.Storage;

namespace Outlay.History;

/// <summary>Some of many, in their order.</summary>
/// <param name="Next">Where the next page begins; null on the last page.</param>
internal sealed record HistoryPage<T>(IReadOnlyList<T> Items, long? Next);

/// <summary>What was changed, when, and by whom.</summary>
internal sealed class HistoryService(Database database)
{
    /// <summary>A page ends after so many characters of expenses, however few those are: each may be 20 KB, twice.</summary>
    private const int MaxPageLength = 512 * 1024;

    /// <summary>
    /// The versions of an expense, oldest first. Throws <see cref="ErrorCode.NotFound"/> when there never was one; the history
    /// of one in the trash, or removed for good, stays.
    /// </summary>
    /// <param name="after">The last version of the page before; 0 for the first page.</param>
    public Task<HistoryPage<ExpenseVersion>> VersionsAsync(string owner, long id, long after, int size, CancellationToken token) =>
        database.ReadAsync(OwnerScope.Of(owner), async connection =>
        {
            var page = await PageAsync(ChangeStore.VersionsAsync(connection, owner, id, after, size + 1, token), size, version => version.Expense.Version, version => version.Expense);
            if (page.Items.Count == 0 && !await ChangeStore.VersionsAsync(connection, owner, id, 0, 1, token).AnyAsync(token))
                throw new AppException(ErrorCode.NotFound, $"Expense with id {id} not found") { Hint = "outlay list shows the ids, outlay history those of the past." };
            return page;
        }, token);

    /// <summary>All changes of an owner, newest first.</summary>
    /// <param name="before">The last change of the page before; null for the first page.</param>
    public Task<HistoryPage<Change>> ChangesAsync(string owner, long? before, int size, CancellationToken token) =>
        database.ReadAsync(OwnerScope.Of(owner), connection => PageAsync(
            ChangeStore.ListAsync(connection, owner, before ?? long.MaxValue, size + 1, token), size, change => change.Header.Seq, change => change.First), token);

    private static async Task<HistoryPage<T>> PageAsync<T>(IAsyncEnumerable<T> rows, int size, Func<T, long> place, Func<T, ChangedExpense> expense)
    {
        var items = new List<T>();
        var length = 0L;
        await foreach (var row in rows)
        {
            if (items.Count == size || length >= MaxPageLength)
                return new HistoryPage<T>(items, place(items[^1]));
            items.Add(row);
            length += (expense(row).Before?.Length ?? 0) + (expense(row).After?.Length ?? 0);
        }

        return new HistoryPage<T>(items, null);
    }
}
