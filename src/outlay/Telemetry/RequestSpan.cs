using System.Diagnostics;
using System.Globalization;
using Outlay.Hosting;

namespace Outlay.Telemetry;

/// <summary>
/// The span of a request, as OpenTelemetry's semantic conventions for HTTP servers want it: the web server makes it, without a name or a
/// tag. Of what the client sent it tells the pattern of the route and a known method, and nothing else: paths and headers can hold anything.
/// </summary>
internal sealed class RequestSpan(Activity span)
{
    /// <summary>Takes over the span of a request; null when it is not to be told, and nothing that happens in it either.</summary>
    public static RequestSpan? Begin(Activity span, PathString path)
    {
        // What other systems have put beside the trace id would be exported as it is.
        span.TraceStateString = null;
        if (!Probes.Are(path))
            return new RequestSpan(span);
        span.ActivityTraceFlags &= ~ActivityTraceFlags.Recorded;
        span.IsAllDataRequested = false;
        return null;
    }

    /// <param name="route">The pattern of the address; null when there is none.</param>
    /// <param name="isBroken">Whether the answer broke off, whatever its status had been.</param>
    public void End(string method, string? route, int status, bool isBroken)
    {
        span.DisplayName = route is null ? method : $"{method} {route}";
        span.SetTag("http.request.method", method);
        span.SetTag("http.route", route);
        span.SetTag("http.response.status_code", status);
        if (status < StatusCodes.Status500InternalServerError && !isBroken)
            return;
        if (span.GetTagItem("error.type") is null)
            span.SetTag("error.type", status.ToString(CultureInfo.InvariantCulture));
        span.SetStatus(ActivityStatusCode.Error);
    }
}
