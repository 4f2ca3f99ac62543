namespace Outlay.Access;

/// <summary>Stores when keys were last used: all at once, every minute and at the end.</summary>
/// <param name="ready">Completes when the schema is up to date.</param>
internal sealed partial class KeyUsage(KeyRing keys, TimeProvider clock, ILogger<KeyUsage> logger, Task ready) : BackgroundService
{
    private static readonly TimeSpan s_interval = TimeSpan.FromMinutes(1);

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        if (ready.IsCompletedSuccessfully)
            await StoreAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await ready.WaitAsync(stoppingToken);
        using var timer = new PeriodicTimer(s_interval, clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
            await StoreAsync(stoppingToken);
    }

    private async Task StoreAsync(CancellationToken token)
    {
        try
        {
            await keys.StoreUsesAsync(token);
        }
        catch (AppException e)
        {
            Log.UsesNotStored(logger, e.Message);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(EventName = "key_uses_not_stored", Level = LogLevel.Warning, Message = "When keys were last used could not be stored: {Reason}")]
        public static partial void UsesNotStored(ILogger logger, string reason);
    }
}
