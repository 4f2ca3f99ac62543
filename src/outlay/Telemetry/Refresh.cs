namespace Outlay.Telemetry;

/// <summary>Brings something up to date for all who ask at once, and not again until it has grown old.</summary>
/// <param name="maxAge">How old it may be.</param>
/// <param name="work">Brings it up to date.</param>
internal sealed class Refresh(TimeSpan maxAge, Func<CancellationToken, Task> work, TimeProvider clock)
{
    private readonly Lock _lock = new();
    private Task _running = Task.CompletedTask;
    private long? _started;

    /// <summary>Completes when it is up to date. Throws what the work threw.</summary>
    public Task RunAsync()
    {
        lock (_lock)
        {
            if (_running.IsCompleted && (_started is not { } started || clock.GetElapsedTime(started) >= maxAge))
            {
                _started = clock.GetTimestamp();
                // What limits the request that happened to ask first is not for the others.
                using (ExecutionContext.SuppressFlow())
                    // Nobody cancels it: it serves all who ask, and has limits of its own.
                    _running = Task.Run(() => work(CancellationToken.None));
            }

            return _running;
        }
    }
}
