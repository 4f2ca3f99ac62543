using System.Diagnostics.CodeAnalysis;
using System.Diagnostics.Metrics;
using System.Threading.RateLimiting;
using Outlay.Hosting;
using Outlay.Http;
using Outlay.Telemetry;

namespace Outlay.Limits;

/// <summary>
/// Lets only so many requests use the database at once: more would make all of them slow and none faster. Others wait for their turn; many,
/// when many come at once, and few when there have been too many for a while, for then waiting only makes everybody late. What
/// cannot be served in time is answered 503 at once, which costs little. What needs no database always gets in.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "The limiter holds nothing of the system, and a request can outlive the services when the server stops.")]
internal sealed class LoadShedding
{
    /// <summary>A queue that was never empty for so long is no burst that will pass (the idea of CoDel, RFC 8289).</summary>
    private static readonly TimeSpan s_standing = TimeSpan.FromMilliseconds(100);

    private readonly RequestDelegate _next;
    private readonly TimeProvider _clock;
    private readonly LimitSettings _limits;
    private readonly ConcurrencyLimiter _limiter;
    private int _waiting;
    private long _idleAt;

    public LoadShedding(RequestDelegate next, Settings settings, TimeProvider clock, IMeterFactory meters)
    {
        (_next, _clock, _limits, _idleAt) = (next, clock, settings.Limits, clock.GetTimestamp());
        _limiter = new ConcurrencyLimiter(new ConcurrencyLimiterOptions
        {
            PermitLimit = _limits.Concurrent,
            QueueLimit = int.MaxValue,
            QueueProcessingOrder = QueueProcessingOrder.OldestFirst,
        });
        var meter = meters.OfHost();
        meter.CreateObservableGauge("outlay.requests.admitted", () => _limits.Concurrent - _limiter.GetStatistics()!.CurrentAvailablePermits, "{request}",
            "Requests that use the database now");
        meter.CreateObservableGauge("outlay.requests.waiting", () => Volatile.Read(ref _waiting), "{request}", "Requests that wait for their turn to use it");
    }

    public async Task InvokeAsync(HttpContext context)
    {
        if (context.GetEndpoint() is not RouteEndpoint endpoint || endpoint.Metadata.GetMetadata<NeedsNoDatabase>() is not null || endpoint.Metadata.GetMetadata<ForAdministrators>() is not null)
        {
            await _next(context);
            return;
        }

        // Whoever sends a body slowly must not keep a place meanwhile.
        await UploadedBody.ReadAsync(context);
        using var place = await EnterAsync(context.RequestAborted);
        if (place is null)
        {
            Problems.Refuse(context, new AppException(ErrorCode.Overloaded, "More requests came than can be served in time") { RetryAfter = TimeSpan.FromSeconds(1) });
            return;
        }

        context.Features.Set(new Admission(place));
        await _next(context);
    }

    /// <summary>Waits for a place as long as that is of use; null when it is not.</summary>
    private async ValueTask<RateLimitLease?> EnterAsync(CancellationToken token)
    {
        var lease = _limiter.AttemptAcquire();
        if (lease.IsAcquired)
        {
            Volatile.Write(ref _idleAt, _clock.GetTimestamp());
            return lease;
        }

        var most = _clock.GetElapsedTime(Volatile.Read(ref _idleAt)) < s_standing ? _limits.Queued : Math.Min(_limits.Queued, _limits.Concurrent);
        try
        {
            return Interlocked.Increment(ref _waiting) <= most ? await WaitAsync(token) : null;
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }

    private async Task<RateLimitLease?> WaitAsync(CancellationToken token)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(token);
        patience.CancelAfter(LimitSettings.QueueTime);
        try
        {
            return await _limiter.AcquireAsync(1, patience.Token);
        }
        catch (OperationCanceledException) when (!token.IsCancellationRequested)
        {
            return null;
        }
    }
}
