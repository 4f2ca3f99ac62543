using Outlay.History;
using Outlay.Storage;

namespace Outlay.Backup;

/// <summary>
/// Whether a run has to make a backup. Of several instances on one database, each with a folder of its own, one makes it: the others find
/// it in the place that they share, and take a copy.
/// </summary>
internal sealed partial class BackupNeed(
    Database database, BackupCatalog catalog, BackupVerifier verifier, TimeSpan interval, TimeProvider clock, ILogger logger)
{
    /// <summary>How long a backup whose bytes are the same counts as good, before it is restored on trial again.</summary>
    private static readonly TimeSpan s_trust = TimeSpan.FromDays(7);

    /// <summary>How long a state that did not pass is left alone once it has changed: it may be repaired, or only written to.</summary>
    private static readonly TimeSpan s_changedPause = TimeSpan.FromHours(1);

    /// <summary>How much later than a backup the second in its name may be: names that are taken are left out.</summary>
    private static readonly TimeSpan s_nameDelay = TimeSpan.FromMinutes(1);

    /// <summary>The backups of every book in the other places. One that does not answer has none: copying to it will fail aloud.</summary>
    public async Task<IReadOnlyList<ListedBackup>> LookElsewhereAsync(CancellationToken token)
    {
        var found = new List<ListedBackup>();
        foreach (var destination in catalog.Elsewhere)
            await UseAsync(destination, async () => found.AddRange(await BackupCatalog.ListAsync(destination, token)), token);
        return found;
    }

    /// <summary>
    /// What the run comes to if it makes no backup: because the newest one is good and holds the present state; because another instance
    /// has made one that is younger than the interval; or because the present state was found not to be good less than an interval ago, or a former one less than an hour ago.
    /// </summary>
    /// <returns>Null when a backup has to be made.</returns>
    public async Task<BackupResult?> FindAsync(
        BackupFolder folder, IReadOnlyList<ListedBackup> elsewhere, BackupOccasion occasion, CancellationToken token)
    {
        // Before there was a history, nothing told what has changed.
        if (await database.ReadAsync(OwnerScope.All, connection => Migrator.SchemaAsync(connection, token), token) < Adoption.Migration)
            return null;
        var present = await PresentAsync(occasion, token);
        await CopyAsync(folder, elsewhere, present, token);
        if (await catalog.NewestAsync(token) is not { } newest)
            return null;
        var known = await BackupCatalog.ReadReportAsync(newest, token);
        if (known is { IsGood: true } && HeldAt(known, present) is null)
            return null;
        if (!await catalog.IsLockedAsNowAsync(newest, token))
            return null;
        var (path, size) = (Path.Combine(folder.Path, newest.Name), newest.Size);
        if (known is { IsGood: false, IsConclusive: true, CreatedAt: { } madeAt } && present.IsScheduled && DueIn(madeAt) is var left &&
            left > (known.Fingerprint == present.Fingerprint ? TimeSpan.Zero : interval - s_changedPause))
            return new BackupResult(BackupState.Failed, path, size, known, Failure: known.Problem);
        return await StillGoodAsync(newest, known, folder, occasion, token) is { } report && HeldAt(report, present) is { } held
            ? new BackupResult(report.Fingerprint == present.Fingerprint ? BackupState.Unchanged : BackupState.NotDue, path, size, report) { HeldAt = held }
            : null;
    }

    /// <summary>How long until a backup of this time is as old as the interval: zero when it is older.</summary>
    public TimeSpan DueIn(DateTimeOffset madeAt) =>
        interval - (clock.GetUtcNow() - madeAt) is var left && left > TimeSpan.Zero ? left : TimeSpan.Zero;

    private Task<Present> PresentAsync(BackupOccasion occasion, CancellationToken token) => database.SnapshotAsync(OwnerScope.All, async connection =>
    {
        var now = clock.GetUtcNow();
        // Its table is younger than the history.
        var mark = (await database.ColumnsAsync(connection, "figures", token)).Count > 0 ? await BackupMark.FindAsync(connection, token) : null;
        return new Present(await BackupStore.FingerprintAsync(database, connection, token), mark, now, occasion is BackupOccasion.Scheduled);
    }, token);

    /// <summary>When a good backup was known to hold what was there; null when it does not make another one needless.</summary>
    private DateTimeOffset? HeldAt(BackupReport report, Present present) =>
        report.Fingerprint == present.Fingerprint ? present.At
        : present is { IsScheduled: true, Mark: { } mark } && mark.IsOf(report.Stored) && DueIn(mark.MadeAt) > TimeSpan.Zero ? mark.MadeAt
        : null;

    /// <summary>Copies the last backup of the database to this machine, if it lies elsewhere alone and would make another one needless.</summary>
    private async Task CopyAsync(BackupFolder folder, IReadOnlyList<ListedBackup> elsewhere, Present present, CancellationToken token)
    {
        if (present.Mark is not { } mark)
            return;
        var here = await catalog.NewestAsync(token);
        var last = elsewhere.Where(backup => (here is null || backup.Time > here.Time) && backup.Verdict is BackupVerdict.Verified &&
            backup.Time - mark.MadeAt is var delay && delay > TimeSpan.FromSeconds(-1) && delay < s_nameDelay);
        foreach (var backup in last)
        {
            var goesOn = await UseAsync(backup.Destination, async () =>
            {
                if (await BackupCatalog.ReadReportAsync(backup, token) is { IsGood: true } report && mark.IsOf(report.Stored) && HeldAt(report, present) is not null)
                    await CopyAsync(backup, report, folder, token);
            }, token);
            // A store that hangs would be waited for again for each of them.
            if (!goesOn)
                return;
        }
    }

    private async Task CopyAsync(ListedBackup backup, BackupReport report, BackupFolder folder, CancellationToken token)
    {
        var copy = Path.Combine(folder.Temporary, "copy");
        try
        {
            await using (var stored = await backup.Destination.OpenAsync(backup.Name, token))
            await using (var file = PrivateFile.Create(copy))
            {
                await CopyAsync(stored, file, report.Stored!.Size, token);
                file.Flush(flushToDisk: true);
            }

            if (await BackupDigest.OfAsync(File.OpenRead(copy), token) != report.Stored)
            {
                await folder.StoreReportAsync(backup.Destination, report with { VerifiedAt = clock.GetUtcNow(), Failure = "It is not what was verified: its SHA-256 is another." }, token);
                throw new AppException(ErrorCode.BackupDamaged, $"{backup.Name} is not what was verified");
            }

            await folder.StoreReportAsync(catalog.Disk, report, token);
            await catalog.Disk.StoreAsync(backup.Name, copy, token);
            Copied(logger, backup.Name, backup.Destination.Name);
        }
        finally
        {
            File.Delete(copy);
        }
    }

    /// <param name="size">What comes beyond it is left where it is: it would fill the disk, and is not what was verified.</param>
    private static async Task CopyAsync(Stream source, Stream target, long size, CancellationToken token)
    {
        var buffer = new byte[128 * 1024];
        for (var left = size; left > 0;)
        {
            var count = await source.ReadAsync(buffer.AsMemory(0, (int)Math.Min(buffer.Length, left)), token);
            if (count == 0)
                return;
            await target.WriteAsync(buffer.AsMemory(0, count), token);
            left -= count;
        }
    }

    /// <summary>The report of a backup that is good now: what was found good once is restored on trial again when its bytes are others, or after some time.</summary>
    private async Task<BackupReport?> StillGoodAsync(
        ListedBackup backup, BackupReport? known, BackupFolder folder, BackupOccasion occasion, CancellationToken token)
    {
        if (known is { IsGood: true } && await IsTrustedAsync(backup, known, occasion, token))
            return known;
        // What was found not to be good does not become it.
        if (known is { IsGood: false } && backup.Verdict is not BackupVerdict.Verified)
            return null;
        var report = await verifier.VerifyAsync(backup, folder, _ => { }, token);
        return report.IsGood ? report : null;
    }

    private async Task<bool> IsTrustedAsync(ListedBackup backup, BackupReport report, BackupOccasion occasion, CancellationToken token) =>
        occasion is not BackupOccasion.BeforeChange && clock.GetUtcNow() - report.VerifiedAt < s_trust && !catalog.IsInTheFuture(report.VerifiedAt) &&
        await BackupDigest.OfAsync(await backup.Destination.OpenAsync(backup.Name, token), token) == report.Stored;

    /// <returns>False when it failed: then this machine makes a backup itself.</returns>
    private async Task<bool> UseAsync(IBackupDestination destination, Func<Task> use, CancellationToken token)
    {
        try
        {
            await use();
            return true;
        }
        catch (Exception e)
        {
            token.ThrowIfCancellationRequested();
            PlaceNotUsed(logger, destination.Name, SafeException.Of(e).Reason);
            return false;
        }
    }

    [LoggerMessage(LogLevel.Information, "Backup {Backup} of another instance was copied from {Destination}")]
    private static partial void Copied(ILogger logger, string backup, string destination);

    [LoggerMessage(LogLevel.Warning, "What other instances keep in {Destination} was not copied: {Reason}")]
    private static partial void PlaceNotUsed(ILogger logger, string destination, string reason);

    /// <summary>What there is to back up.</summary>
    /// <param name="Mark">The last good backup; null when the database knows of none.</param>
    /// <param name="At">When it was looked at.</param>
    /// <param name="IsScheduled">Whether a backup that is young enough will do.</param>
    private sealed record Present(string Fingerprint, BackupMark? Mark, DateTimeOffset At, bool IsScheduled);
}
