using System.Diagnostics.Metrics;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Outlay.Telemetry;

/// <summary>
/// Collects metrics and spans while it lives: metrics for whoever pulls them, and both for the OTLP receiver if there is one.
/// Disposing of it sends what was not sent yet. Without a receiver nobody could look a span up: none is recorded then.
/// </summary>
internal sealed partial class TelemetryProviders : IDisposable
{
    /// <summary>How long a last export may keep the end of the process waiting.</summary>
    public static readonly TimeSpan Farewell = TimeSpan.FromSeconds(3);

    /// <summary>How many series a metric may have before all others are counted as one.</summary>
    private const int MaxSeries = 100;

    private static readonly string[] s_meters = [Signals.Name, "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "System.Runtime"];

    /// <summary>
    /// What of the framework is not told: the runtime has two numbers wrong, which <see cref="ProcessMetrics"/> tells as they are; the rest is
    /// about what this server does not use, or the same as another metric.
    /// </summary>
    private static readonly HashSet<(string Meter, string Instrument)> s_left =
    [
        ("System.Runtime", ProcessMetrics.ThreadCount), ("System.Runtime", ProcessMetrics.ThreadQueue), ("System.Runtime", "dotnet.process.cpu.time"),
        ("System.Runtime", "dotnet.process.memory.working_set"), ("Microsoft.AspNetCore.Server.Kestrel", "kestrel.rejected_connections"),
        ("Microsoft.AspNetCore.Server.Kestrel", "kestrel.upgraded_connections"), ("Microsoft.AspNetCore.Server.Kestrel", "kestrel.tls_handshake.duration"),
        ("Microsoft.AspNetCore.Server.Kestrel", "kestrel.active_tls_handshakes"), ("Microsoft.AspNetCore.Server.Kestrel", "kestrel.queued_requests"),
    ];

    private readonly MeterProvider? _metrics;
    private readonly TracerProvider? _traces;
    private readonly ILogger _logger;
    private int _isFailing;

    /// <summary>Whether the receiver did not take what was sent last.</summary>
    public bool IsFailing => _isFailing != 0;

    /// <param name="resource">What describes this process.</param>
    /// <param name="exporter">Who pulls metrics; null when nobody can.</param>
    /// <param name="meters">Where the meters of this host come from: several may run in one process. Null takes all.</param>
    public TelemetryProviders(
        TelemetrySettings settings, ResourceBuilder resource, PullExporter? exporter, IMeterFactory? meters, ILogger logger)
    {
        _logger = logger;
        if (settings.Disabled)
            return;
        var metrics = Sdk.CreateMeterProviderBuilder()
            .SetResourceBuilder(resource).AddMeter(s_meters)
            .AddView(instrument => ViewOf(instrument, meters, settings.SeriesLimit))
            .SetExemplarFilter(settings.Otlp is null ? ExemplarFilterType.AlwaysOff : ExemplarFilterType.TraceBased);
        if (exporter is not null)
            metrics.AddReader(new BaseExportingMetricReader(exporter));
        if (settings.Otlp is { } otlp)
        {
            metrics.AddReader(new PeriodicExportingMetricReader(
                OtlpExport.Metrics(otlp, Report), (int)otlp.MetricInterval.TotalMilliseconds, (int)otlp.Timeout.TotalMilliseconds));
            _traces = Sdk.CreateTracerProviderBuilder()
                .SetResourceBuilder(resource).SetSampler(SamplerOf(otlp.Sampling)).AddSource(Signals.Name, "Microsoft.AspNetCore")
                .AddProcessor(new BatchActivityExportProcessor(OtlpExport.Traces(otlp, Report)))
                .Build();
        }

        _metrics = metrics.Build();
    }

    /// <summary>The name and version of the service, and what tells this process from others.</summary>
    /// <param name="runId">Stands in the log of this process too.</param>
    public static ResourceBuilder ResourceOf(TelemetrySettings settings, string runId) => ResourceBuilder.CreateEmpty()
        .AddTelemetrySdk()
        .AddService(settings.ServiceName, serviceVersion: Product.Version, autoGenerateServiceInstanceId: false, serviceInstanceId: runId)
        .AddAttributes(settings.Attributes.Select(pair => new KeyValuePair<string, object>(pair.Key, pair.Value)));

    public void Dispose()
    {
        var limit = (int)Farewell.TotalMilliseconds;
        Parallel.Invoke(() => _traces?.Shutdown(limit), () => _metrics?.Shutdown(limit));
        _traces?.Dispose();
        _metrics?.Dispose();
    }

    private static Sampler SamplerOf(TraceSampling sampling)
    {
        var sampler = new TraceIdRatioBasedSampler(sampling.Ratio);
        return sampling.FollowsParent ? new ParentBasedSampler(sampler) : sampler;
    }

    private static MetricStreamConfiguration ViewOf(Instrument instrument, IMeterFactory? meters, int requestSeries) =>
        (instrument.Meter.Scope is IMeterFactory owner && meters is not null && owner != meters) || s_left.Contains((instrument.Meter.Name, instrument.Name))
            ? MetricStreamConfiguration.Drop
            : new MetricStreamConfiguration { CardinalityLimit = instrument.Name == "http.server.request.duration" ? requestSeries : MaxSeries };

    /// <summary>Says once that the receiver takes nothing, and once that it does again.</summary>
    private void Report(bool isSuccess, long records)
    {
        if (Interlocked.Exchange(ref _isFailing, isSuccess ? 0 : 1) is var wasFailing && isSuccess == (wasFailing == 0))
            return;
        if (isSuccess)
            Log.ExportRecovered(_logger);
        else
            Log.ExportFailed(_logger, records);
    }

    private static partial class Log
    {
        [LoggerMessage(EventName = "telemetry_export_failed", Level = LogLevel.Warning,
            Message = "The receiver of OTLP did not take {Records} spans or metrics: check OTEL_EXPORTER_OTLP_ENDPOINT and whether it runs. This is not said again until it does")]
        public static partial void ExportFailed(ILogger logger, long records);

        [LoggerMessage(EventName = "telemetry_export_recovered", Level = LogLevel.Information, Message = "The receiver of OTLP takes spans and metrics again")]
        public static partial void ExportRecovered(ILogger logger);
    }
}
