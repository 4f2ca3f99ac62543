namespace Outlay;

/// <summary>
/// Something that the service does in the background, once the schema is up to date and again and again from then on. What goes wrong is
/// logged; it stops neither the service nor the next time.
/// </summary>
/// <param name="ready">Completes when the schema is up to date.</param>
internal abstract partial class RecurringTask(Task ready, TimeProvider clock, ILogger logger) : BackgroundService
{
    /// <summary>A timer takes no more than 49 days.</summary>
    private static readonly TimeSpan s_longestDelay = TimeSpan.FromDays(1);

    /// <summary>How long to leave the start alone.</summary>
    protected virtual TimeSpan FirstPause => TimeSpan.Zero;

    /// <summary>How long until it is tried again after a failure.</summary>
    protected abstract TimeSpan PauseAfterFailure { get; }

    /// <summary>Does it once.</summary>
    /// <returns>How long until the next time.</returns>
    public abstract Task<TimeSpan> RunAsync(CancellationToken token);

    protected sealed override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await ready.WaitAsync(stoppingToken);
            await WaitAsync(FirstPause, stoppingToken);
            while (true)
                await WaitAsync(await TryAsync(stoppingToken), stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The host would take it for a fault when it stops because it could not start.
        }
    }

    /// <summary>Does it outside its turn, if the schema is up to date.</summary>
    protected async Task TryOnceMoreAsync(CancellationToken token)
    {
        if (ready.IsCompletedSuccessfully)
            await TryAsync(token);
    }

    private async Task<TimeSpan> TryAsync(CancellationToken token)
    {
        try
        {
            return await RunAsync(token);
        }
        catch (Exception e) when (!token.IsCancellationRequested)
        {
            Log.Failed(logger, GetType().Name, SafeException.Of(e).Reason, PauseAfterFailure, e);
            return PauseAfterFailure;
        }
    }

    private async Task WaitAsync(TimeSpan pause, CancellationToken token)
    {
        for (; pause > s_longestDelay; pause -= s_longestDelay)
            await Task.Delay(s_longestDelay, clock, token);
        await Task.Delay(pause, clock, token);
    }

    private static partial class Log
    {
        [LoggerMessage(EventName = "background_task_failed", Level = LogLevel.Error, Message = "{Task} failed, and is tried again after {Pause}: {Reason}")]
        public static partial void Failed(ILogger logger, string task, string reason, TimeSpan pause, Exception exception);
    }
}
