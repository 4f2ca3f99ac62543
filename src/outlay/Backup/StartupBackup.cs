namespace Outlay.Backup;

/// <summary>Makes a backup in the background once the service has started, so that the start does not wait for it.</summary>
/// <param name="ready">Completes when the schema is up to date.</param>
internal sealed class StartupBackup(BackupService backup, IHostApplicationLifetime lifetime, Task ready) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var started = new TaskCompletionSource();
        using var registration = lifetime.ApplicationStarted.Register(started.SetResult);
        await started.Task.WaitAsync(stoppingToken);
        await ready.WaitAsync(stoppingToken);
        await backup.RunAsync(stoppingToken);
        // What reading the whole book took is not needed again for a day: the system gets it back.
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
    }
}
