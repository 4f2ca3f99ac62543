using Microsoft.Extensions.Diagnostics.HealthChecks;
using Outlay.Storage;

namespace Outlay.Hosting;

/// <summary>Whether the server can do its work. It is found out once a second at most, however many ask: whoever comes meanwhile shares the answer.</summary>
internal sealed class Readiness(HealthCheckService checks, Drain drain, TimeProvider clock)
{
    /// <summary>How long an answer holds.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(1);

    /// <summary>How long a check waits for the database: a probe that waits 2 seconds gets the reason.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(1.75);

    private readonly Lock _lock = new();
    private Task<HealthReport>? _check;
    private bool _whileDraining;
    private long _ended;

    /// <summary>What was found out last, by check; null before the first answer.</summary>
    public HealthReport? Last { get; private set; }

    /// <summary>The answer of now, at most <see cref="Lifetime"/> old. Everything that fails is told in it, not thrown.</summary>
    /// <param name="token">Ends the waiting, not the check: others wait for it too.</param>
    public Task<HealthReport> CheckAsync(CancellationToken token)
    {
        lock (_lock)
        {
            if (_check is null || (_check.IsCompleted && clock.GetElapsedTime(_ended) >= Lifetime) || drain.HasBegun != _whileDraining)
            {
                _whileDraining = drain.HasBegun;
                // It must not end with the request that happened to be the first to ask.
                _check = Task.Run(RunAsync, CancellationToken.None);
            }

            return _check.WaitAsync(token);
        }
    }

    private async Task<HealthReport> RunAsync()
    {
        Database.LimitRequest(Limit, clock);
        try
        {
            // Each check has its limit.
            return Last = await checks.CheckHealthAsync(CancellationToken.None);
        }
        finally
        {
            _ended = clock.GetTimestamp();
        }
    }
}
