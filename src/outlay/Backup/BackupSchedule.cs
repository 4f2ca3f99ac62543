namespace Outlay.Backup;

/// <summary>Makes a backup in the background once the service has started, so that the start does not wait for it, and then at every interval.</summary>
/// <param name="ready">Completes when the schema is up to date.</param>
internal sealed class BackupSchedule(
    BackupService backup, Settings settings, TimeProvider clock, IHostApplicationLifetime lifetime, ILogger<BackupSchedule> logger, Task ready)
    : RecurringTask(ready, clock, logger)
{
    private readonly TaskCompletionSource _first = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when the backup of the start has been made, or has failed.</summary>
    public Task First => _first.Task;

    protected override TimeSpan PauseAfterFailure => settings.BackupInterval;

    public override async Task<TimeSpan> RunAsync(CancellationToken token)
    {
        var started = new TaskCompletionSource();
        using (lifetime.ApplicationStarted.Register(started.SetResult))
            await started.Task.WaitAsync(token);
        await backup.RunAsync(prune: true, token);
        _first.TrySetResult();
        // What reading the whole book took is not needed again for a day: the system gets it back.
        ProcessMemory.GiveBack();
        return settings.BackupInterval;
    }
}
