using System.Diagnostics;
using Outlay.Storage;
using Outlay.Telemetry;

namespace Outlay.Backup;

/// <summary>What a backup is made for.</summary>
internal enum BackupOccasion
{
    /// <summary>At a start, or because somebody wants one. Afterwards, those that are not to be kept any more are removed.</summary>
    Regular,

    /// <summary>At the interval: one that is younger than that, whichever instance made it, will do.</summary>
    Scheduled,

    /// <summary>
    /// Before everything is replaced or changed: one that is there already counts only if it is restored on trial now. Nothing is
    /// removed: it could be what is needed next.
    /// </summary>
    BeforeChange,
}

/// <summary>Makes backups, verifies each, copies it to where it also belongs, and removes the ones that are not to be kept.</summary>
/// <param name="runId">Stands in the backups, as it does in the log.</param>
internal sealed partial class BackupService(
    Database database, BackupCatalog catalog, Settings settings, TimeProvider clock, BackupStatus status, string runId, ILogger<BackupService> logger)
{
    /// <summary>Whoever waits longer than this for its turn says so.</summary>
    private static readonly TimeSpan s_longWait = TimeSpan.FromMinutes(1);

    /// <summary>How long what was backed up before a change is kept, whatever the rule says.</summary>
    public static readonly TimeSpan SafetyPeriod = TimeSpan.FromDays(30);

    private readonly BackupVerifier _verifier = new(catalog, settings, clock);

    private readonly BackupNeed _need = new(database, catalog, new BackupVerifier(catalog, settings, clock), settings.BackupInterval, clock, logger);

    private readonly BackupPruning _pruning = new(catalog, settings.BackupRetention, clock);

    /// <summary>
    /// Makes a backup and verifies it, unless the newest one is verified and holds the same. A failure is logged and told in the
    /// result, not thrown. When cancelled it throws <see cref="OperationCanceledException"/>, and no backup comes to be.
    /// </summary>
    public async Task<BackupResult> RunAsync(BackupOccasion occasion, CancellationToken token)
    {
        var start = clock.GetTimestamp();
        using var span = Signals.Source.StartActivity("backup");
        var result = await TryAsync(occasion, token) with { Duration = clock.GetElapsedTime(start) };
        status.Record(result);
        if (result.State is BackupState.Failed)
            span?.SetStatus(ActivityStatusCode.Error);
        if (result.State is BackupState.Unchanged)
            BackupUnchanged(logger, result.File!);
        else if (result.State is BackupState.NotDue)
            BackupNotDue(logger, result.File!);
        else if (result.State is BackupState.Ok)
            BackupCompleted(logger, result.File!, result.Expenses, result.Size, Math.Round(result.Duration.TotalMilliseconds, 3));
        return result;
    }

    /// <summary>How long until the next run at the interval, after one that went well.</summary>
    public TimeSpan NextIn(BackupResult result) => result.HeldAt is { } held ? _need.DueIn(held) : settings.BackupInterval;

    private async Task<BackupResult> TryAsync(BackupOccasion occasion, CancellationToken token)
    {
        try
        {
            await using var waiting = clock.CreateTimer(_ => StillWaiting(logger, s_longWait.TotalSeconds), null, s_longWait, Timeout.InfiniteTimeSpan);
            await using var turn = await BackupTurn.TakeAsync(database, clock, token);
            using var folder = await BackupFolder.TakeAsync(settings.BackupsDir, clock, token);
            await waiting.DisposeAsync();
            var book = await BookId.MakeAsync(database, token);
            // Before a change, what this machine has is what it can rely on.
            var elsewhere = occasion is BackupOccasion.BeforeChange ? [] : await _need.LookElsewhereAsync(token);
            var result = await _need.FindAsync(folder, elsewhere, occasion, token) ?? await CreateAsync(folder, elsewhere, book, token);
            if (result.Report?.Problem is { } problem)
            {
                BackupMetrics.NotVerified();
                BackupNotVerified(logger, problem);
            }

            if (occasion is BackupOccasion.BeforeChange && result.Report is { Fingerprint: not null } held)
            {
                result = result with { Report = held with { KeptUntil = clock.GetUtcNow() + SafetyPeriod } };
                await folder.StoreReportAsync(catalog.Disk, result.Report!, token);
            }

            return result with { Failure = result.Failure ?? await SpreadAsync(folder, result, occasion, book, token) };
        }
        catch (Exception e)
        {
            // What a cancelled statement throws depends on the engine.
            token.ThrowIfCancellationRequested();
            var reason = SafeException.Of(e).Reason;
            BackupMetrics.Failed(catalog.Disk);
            BackupFailed(logger, settings.BackupsDir, reason, e);
            return new BackupResult(BackupState.Failed, Failure: reason);
        }
    }

    private async Task<BackupResult> CreateAsync(
        BackupFolder folder, IReadOnlyList<ListedBackup> elsewhere, string book, CancellationToken token)
    {
        var start = clock.GetTimestamp();
        using var span = Signals.Source.StartActivity("backup write");
        var (csv, backup) = (Path.Combine(folder.Temporary, "csv"), Path.Combine(folder.Temporary, "backup"));
        // Whoever encrypts wants nobody to read it who has no key.
        var isReadable = catalog.Cipher is null;
        var now = clock.GetUtcNow();
        await using (var file = PrivateFile.Create(backup))
        {
            // Disposing of it completes the encryption.
            await using (var encrypted = catalog.Cipher?.Encrypt(file))
                await new BackupWriter(database, settings, runId, book == BookId.None ? null : book, isReadable ? csv : null).WriteAsync(encrypted ?? file, now, token);
            file.Flush(flushToDisk: true);
        }

        span?.Stop();
        BackupMetrics.Took("write", clock.GetElapsedTime(start));
        var (time, size) = (folder.FreeTime(now, elsewhere), new FileInfo(backup).Length);
        var name = BackupName.Of(time, isEncrypted: !isReadable);
        var report = await _verifier.VerifyAsync(name, () => Task.FromResult<Stream>(File.OpenRead(backup)), folder.Temporary, _ => { }, token);
        token.ThrowIfCancellationRequested();
        BackupMetrics.Took("verify", report.Duration);
        // The report comes first: a backup that is there tells how good it is.
        await folder.StoreReportAsync(catalog.Disk, report, token);
        await catalog.Disk.StoreAsync(name, backup, token);
        if (isReadable)
            await catalog.Disk.StoreAsync(BackupName.Csv(time), csv, token);
        if (report.IsGood && book != BookId.None)
            await NoteAsync(report, token);
        return new BackupResult(
            report.IsGood ? BackupState.Ok : BackupState.Failed, Path.Combine(folder.Path, name), size, report,
            Failure: report.Problem)
        {
            HeldAt = report.IsGood ? report.CreatedAt : null,
        };
    }

    /// <summary>Tells the other instances. One that cannot be told makes a backup of its own.</summary>
    private async Task NoteAsync(BackupReport report, CancellationToken token)
    {
        try
        {
            await database.WriteAsync(OwnerScope.All, async connection =>
            {
                await BackupMark.SetAsync(connection, report, token);
                return true;
            }, token);
        }
        catch (AppException e)
        {
            BackupNotNoted(logger, e.Message);
        }
    }

    /// <summary>Copies the newest backup to the places that do not have it, and removes from each what is not to be kept. Each fails on its own.</summary>
    /// <returns>What went wrong, for a person to read; null when nothing did.</returns>
    private async Task<string?> SpreadAsync(BackupFolder folder, BackupResult newest, BackupOccasion occasion, string book, CancellationToken token)
    {
        var start = clock.GetTimestamp();
        using var span = Signals.Source.StartActivity("backup copy");
        var failures = new List<string>();
        foreach (var destination in catalog.All)
        {
            try
            {
                var there = await BackupCatalog.ListAsync(destination, token);
                if (!there.Any(backup => backup.Name == newest.Report!.Backup && backup.Size == newest.Size))
                {
                    foreach (var name in new[] { newest.Report!.FileName, newest.Report.Backup })
                        await destination.StoreAsync(name, Path.Combine(folder.Path, name), token);
                }
                else if (newest.Report!.KeptUntil is not null && destination != catalog.Disk)
                {
                    await folder.StoreReportAsync(destination, newest.Report, token);
                }

                if (newest.HeldAt is { } held)
                    status.Keep(destination, held);
                if (occasion is not BackupOccasion.BeforeChange)
                    await _pruning.RunAsync(destination, newest.Report!.Backup, book, token);
            }
            catch (Exception e)
            {
                token.ThrowIfCancellationRequested();
                var reason = SafeException.Of(e).Reason;
                BackupMetrics.Failed(destination);
                span?.Fail(e);
                DestinationFailed(logger, destination.Name, reason, e);
                failures.Add($"{destination.Name}: {reason}");
            }
        }

        BackupMetrics.Took("copy", clock.GetElapsedTime(start));
        return failures.Count == 0 ? null : string.Join("; ", failures);
    }

    [LoggerMessage(LogLevel.Information, "Backup {File} holds {Expenses} expenses in {Bytes} bytes, made and verified in {DurationMs} ms")]
    private static partial void BackupCompleted(ILogger logger, string file, long expenses, long bytes, double durationMs);

    [LoggerMessage(LogLevel.Information, "Nothing has changed since backup {File}")]
    private static partial void BackupUnchanged(ILogger logger, string file);

    [LoggerMessage(LogLevel.Information, "Backup {File} is young enough: none is made before it is as old as BACKUP_INTERVAL")]
    private static partial void BackupNotDue(ILogger logger, string file);

    [LoggerMessage(LogLevel.Warning, "A backup has been waiting for {Seconds} s: another backup or a restore is at work on the same database or folder")]
    private static partial void StillWaiting(ILogger logger, double seconds);

    [LoggerMessage(LogLevel.Error, "No backup could be written to {Folder}: {Reason}")]
    private static partial void BackupFailed(ILogger logger, string folder, string reason, Exception exception);

    [LoggerMessage(LogLevel.Error, "A backup was made, but not verified: {Reason}")]
    private static partial void BackupNotVerified(ILogger logger, string reason);

    [LoggerMessage(LogLevel.Warning, "Other instances could not be told of the backup, and will make their own: {Reason}")]
    private static partial void BackupNotNoted(ILogger logger, string reason);

    [LoggerMessage(LogLevel.Error, "Backups cannot be kept in {Destination}: {Reason}")]
    private static partial void DestinationFailed(ILogger logger, string destination, string reason, Exception exception);
}
