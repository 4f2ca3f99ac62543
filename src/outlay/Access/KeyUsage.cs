namespace Outlay.Access;

/// <summary>Stores when keys were last used: all at once, every minute and at the end.</summary>
/// <param name="ready">Completes when the schema is up to date.</param>
internal sealed class KeyUsage(KeyRing keys, TimeProvider clock, ILogger<KeyUsage> logger, Task ready) : RecurringTask(ready, clock, logger)
{
    private static readonly TimeSpan s_interval = TimeSpan.FromMinutes(1);

    protected override TimeSpan FirstPause => s_interval;

    protected override TimeSpan PauseAfterFailure => s_interval;

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await TryOnceMoreAsync(cancellationToken);
    }

    public override async Task<TimeSpan> RunAsync(CancellationToken token)
    {
        await keys.StoreUsesAsync(token);
        return s_interval;
    }
}
