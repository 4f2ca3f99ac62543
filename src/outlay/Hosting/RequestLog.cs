using System.Diagnostics;
using Outlay.Access;
using Outlay.Telemetry;

namespace Outlay.Hosting;

/// <summary>
/// Writes exactly one line for each request, and completes its span with the same facts. It stands before everything else in the pipeline, so that it sees the final
/// status. It tells the pattern of the route and never the path, which can hold anything, and the owner as
/// <see cref="OwnerHash"/>.
/// </summary>
internal sealed partial class RequestLog(RequestDelegate next, TimeProvider clock, ILogger<RequestLog> logger)
{
    public async Task InvokeAsync(HttpContext context)
    {
        var start = clock.GetTimestamp();
        var span = Activity.Current is { IsAllDataRequested: true } recorded ? RequestSpan.Begin(recorded, context.Request.Path) : null;
        var failed = true;
        try
        {
            await next(context);
            failed = false;
        }
        finally
        {
            failed |= context.Features.Get<BrokenAnswer>() is not null;
            var duration = Math.Round(clock.GetElapsedTime(start).TotalMilliseconds, 3);
            var method = Method(context.Request.Method);
            var route = Route(context);
            var status = Status(context, failed);
            var level = Level(route, status, failed);
            var owner = OwnerHash.Of(context.Features.Get<Identity>());
            RequestMetrics.Ended(context.GetEndpoint(), method, status);
            HttpRequest(logger, level, method, route, status, duration, owner);
            span?.End(method, context.GetEndpoint() is null ? null : route, status, failed);
        }
    }

    private static string Route(HttpContext context) =>
        (context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText ?? "unmatched";

    /// <summary>The status that the client saw; 499 when it did not wait for the whole answer.</summary>
    private static int Status(HttpContext context, bool failed)
    {
        var response = context.Response;
        if (failed)
            return response.HasStarted ? response.StatusCode : StatusCodes.Status500InternalServerError;
        // A client may hang up as soon as it has as many bytes as were announced: it has the whole answer then.
        var complete = response.HasStarted && response.ContentLength is not null;
        return context.RequestAborted.IsCancellationRequested && !complete ? StatusCodes.Status499ClientClosedRequest : response.StatusCode;
    }

    private static LogLevel Level(string route, int status, bool failed) => status switch
    {
        StatusCodes.Status499ClientClosedRequest => LogLevel.Information,
        StatusCodes.Status503ServiceUnavailable when !Probes.Are(route) => LogLevel.Warning,
        >= 500 and not StatusCodes.Status503ServiceUnavailable => LogLevel.Error,
        // The answer broke off after its status had been sent.
        _ when failed => LogLevel.Error,
        _ when Probes.Are(route) => LogLevel.Debug,
        _ => LogLevel.Information,
    };

    /// <summary>A method can be any word; one that HTTP does not know is told as _OTHER, as OpenTelemetry does.</summary>
    private static string Method(string method) =>
        method is "GET" or "HEAD" or "POST" or "PUT" or "PATCH" or "DELETE" or "OPTIONS" or "TRACE" or "CONNECT" ? method : "_OTHER";

    [LoggerMessage(EventName = "http_request", Message = "{Method} {Route} {Status} in {DurationMs} ms, owner {OwnerId}")]
    private static partial void HttpRequest(ILogger logger, LogLevel level, string method, string route, int status, double durationMs, string ownerId);
}

/// <summary>Marks an answer that the service itself broke off: the abort would look like a client that went away.</summary>
internal sealed class BrokenAnswer;
