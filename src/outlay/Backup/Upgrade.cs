using Outlay.Storage;

namespace Outlay.Backup;

/// <summary>What bringing the schema up to date would do.</summary>
/// <param name="Pending">The migrations that would be applied, as number_name, in their order.</param>
/// <param name="Expenses">How many expenses the database holds, the trash included; 0 for one that Outlay has not made yet.</param>
internal sealed record UpgradePlan(IReadOnlyList<string> Pending, long Expenses)
{
    /// <summary>Whether there is something that a backup would save.</summary>
    public bool NeedsBackup => Pending.Count > 0 && Expenses > 0;
}

/// <summary>Brings the schema up to date, after a verified backup of what is there.</summary>
internal sealed class Upgrade(Database database, Migrator migrator, BackupService backup, Settings settings, TimeProvider clock)
{
    /// <summary>When the backup before this upgrade was made; null before it was.</summary>
    private long? _backedUp;

    /// <summary>What <see cref="RunAsync"/> would do. Throws <see cref="ErrorCode.SchemaMismatch"/> as it does.</summary>
    public async Task<UpgradePlan> PlanAsync(CancellationToken token)
    {
        var pending = await migrator.PendingAsync(token);
        var isOurs = pending.Count > 0 && pending[0].Number > 1;
        return new UpgradePlan(
            [.. pending.Select(migration => migration.ToString())],
            isOurs ? await database.ReadAsync(OwnerScope.All, connection => BackupStore.ExpensesAsync(connection, token), token) : 0);
    }

    /// <summary>
    /// Applies what is missing. Throws <see cref="ErrorCode.BackupRequired"/> when there are expenses and no good backup of them
    /// could be made; nothing was changed then. Called again after a failure, it makes no more backups than there would be without
    /// an upgrade: others may be writing all the time.
    /// </summary>
    /// <param name="withBackup">False to go on without a backup.</param>
    public async Task<MigrationReport> RunAsync(bool withBackup, CancellationToken token)
    {
        var plan = await PlanAsync(token);
        if (plan.Pending.Count == 0)
            return new MigrationReport([], 0);
        await database.ReadAsync(OwnerScope.All, async connection =>
        {
            await database.RequireOwnershipAsync(connection, $"The schema of {database.Location} is not up to date", "outlay migrate", token);
            return true;
        }, token);
        if (withBackup && plan.NeedsBackup && !(_backedUp is { } time && clock.GetElapsedTime(time) < settings.BackupInterval))
        {
            var result = await backup.RunAsync(BackupOccasion.BeforeChange, token);
            if (result.Report is not { IsGood: true })
                throw new AppException(ErrorCode.BackupRequired,
                    $"{plan.Pending[0]} is to be applied, and no verified backup could be made before: {result.Failure} {result.Advice} Nothing was changed. Mend that, or go on without a backup: outlay migrate --no-snapshot.");
            _backedUp = clock.GetTimestamp();
        }

        return await migrator.RunAsync(token);
    }
}
