using System.Diagnostics.Metrics;
using Microsoft.AspNetCore.Http.Metadata;
using Outlay.Telemetry;

namespace Outlay.Hosting;

/// <summary>
/// Counts the requests that the objectives on latency are about. The histogram of the framework has no series before the first request, so that
/// nobody could tell an idle service from a metric that is gone; these are there from the start.
/// </summary>
internal static class RequestMetrics
{
    private const string Read = "read", Write = "write";

    private static readonly Counter<long> s_served = Signals.Meter.CreateCounter<long>(
        "outlay.requests.served", "{request}", "Requests that were answered without a fault of the service, by kind; probes and /metrics are not counted");

    /// <summary>Makes both series be there from the start.</summary>
    public static void Begin()
    {
        s_served.Add(0, Tag(Read));
        s_served.Add(0, Tag(Write));
    }

    /// <param name="status">The status that the client saw; 499 when it did not wait for the answer.</param>
    public static void Ended(Endpoint? endpoint, string method, int status)
    {
        if (endpoint is not RouteEndpoint || endpoint.Metadata.GetMetadata<IDisableHttpMetricsMetadata>() is not null || status >= StatusCodes.Status499ClientClosedRequest)
            return;
        if (KindOf(method) is { } kind)
            s_served.Add(1, Tag(kind));
    }

    private static string? KindOf(string method) => method switch
    {
        "GET" or "HEAD" => Read,
        "POST" or "PUT" or "PATCH" or "DELETE" => Write,
        _ => null,
    };

    private static KeyValuePair<string, object?> Tag(string kind) => new("kind", kind);
}
