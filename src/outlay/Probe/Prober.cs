using Outlay.Hosting;
using Outlay.Telemetry;

namespace Outlay.Probe;

/// <summary>Makes one journey after the other, and tells Prometheus what came of them.</summary>
internal sealed partial class Prober(Journey journey, ProbeMetrics metrics, TimeProvider clock, ILogger<Prober> logger)
{
    /// <summary>Makes one journey, logs it in one line, and counts it.</summary>
    /// <returns>What went wrong; null when nothing did.</returns>
    public async Task<JourneyFault?> RunAsync(CancellationToken token)
    {
        var start = clock.GetTimestamp();
        var fault = await journey.RunAsync((step, duration) => ProbeMetrics.Took(NameOf(step), duration), token);
        var duration = clock.GetElapsedTime(start);
        var milliseconds = Math.Round(duration.TotalMilliseconds, 3);
        if (fault is null)
        {
            metrics.Succeeded();
            ProbeMetrics.Took("whole", duration);
            Log.Succeeded(logger, milliseconds);
        }
        else
        {
            metrics.Failed();
            var step = NameOf(fault.Step);
            Log.Failed(logger, step, fault.Reason, milliseconds);
        }

        return fault;
    }

    /// <summary>Makes journeys until it is stopped, and answers /metrics meanwhile, and /livez for whoever restarts it when it hangs.</summary>
    /// <param name="settings">How it logs, and what it tells about itself.</param>
    /// <param name="listen">Where it answers.</param>
    /// <param name="interval">From the start of one journey to the start of the next; one that takes longer is followed at once.</param>
    public static async Task ServeAsync(Settings settings, Journey journey, Uri listen, TimeSpan interval, TimeProvider clock, CancellationToken token)
    {
        var telemetrySettings = settings.Telemetry with { ServiceName = "outlay-probe" };
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = "outlay" });
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.AddServerHeader = false);
        var runId = RunId.New(clock);
        builder.AddOutlayLogging(settings.Log, telemetrySettings, runId.Value);
        builder.Services.AddRoutingCore();
        await using var app = builder.Build();
        app.Urls.Add(listen.GetLeftPart(UriPartial.Authority));
        using var exporter = new PullExporter(clock);
        using var telemetry = new TelemetryProviders(telemetrySettings, TelemetryProviders.ResourceOf(telemetrySettings, runId.Value), exporter, null,
            app.Services.GetRequiredService<ILogger<TelemetryProviders>>());
        // What is counted before somebody collects is not told.
        LogMetrics.Begin();
        var metrics = new ProbeMetrics(journey, interval, clock);
        var prober = new Prober(journey, metrics, clock, app.Services.GetRequiredService<ILogger<Prober>>());
        app.UseRouting();
        app.MapGet(MetricsEndpoint.Path, context => AnswerAsync(context, exporter));
        app.MapGet("/livez", context => (metrics.IsStuck
            ? Results.Content("""{"status":"unavailable"}""", "application/json", null, StatusCodes.Status503ServiceUnavailable)
            : Results.Content("""{"status":"ok"}""", "application/json")).ExecuteAsync(context));
        await Listeners.StartAsync(app, [(listen, "--listen")], token);
        using var timer = new PeriodicTimer(interval, clock);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(token, app.Lifetime.ApplicationStopping);
        try
        {
            do
                await prober.RunAsync(stop.Token);
            while (await timer.WaitForNextTickAsync(stop.Token));
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The token has been cancelled already: that is why it stops.
            await app.StopAsync(CancellationToken.None);
        }
    }

    private static async Task AnswerAsync(HttpContext context, PullExporter exporter) =>
        await (await MetricsEndpoint.AnswerAsync(context, exporter)).ExecuteAsync(context);

    private static string NameOf(JourneyStep step) => step switch
    {
        JourneyStep.Write => "write",
        JourneyStep.Read => "read",
        JourneyStep.Summarise => "summarise",
        _ => "delete",
    };

    private static partial class Log
    {
        [LoggerMessage(EventName = "journey_succeeded", Level = LogLevel.Information, Message = "An expense was written, read, summed up and deleted in {DurationMs} ms")]
        public static partial void Succeeded(ILogger logger, double durationMs);

        [LoggerMessage(EventName = "journey_failed", Level = LogLevel.Warning, Message = "The journey ended at the step {Step}: {Reason}, after {DurationMs} ms")]
        public static partial void Failed(ILogger logger, string step, string reason, double durationMs);
    }
}
