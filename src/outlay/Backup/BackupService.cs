using Outlay.Expenses;
using Outlay.Export;
using Outlay.Storage;

namespace Outlay.Backup;

/// <summary>Writes everything that is stored, of every owner and with the trash, into one CSV file with a name of its own.</summary>
internal sealed partial class BackupService(
    Database database, Settings settings, TimeProvider clock, BackupStatus status, ILogger<BackupService> logger)
{
    /// <summary>
    /// Makes a backup, unless the newest one holds the same. A failure is logged and told in the result, not thrown. When
    /// cancelled it throws <see cref="OperationCanceledException"/>, and no backup comes to be.
    /// </summary>
    public async Task<BackupResult> RunAsync(CancellationToken token)
    {
        var result = await TryAsync(token);
        status.Record(result, clock.GetUtcNow());
        return result;
    }

    private async Task<BackupResult> TryAsync(CancellationToken token)
    {
        var start = clock.GetTimestamp();
        try
        {
            using var folder = await BackupFolder.TakeAsync(settings.BackupsDir, clock, token);
            var count = await WriteAsync(folder.TemporaryFile, token);
            if (await folder.FindSameAsync(token) is { } same)
            {
                BackupUnchanged(logger, same);
                return new BackupResult(BackupState.Unchanged, same, count, null);
            }

            token.ThrowIfCancellationRequested();
            var file = folder.Publish(clock.GetUtcNow());
            BackupCompleted(logger, file, count, Math.Round(clock.GetElapsedTime(start).TotalMilliseconds, 3));
            return new BackupResult(BackupState.Ok, file, count, null);
        }
        catch (Exception e)
        {
            // What a cancelled statement throws depends on the engine.
            token.ThrowIfCancellationRequested();
            var reason = SafeException.Of(e).Reason;
            BackupFailed(logger, settings.BackupsDir, reason, e);
            return new BackupResult(BackupState.Failed, null, 0, reason);
        }
    }

    /// <summary>Writes one consistent state of the database, at constant memory, down to the disk.</summary>
    private async Task<long> WriteAsync(string file, CancellationToken token)
    {
        await using var stream = PrivateFile.Create(file);
        await using var csv = ExpenseCsvWriter.ForBackup(stream);
        var count = 0L;
        await foreach (var (owner, expense) in database.StreamAsync(ExpenseStore.Everything(), ExpenseStore.ReadOwned, token))
        {
            await csv.WriteBackupAsync(owner, expense, token);
            count++;
        }

        await csv.FlushAsync(token);
        stream.Flush(flushToDisk: true);
        return count;
    }

    [LoggerMessage(LogLevel.Information, "Backup {File} holds {Expenses} expenses, written in {DurationMs} ms")]
    private static partial void BackupCompleted(ILogger logger, string file, long expenses, double durationMs);

    [LoggerMessage(LogLevel.Information, "Nothing has changed since backup {File}")]
    private static partial void BackupUnchanged(ILogger logger, string file);

    [LoggerMessage(LogLevel.Error, "No backup could be written to {Folder}: {Reason}")]
    private static partial void BackupFailed(ILogger logger, string folder, string reason, Exception exception);
}
