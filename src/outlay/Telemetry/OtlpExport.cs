using System.Diagnostics;
using System.Runtime.CompilerServices;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;

namespace Outlay.Telemetry;

/// <summary>Told how an export went, which the exporters themselves tell nobody.</summary>
/// <param name="isSuccess">Whether the receiver took it.</param>
/// <param name="records">How many records it had.</param>
internal delegate void ExportReport(bool isSuccess, long records);

/// <summary>Makes the exporters of OTLP. They are derived from, not wrapped: the provider gives its resource only to its own exporter.</summary>
internal static class OtlpExport
{
    public static BaseExporter<Activity> Traces(OtlpSettings settings, ExportReport report) => new TraceExporter(Options(settings, "traces"), report);

    public static BaseExporter<Metric> Metrics(OtlpSettings settings, ExportReport report) => new MetricExporter(Options(settings, "metrics"), report);

    public static BaseExporter<LogRecord> Logs(OtlpSettings settings, ExportReport report) => new LogExporter(Options(settings, "logs"), report);

    private static OtlpExporterOptions Options(OtlpSettings settings, string signal)
    {
        var options = new OtlpExporterOptions
        {
            Endpoint = settings.AddressOf(signal),
            Protocol = settings.IsGrpc ? OtlpExportProtocol.Grpc : OtlpExportProtocol.HttpProtobuf,
            TimeoutMilliseconds = (int)settings.Timeout.TotalMilliseconds,
        };
        if (settings.Headers is { } headers)
            options.HttpClientFactory = () => new HttpClient(new OtlpHeaders(headers)) { Timeout = settings.Timeout };
        return options;
    }

    private static ExportResult Told(ExportResult result, long records, ExportReport report)
    {
        report(result is ExportResult.Success, records);
        return result;
    }

    private sealed class TraceExporter(OtlpExporterOptions options, ExportReport report) : OtlpTraceExporter(options)
    {
        public override ExportResult Export(in Batch<Activity> activityBatch) => Told(base.Export(activityBatch), activityBatch.Count, report);
    }

    private sealed class MetricExporter(OtlpExporterOptions options, ExportReport report) : OtlpMetricExporter(options)
    {
        public override ExportResult Export(in Batch<Metric> metrics) => Told(base.Export(metrics), metrics.Count, report);
    }

    /// <summary>The exporter of logs cannot be derived from: it gets the provider from this one, as the provider would give it.</summary>
    private sealed class LogExporter(OtlpExporterOptions options, ExportReport report) : BaseExporter<LogRecord>
    {
        private readonly OtlpLogExporter _exporter = new(options);

        public override ExportResult Export(in Batch<LogRecord> batch)
        {
            ProviderOf<LogRecord>.Set(_exporter, ParentProvider);
            return Told(_exporter.Export(batch), batch.Count, report);
        }

        protected override bool OnShutdown(int timeoutMilliseconds) => _exporter.Shutdown(timeoutMilliseconds);

        protected override void Dispose(bool disposing)
        {
            if (disposing)
                _exporter.Dispose();
            base.Dispose(disposing);
        }
    }

    /// <summary>Generic as the exporter is: nothing else can be bound to it.</summary>
    private static class ProviderOf<T>
        where T : class
    {
        [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "set_ParentProvider")]
        public static extern void Set(BaseExporter<T> exporter, BaseProvider? provider);
    }
}
