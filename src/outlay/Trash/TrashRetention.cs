namespace Outlay.Trash;

/// <summary>Empties the trash of all owners of what was in it too long: when the service has started, and once a day from then on.</summary>
/// <param name="ready">Completes when the schema is up to date.</param>
internal sealed partial class TrashRetention(
    TrashService trash, Settings settings, TimeProvider clock, ILogger<TrashRetention> logger, Task ready) : BackgroundService
{
    private const string Actor = "trash retention";

    private static readonly TimeSpan s_interval = TimeSpan.FromDays(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (settings.TrashRetentionDays == 0)
            return;
        await ready.WaitAsync(stoppingToken);
        while (true)
        {
            await RunAsync(stoppingToken);
            await Task.Delay(s_interval, clock, stoppingToken);
        }
    }

    private async Task RunAsync(CancellationToken token)
    {
        try
        {
            var count = await trash.PurgeAllAsync(Actor, TimeSpan.FromDays(settings.TrashRetentionDays), token);
            if (count > 0)
                Log.Purged(logger, count, settings.TrashRetentionDays);
        }
        catch (AppException e)
        {
            // The next day is soon enough.
            Log.NotPurged(logger, e.Message);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(EventName = "trash_purged", Level = LogLevel.Information, Message = "Removed {Count} expenses for good that were in the trash for {Days} days")]
        public static partial void Purged(ILogger logger, long count, int days);

        [LoggerMessage(EventName = "trash_not_purged", Level = LogLevel.Warning, Message = "The trash could not be emptied today: {Reason}")]
        public static partial void NotPurged(ILogger logger, string reason);
    }
}
