using Outlay.Hosting;

namespace Outlay.Limits;

/// <summary>
/// Keeps an address from guessing keys: after too many requests without a good one it is refused before anything is looked up. It stands
/// before the part that asks for keys.
/// </summary>
internal sealed class RefusalLimit(RequestDelegate next, Settings settings, TimeProvider clock)
{
    private readonly RateLimiter? _refusals = settings.Limits.Refusals is { } quota ? new RateLimiter(quota, clock) : null;

    public async Task InvokeAsync(HttpContext context)
    {
        if (_refusals is null || context.GetEndpoint() is not { } endpoint || endpoint.Metadata.GetMetadata<NeedsNoDatabase>() is not null)
        {
            await next(context);
            return;
        }

        var address = ClientAddress.Of(context);
        if (_refusals.Look(address) is { Granted: false } verdict)
        {
            Problems.Refuse(context, new AppException(ErrorCode.QuotaExceeded, "Too many requests without a good key came from this address")
            {
                RetryAfter = verdict.Next,
                ViolatedPolicies = [_refusals.Quota.Name],
            });
            return;
        }

        try
        {
            await next(context);
        }
        catch (AppException e) when (e.Code is ErrorCode.Unauthenticated or ErrorCode.Forbidden)
        {
            _refusals.Take(address);
            throw;
        }
    }
}
