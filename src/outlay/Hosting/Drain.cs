namespace Outlay.Hosting;

/// <summary>
/// How the server leaves: /readyz says 503 first, while everything is still served, so that whatever sends traffic sends it elsewhere;
/// only then it stops listening and finishes the requests that run. docs/adr/0016-health-and-leaving.md has the order and the times.
/// </summary>
internal sealed partial class Drain(Settings settings, Startup startup, TimeProvider clock, ILogger<Drain> logger) : IHostedLifecycleService
{
    private volatile bool _hasBegun;

    /// <summary>Whether the server was asked to stop.</summary>
    public bool HasBegun => _hasBegun;

    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        _hasBegun = true;
        // A server that never was ready got no traffic.
        if (!startup.Ready.IsCompletedSuccessfully || settings.DrainDelay == TimeSpan.Zero)
            return;
        Log.Leaving(logger, settings.DrainDelay.TotalSeconds);
        await Task.Delay(settings.DrainDelay, clock, cancellationToken);
    }

    public Task StoppedAsync(CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
            Log.CutOff(logger, settings.ShutdownTimeout.TotalSeconds);
        return Task.CompletedTask;
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private static partial class Log
    {
        [LoggerMessage(EventName = "leaving", Level = LogLevel.Information, Message = "Stopping: not ready any more, and still serving for {Seconds} s")]
        public static partial void Leaving(ILogger logger, double seconds);

        [LoggerMessage(EventName = "cut_off", Level = LogLevel.Warning, Message = "What had not ended {Seconds} s after the signal was cut off")]
        public static partial void CutOff(ILogger logger, double seconds);
    }
}
