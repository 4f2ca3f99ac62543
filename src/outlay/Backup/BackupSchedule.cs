namespace Outlay.Backup;

/// <summary>
/// Makes a backup in the background once the service has started, so that the start does not wait for it, and then at every
/// interval, unless another instance has made one meanwhile. One that failed, or could not be kept somewhere, is tried again soon.
/// </summary>
/// <param name="ready">Completes when the schema is up to date.</param>
internal sealed class BackupSchedule(
    BackupService backup, Settings settings, TimeProvider clock, IHostApplicationLifetime lifetime, ILogger<BackupSchedule> logger, Task ready)
    : RecurringTask(ready, clock, logger)
{
    private static readonly TimeSpan s_retry = TimeSpan.FromMinutes(5);

    private bool _isFirst = true;

    protected override TimeSpan PauseAfterFailure => settings.BackupInterval < s_retry ? settings.BackupInterval : s_retry;

    public override async Task<TimeSpan> RunAsync(CancellationToken token)
    {
        var started = new TaskCompletionSource();
        using (lifetime.ApplicationStarted.Register(started.SetResult))
            await started.Task.WaitAsync(token);
        var result = await backup.RunAsync(_isFirst ? BackupOccasion.Regular : BackupOccasion.Scheduled, token);
        // One that did not pass holds the present state all the same.
        _isFirst = _isFirst && result.Report is null;
        // What reading the whole book took is not needed again for a day: the system gets it back.
        ProcessMemory.GiveBack();
        return result.Failure is null ? backup.NextIn(result) : PauseAfterFailure;
    }
}
