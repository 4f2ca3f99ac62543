using System.Diagnostics;
using Outlay.Storage;
using Outlay.Telemetry;

namespace Outlay.Backup;

/// <summary>Makes backups, verifies each, copies it to where it also belongs, and removes the ones that are not to be kept.</summary>
/// <param name="runId">Stands in the backups, as it does in the log.</param>
internal sealed partial class BackupService(
    Database database, BackupCatalog catalog, Settings settings, TimeProvider clock, BackupStatus status, string runId, ILogger<BackupService> logger)
{
    /// <summary>How long to wait while another instance makes a backup, before asking again.</summary>
    private static readonly TimeSpan s_turnPoll = TimeSpan.FromSeconds(1);

    private readonly BackupVerifier _verifier = new(catalog, settings, clock);

    /// <summary>
    /// Makes a backup and verifies it, unless the newest one is verified and holds the same. A failure is logged and told in the
    /// result, not thrown. When cancelled it throws <see cref="OperationCanceledException"/>, and no backup comes to be.
    /// </summary>
    /// <param name="prune">Whether backups that are not to be kept any more are removed afterwards.</param>
    public async Task<BackupResult> RunAsync(bool prune, CancellationToken token)
    {
        var start = clock.GetTimestamp();
        using var span = Signals.Source.StartActivity("backup");
        var result = await TryAsync(prune, token) with { Duration = clock.GetElapsedTime(start) };
        status.Record(result, clock.GetUtcNow());
        if (result.State is BackupState.Failed)
            span?.SetStatus(ActivityStatusCode.Error);
        if (result.State is BackupState.Unchanged)
            BackupUnchanged(logger, result.File!);
        else if (result.State is BackupState.Ok)
            BackupCompleted(logger, result.File!, result.Expenses, result.Size, Math.Round(result.Duration.TotalMilliseconds, 3));
        return result;
    }

    private async Task<BackupResult> TryAsync(bool prune, CancellationToken token)
    {
        try
        {
            return await AloneAsync(async () =>
            {
                using var folder = await BackupFolder.TakeAsync(settings.BackupsDir, clock, token);
                var result = await FindUnchangedAsync(folder, token) ?? await CreateAsync(folder, token);
                return result with { Failure = result.Failure ?? await SpreadAsync(folder, result, prune, token) };
            }, token);
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

    /// <summary>Waits until no other instance makes a backup.</summary>
    private Task<BackupResult> AloneAsync(Func<Task<BackupResult>> work, CancellationToken token) =>
        database.SnapshotAsync(OwnerScope.All, async connection =>
        {
            while (!await database.TryLockAsync(connection, "backup", token))
                await Task.Delay(s_turnPoll, clock, token);
            return await work();
        }, token);

    /// <summary>The newest backup, if it holds the present state and is good; otherwise null. One that nobody has verified is verified now.</summary>
    private async Task<BackupResult?> FindUnchangedAsync(BackupFolder folder, CancellationToken token)
    {
        if (await BackupCatalog.ListAsync(catalog.Disk, token) is not [var newest, ..])
            return null;
        var report = await BackupCatalog.ReadReportAsync(newest, token) ?? await _verifier.VerifyAsync(newest, folder, _ => { }, token);
        var present = await database.SnapshotAsync(OwnerScope.All, async connection => BackupContent.FingerprintOf(
            await BackupStore.SchemaAsync(connection, token), await BackupStore.HeadsAsync(connection, token), await BackupStore.KeysAsync(database, connection, token)), token);
        return report.IsGood && report.Fingerprint == present
            ? new BackupResult(BackupState.Unchanged, Path.Combine(folder.Path, newest.Name), newest.Size, report)
            : null;
    }

    private async Task<BackupResult> CreateAsync(BackupFolder folder, CancellationToken token)
    {
        var start = clock.GetTimestamp();
        using var span = Signals.Source.StartActivity("backup write");
        var (csv, backup) = (Path.Combine(folder.Temporary, "csv"), Path.Combine(folder.Temporary, BackupName.Of(DateTime.UnixEpoch, isEncrypted: catalog.Cipher is not null)));
        await CsvBackup.WriteAsync(database, csv, token);
        var now = clock.GetUtcNow();
        await using (var file = PrivateFile.Create(backup))
        {
            // Disposing of it completes the encryption.
            await using (var encrypted = catalog.Cipher?.Encrypt(file))
                await new BackupWriter(database, settings, runId).WriteAsync(encrypted ?? file, now, token);
            file.Flush(flushToDisk: true);
        }

        span?.Stop();
        BackupMetrics.Took("write", clock.GetElapsedTime(start));
        var (time, size) = (folder.FreeTime(now), new FileInfo(backup).Length);
        var name = BackupName.Of(time, isEncrypted: catalog.Cipher is not null);
        var report = await _verifier.VerifyAsync(name, () => Task.FromResult(catalog.Open(backup, _ => { })), folder.Temporary, token);
        token.ThrowIfCancellationRequested();
        BackupMetrics.Took("verify", report.Duration);
        // The report comes first: a backup that is there tells how good it is.
        await folder.StoreReportAsync(catalog.Disk, report, token);
        await catalog.Disk.StoreAsync(name, backup, token);
        await catalog.Disk.StoreAsync(BackupName.Csv(time), csv, token);
        if (report.Problem is { } problem)
        {
            BackupMetrics.NotVerified();
            BackupNotVerified(logger, problem);
        }

        return new BackupResult(
            report.IsGood ? BackupState.Ok : BackupState.Failed, Path.Combine(folder.Path, name), size, report,
            Failure: report.Problem);
    }

    /// <summary>Copies the newest backup to the places that do not have it, and removes from each what is not to be kept. Each fails on its own.</summary>
    /// <returns>What went wrong, for a person to read; null when nothing did.</returns>
    private async Task<string?> SpreadAsync(BackupFolder folder, BackupResult newest, bool prune, CancellationToken token)
    {
        var start = clock.GetTimestamp();
        using var span = Signals.Source.StartActivity("backup copy");
        var failures = new List<string>();
        foreach (var destination in catalog.All)
        {
            try
            {
                var there = await BackupCatalog.ListAsync(destination, token);
                if (there.All(backup => backup.Name != newest.Report!.Backup))
                {
                    foreach (var name in new[] { newest.Report!.FileName, newest.Report.Backup })
                        await destination.StoreAsync(name, Path.Combine(folder.Path, name), token);
                }

                if (newest.Report!.IsGood)
                    status.Keep(destination, clock.GetUtcNow());
                if (prune)
                    await PruneAsync(destination, token);
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

    private async Task PruneAsync(IBackupDestination destination, CancellationToken token)
    {
        var backups = await BackupCatalog.ListAsync(destination, token);
        var kept = settings.BackupRetention.Keep(backups, backup => backup.Time, backup => backup.Verdict is BackupVerdict.Verified);
        foreach (var backup in backups.Where(backup => !kept.Contains(backup)))
        {
            await destination.DeleteAsync(backup.Name, token);
            foreach (var isGood in new[] { true, false })
                await destination.DeleteAsync(BackupName.Report(backup.Name, isGood), token);
        }

        var copies = (await destination.ListAsync(token)).Where(file => BackupName.TimeOfCsv(file.Name) is not null).ToList();
        var keptCopies = settings.BackupRetention.Keep(copies, copy => BackupName.TimeOfCsv(copy.Name)!.Value, _ => false);
        foreach (var copy in copies.Where(copy => !keptCopies.Contains(copy)))
            await destination.DeleteAsync(copy.Name, token);
    }

    [LoggerMessage(LogLevel.Information, "Backup {File} holds {Expenses} expenses in {Bytes} bytes, made and verified in {DurationMs} ms")]
    private static partial void BackupCompleted(ILogger logger, string file, long expenses, long bytes, double durationMs);

    [LoggerMessage(LogLevel.Information, "Nothing has changed since backup {File}")]
    private static partial void BackupUnchanged(ILogger logger, string file);

    [LoggerMessage(LogLevel.Error, "No backup could be written to {Folder}: {Reason}")]
    private static partial void BackupFailed(ILogger logger, string folder, string reason, Exception exception);

    [LoggerMessage(LogLevel.Error, "A backup was made, but not verified: {Reason}")]
    private static partial void BackupNotVerified(ILogger logger, string reason);

    [LoggerMessage(LogLevel.Error, "Backups cannot be kept in {Destination}: {Reason}")]
    private static partial void DestinationFailed(ILogger logger, string destination, string reason, Exception exception);
}
