using Outlay.History;
using Outlay.Storage;

namespace Outlay.Backup;

/// <summary>
/// Decides whether a run has to make a backup. Of several instances on one database, each with a folder of its own, one makes it:
/// the others find it in the place that they share, and take a copy.
/// </summary>
internal sealed partial class BackupElection(
    Database database, BackupCatalog catalog, BackupVerifier verifier, TimeSpan interval, TimeProvider clock, ILogger logger)
{
    /// <summary>How long a backup whose bytes are the same counts as good, before it is restored on trial again.</summary>
    private static readonly TimeSpan s_trust = TimeSpan.FromDays(7);

    /// <summary>The backups of every book in the other places. One that does not answer has none: copying to it will fail aloud.</summary>
    public async Task<IReadOnlyList<ListedBackup>> LookElsewhereAsync(CancellationToken token)
    {
        var found = new List<ListedBackup>();
        foreach (var destination in catalog.Elsewhere)
        {
            if (await UsedAsync(destination, () => BackupCatalog.ListAsync(destination, token), token) is { } listed)
                found.AddRange(listed);
        }

        return found;
    }

    /// <summary>
    /// The newest backup, here or elsewhere, if it is good and none has to be made: because it holds the present state, or for a run at the
    /// interval because it is younger than that. One that lies elsewhere is copied to this machine.
    /// </summary>
    /// <returns>What the run comes to; null when a backup has to be made.</returns>
    public async Task<BackupResult?> FindAsync(
        BackupFolder folder, IReadOnlyList<ListedBackup> elsewhere, BackupOccasion occasion, CancellationToken token)
    {
        // Before there was a history, nothing told what has changed.
        if (await database.ReadAsync(OwnerScope.All, connection => Migrator.SchemaAsync(connection, token), token) < Adoption.Migration)
            return null;
        var present = await database.SnapshotAsync(OwnerScope.All, connection => BackupStore.FingerprintAsync(database, connection, token), token);
        if (await CopiedAsync(folder, elsewhere, present, occasion, token) is not { } newest)
            return null;
        var report = await BackupCatalog.ReadReportAsync(newest, token);
        if (report is { IsGood: true } && !Suffices(report, present, occasion))
            return null;
        if (!await catalog.IsLockedAsNowAsync(newest, token))
            return null;
        if (report is { IsGood: true } ? !await IsTrustedAsync(newest, report, occasion, token) : report is null || newest.Verdict is BackupVerdict.Verified)
            report = await verifier.VerifyAsync(newest, folder, _ => { }, token);
        return report is { IsGood: true } && Suffices(report, present, occasion)
            ? new BackupResult(
                report.Fingerprint == present ? BackupState.Unchanged : BackupState.NotDue, Path.Combine(folder.Path, newest.Name), newest.Size, report)
            : null;
    }

    /// <summary>How long until a backup is as old as the interval: zero when it is older.</summary>
    public TimeSpan DueIn(BackupReport report) =>
        interval - (clock.GetUtcNow() - (report.CreatedAt ?? report.VerifiedAt)) is var left && left > TimeSpan.Zero ? left : TimeSpan.Zero;

    private bool Suffices(BackupReport report, string present, BackupOccasion occasion) =>
        report.Fingerprint == present || (occasion is BackupOccasion.Scheduled && DueIn(report) > TimeSpan.Zero);

    /// <summary>The newest backup on this machine, after a newer one that suffices was copied from where it lies; null when there is none.</summary>
    private async Task<ListedBackup?> CopiedAsync(
        BackupFolder folder, IReadOnlyList<ListedBackup> elsewhere, string present, BackupOccasion occasion, CancellationToken token)
    {
        var here = await catalog.NewestAsync(token);
        var book = (await catalog.Book(token)).Id;
        foreach (var backup in elsewhere.Where(backup => (here is null || backup.Time > here.Time) && !catalog.IsInTheFuture(backup.Time)))
        {
            var copy = await UsedAsync(backup.Destination, async () =>
                await BackupCatalog.ReadReportAsync(backup, token) is { IsGood: true } report && BackupCatalog.IsOf(book, report) &&
                Suffices(report, present, occasion) && await catalog.IsLockedAsNowAsync(backup, token)
                    ? await CopyAsync(backup, report, folder, token)
                    : null, token);
            if (copy is not null)
                return copy;
        }

        return here;
    }

    private async Task<ListedBackup> CopyAsync(ListedBackup backup, BackupReport report, BackupFolder folder, CancellationToken token)
    {
        var copy = Path.Combine(folder.Temporary, "copy");
        await using (var stored = await backup.Destination.OpenAsync(backup.Name, token))
        await using (var file = PrivateFile.Create(copy))
        {
            await stored.CopyToAsync(file, token);
            file.Flush(flushToDisk: true);
        }

        if (await BackupDigest.OfAsync(File.OpenRead(copy), token) != report.Stored)
            throw new AppException(ErrorCode.BackupDamaged, $"{backup.Name} is not there as it was verified.");
        await folder.StoreReportAsync(catalog.Disk, report, token);
        await catalog.Disk.StoreAsync(backup.Name, copy, token);
        Copied(logger, backup.Name, backup.Destination.Name);
        return backup with { Destination = catalog.Disk };
    }

    /// <summary>Whether a backup that was found good once still counts as good without being restored again.</summary>
    private async Task<bool> IsTrustedAsync(ListedBackup backup, BackupReport report, BackupOccasion occasion, CancellationToken token) =>
        occasion is not BackupOccasion.BeforeChange && clock.GetUtcNow() - report.VerifiedAt < s_trust && !catalog.IsInTheFuture(report.VerifiedAt) &&
        await BackupDigest.OfAsync(await backup.Destination.OpenAsync(backup.Name, token), token) == report.Stored;

    /// <summary>Null when the place fails: then this machine makes a backup itself.</summary>
    private async Task<T?> UsedAsync<T>(IBackupDestination destination, Func<Task<T>> use, CancellationToken token)
    {
        try
        {
            return await use();
        }
        catch (Exception e)
        {
            token.ThrowIfCancellationRequested();
            PlaceNotUsed(logger, destination.Name, SafeException.Of(e).Reason);
            return default;
        }
    }

    [LoggerMessage(LogLevel.Information, "Backup {Backup} of another instance was copied from {Destination}")]
    private static partial void Copied(ILogger logger, string backup, string destination);

    [LoggerMessage(LogLevel.Warning, "What other instances keep in {Destination} cannot be used: {Reason}")]
    private static partial void PlaceNotUsed(ILogger logger, string destination, string reason);
}
