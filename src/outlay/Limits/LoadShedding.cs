using System.Diagnostics.CodeAnalysis;
using System.Diagnostics.Metrics;
using System.Threading.RateLimiting;
using Outlay.Access;
using Outlay.Hosting;
using Outlay.Http;
using Outlay.Telemetry;

namespace Outlay.Limits;

/// <summary>
/// Lets only so many requests use the database at once: more would make all of them slow and none faster. Some others wait for their turn. What
/// cannot be served in time is answered 503 at once, which costs little. What needs no database, and what comes with ADMIN_SECRET, always gets in.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "The limiter holds nothing of the system, and a request can outlive the services when the server stops.")]
internal sealed class LoadShedding
{
    private readonly RequestDelegate _next;
    private readonly AccessSettings _access;
    private readonly ConcurrencyLimiter _limiter;

    public LoadShedding(RequestDelegate next, Settings settings, IMeterFactory meters)
    {
        _next = next;
        _access = settings.Access;
        var limits = settings.Limits;
        _limiter = new ConcurrencyLimiter(new ConcurrencyLimiterOptions
        {
            PermitLimit = limits.Concurrent,
            QueueLimit = limits.Queued,
            QueueProcessingOrder = QueueProcessingOrder.OldestFirst,
        });
        var meter = meters.OfHost();
        meter.CreateObservableGauge("outlay.requests.admitted", () => limits.Concurrent - _limiter.GetStatistics()!.CurrentAvailablePermits, "{request}",
            "Requests that use the database now");
        meter.CreateObservableGauge("outlay.requests.waiting", () => _limiter.GetStatistics()!.CurrentQueuedCount, "{request}", "Requests that wait for their turn to use it");
    }

    public async Task InvokeAsync(HttpContext context)
    {
        if (!NeedsPlace(context))
        {
            await _next(context);
            return;
        }

        // Whoever sends a body slowly must not keep a place meanwhile.
        await UploadedBody.ReadAsync(context);
        using var place = await EnterAsync(context.RequestAborted);
        if (!place.IsAcquired)
        {
            Problems.Refuse(context, new AppException(ErrorCode.Overloaded, "More requests came than can be served in time") { RetryAfter = TimeSpan.FromSeconds(1) });
            return;
        }

        context.Features.Set(new Admission(place));
        await _next(context);
    }

    /// <summary>An administrator is let in only with ADMIN_SECRET: whether a key is one of an administrator, the database must say, and anybody can make one up.</summary>
    private bool NeedsPlace(HttpContext context) =>
        context.GetEndpoint() is RouteEndpoint endpoint && endpoint.Metadata.GetMetadata<NeedsNoDatabase>() is null &&
        !(endpoint.Metadata.GetMetadata<ForAdministrators>() is not null && Credentials.HasSecret(context.Request, _access));

    /// <summary>A place, if there is one or will be soon.</summary>
    private ValueTask<RateLimitLease> EnterAsync(CancellationToken token)
    {
        var lease = _limiter.AttemptAcquire();
        return lease.IsAcquired ? ValueTask.FromResult(lease) : WaitAsync(token);
    }

    private async ValueTask<RateLimitLease> WaitAsync(CancellationToken token)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(token);
        patience.CancelAfter(LimitSettings.QueueTime);
        try
        {
            return await _limiter.AcquireAsync(1, patience.Token);
        }
        catch (OperationCanceledException) when (!token.IsCancellationRequested)
        {
            return _limiter.AttemptAcquire();
        }
    }
}
