using System.Data.Common;
using Outlay.Expenses;

namespace Outlay.History;

/// <summary>Both sides of a change that was meant for a version which is not the present one.</summary>
/// <param name="Current">What the expense is now.</param>
/// <param name="Yours">What it was at the version that the change was meant for; null when there is no such version.</param>
/// <param name="Since">The versions after that, oldest first; the first of them when there are many.</param>
internal sealed record VersionConflict(Expense Current, string? Yours, IReadOnlyList<ExpenseVersion> Since)
{
    private const int MaxSince = 20;

    /// <param name="meant">The versions that the change was meant for.</param>
    public static async Task<VersionConflict> FindAsync(
        DbConnection connection, string owner, Expense current, IReadOnlyCollection<long> meant, CancellationToken token)
    {
        var yours = meant.Where(version => version > 0 && version < current.Version).DefaultIfEmpty().Max();
        if (yours == 0)
            return new VersionConflict(current, null, []);
        var versions = await ChangeStore.VersionsAsync(connection, owner, current.Id, yours - 1, MaxSince + 1, token).ToListAsync(token);
        return new VersionConflict(current, versions.Find(version => version.Expense.Version == yours)?.Expense.After,
            [.. versions.Where(version => version.Expense.Version > yours).Take(MaxSince)]);
    }
}
