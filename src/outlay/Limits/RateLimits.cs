using System.Globalization;
using Outlay.Hosting;

namespace Outlay.Limits;

/// <summary>
/// Keeps one client from taking what belongs to all: counts the requests of each key and person, and of each address where nobody says who
/// they are. Tells every client where it stands (draft-ietf-httpapi-ratelimit-headers-11). Whoever is alone on the machine is not counted.
/// </summary>
internal sealed class RateLimits(RequestDelegate next, Settings settings, TimeProvider clock)
{
    private readonly RateLimiter? _reads = settings.Limits.Reads is { } quota ? new RateLimiter(quota, clock) : null;
    private readonly RateLimiter? _writes = settings.Limits.Writes is { } quota ? new RateLimiter(quota, clock) : null;

    public Task InvokeAsync(HttpContext context)
    {
        if (LimiterOf(context.Request.Method) is { } limiter && Client.Of(context, settings) is { } client && Count(context, limiter, client) is { } refusal)
        {
            Problems.Refuse(context, refusal);
            return Task.CompletedTask;
        }

        return next(context);
    }

    private RateLimiter? LimiterOf(string method) => HttpMethods.IsGet(method) || HttpMethods.IsHead(method) ? _reads : _writes;

    /// <summary>Counts a request; null when it may go on.</summary>
    private static AppException? Count(HttpContext context, RateLimiter limiter, string client)
    {
        var quota = limiter.Quota;
        var verdict = limiter.Take(client);
        var headers = context.Response.Headers;
        headers["RateLimit-Policy"] = string.Create(CultureInfo.InvariantCulture, $"\"{quota.Name}\";q={quota.PerMinute};w=60");
        headers["RateLimit"] = string.Create(CultureInfo.InvariantCulture, $"\"{quota.Name}\";r={verdict.Remaining};t={Math.Ceiling(verdict.Next.TotalSeconds)}");
        return verdict.Granted
            ? null
            : new AppException(ErrorCode.QuotaExceeded, $"More than {quota.PerMinute} {quota.Name} a minute, after {quota.Burst} at once")
            {
                RetryAfter = verdict.Next,
                ViolatedPolicies = [quota.Name],
            };
    }
}
