using Outlay.Expenses;
using Outlay.History;
using Outlay.Storage;

namespace Outlay.Reports;

/// <summary>One row of the totals that is not what the expenses add up to.</summary>
/// <param name="Kept">What the table says; null when the row is missing.</param>
/// <param name="Recomputed">What the expenses add up to; null when there are none.</param>
internal sealed record TotalsMismatch(string Owner, TotalsKey Key, Money? Kept, long KeptCount, Money? Recomputed, long RecomputedCount);

/// <summary>What an examination found.</summary>
/// <param name="Damage">What the engine's own check found wrong; null when nothing.</param>
/// <param name="Expenses">How many expenses there are, the trash included.</param>
/// <param name="InTrash">How many of them are in the trash, and are not added up.</param>
internal sealed record Diagnosis(string? Damage, long Expenses, long InTrash, IReadOnlyList<TotalsMismatch> Mismatches)
{
    public bool IsHealthy => Damage is null && Mismatches.Count == 0;
}

/// <summary>Recomputes what is kept, and compares.</summary>
internal sealed class DoctorService(Database database)
{
    public Task<Diagnosis> ExamineAsync(CancellationToken token) =>
        database.SnapshotAsync(OwnerScope.All, async connection =>
        {
            var damage = await database.CheckIntegrityAsync(connection, token);
            var (expenses, inTrash) = await TotalsStore.CountAsync(connection, token);
            return new Diagnosis(damage, expenses, inTrash, await TotalsStore.CompareAsync(connection, token));
        }, token);

    /// <summary>Checks every change ever made, of every owner.</summary>
    public Task<HistoryReport> CheckHistoryAsync(CancellationToken token) =>
        database.SnapshotAsync(OwnerScope.All, connection => HistoryCheck.RunAsync(connection, token), token);

    /// <summary>Builds the totals anew from the expenses.</summary>
    public Task<int> RebuildTotalsAsync(CancellationToken token) =>
        database.WriteAsync(OwnerScope.All, async connection =>
        {
            await database.LockTableAsync(connection, "totals", token);
            var rows = await TotalsStore.RebuildAsync(connection, token);
            await IntegrityMetrics.MendedAsync(connection, token);
            return rows;
        }, token);
}
