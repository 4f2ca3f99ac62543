using System.Globalization;
using Outlay.Hosting;
using Outlay.Http;

namespace Outlay.Telemetry;

/// <summary>Answers who pulls metrics.</summary>
internal static class MetricsEndpoint
{
    public const string Path = "/metrics";

    /// <summary>What Prometheus waits for unless it says otherwise.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    public static void MapMetrics(this IEndpointRouteBuilder routes) =>
        routes.MapMethods(Path, Reading.Methods, ScrapeAsync).WithMetadata(new NeedsNoDatabase()).DisableHttpMetrics();

    private static async Task<IResult> ScrapeAsync(HttpContext context, PullExporter exporter, ServerMetrics metrics)
    {
        await metrics.RefreshAsync();
        return await AnswerAsync(context, exporter);
    }

    /// <summary>All metrics, in the form that the request asks for.</summary>
    public static async Task<IResult> AnswerAsync(HttpContext context, PullExporter exporter)
    {
        var openMetrics = WantsOpenMetrics(context.Request);
        var text = await exporter.ScrapeAsync(openMetrics, Patience(context.Request), context.RequestAborted);
        context.Response.Headers.Vary = "Accept";
        return Results.Bytes(text, openMetrics ? "application/openmetrics-text; version=1.0.0; charset=utf-8" : "text/plain; version=0.0.4; charset=utf-8");
    }

    /// <summary>Who likes both alike gets the older form: it is the one that every reader knows.</summary>
    private static bool WantsOpenMetrics(HttpRequest request)
    {
        var (open, plain) = (0.0, 0.0);
        foreach (var type in request.GetTypedHeaders().Accept)
        {
            var quality = type.Quality ?? 1;
            if (type.MediaType.Equals("application/openmetrics-text", StringComparison.OrdinalIgnoreCase))
                open = Math.Max(open, quality);
            else if (type.MediaType.Equals("text/plain", StringComparison.OrdinalIgnoreCase))
                plain = Math.Max(plain, quality);
        }

        return open > plain;
    }

    /// <summary>Leaves a part of the time that Prometheus waits for the way back.</summary>
    private static TimeSpan Patience(HttpRequest request) =>
        double.TryParse(request.Headers["X-Prometheus-Scrape-Timeout-Seconds"], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds)
        && seconds is > 0 and < 3600
            ? TimeSpan.FromSeconds(seconds) * 0.9
            : s_patience;
}
