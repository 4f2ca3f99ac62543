using System.Globalization;

namespace Outlay.Telemetry;

/// <summary>The receiver of an OTLP export. OTEL_EXPORTER_OTLP_ENDPOINT selects it.</summary>
/// <param name="Endpoint">An http or https address; paths of the signals are added to it for http/protobuf.</param>
/// <param name="IsGrpc">OTEL_EXPORTER_OTLP_PROTOCOL: http/protobuf or grpc; default http/protobuf.</param>
/// <param name="Headers">OTEL_EXPORTER_OTLP_HEADERS: key=value with commas between; may hold a token. Null for none.</param>
/// <param name="Timeout">OTEL_EXPORTER_OTLP_TIMEOUT: what one export may take, 1–300,000 ms, default 10,000.</param>
/// <param name="MetricInterval">OTEL_METRIC_EXPORT_INTERVAL: the time between two exports of metrics, 100–3,600,000 ms, default 60,000.</param>
/// <param name="Sampling">Which traces are recorded.</param>
internal sealed record OtlpSettings(Uri Endpoint, bool IsGrpc, Secret? Headers, TimeSpan Timeout, TimeSpan MetricInterval, TraceSampling Sampling)
{
    /// <summary>The address that takes a signal: traces, metrics or logs.</summary>
    public Uri AddressOf(string signal) => IsGrpc ? Endpoint : new Uri($"{Endpoint.AbsoluteUri.TrimEnd('/')}/v1/{signal}");

    public static OtlpSettings? From(SettingsSource source)
    {
        var endpoint = source.OptionalUrl("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318", withPath: true);
        var isGrpc = source.Choice("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf", ("http/protobuf", false), ("grpc", true));
        var headers = source.OptionalSecret("OTEL_EXPORTER_OTLP_HEADERS", FaultIn, TelemetrySettings.PairsCure);
        var timeout = TimeSpan.FromMilliseconds(source.Number("OTEL_EXPORTER_OTLP_TIMEOUT", 10_000, 1, 300_000));
        var interval = TimeSpan.FromMilliseconds(source.Number("OTEL_METRIC_EXPORT_INTERVAL", 60_000, 100, 3_600_000));
        var sampling = TraceSampling.From(source);
        return endpoint is null ? null : new OtlpSettings(endpoint, isGrpc, headers, timeout, interval, sampling);

        static string? FaultIn(string text)
        {
            TelemetrySettings.Pairs(text, out var fault);
            return fault;
        }
    }
}

/// <summary>OTEL_TRACES_SAMPLER and OTEL_TRACES_SAMPLER_ARG: which traces are recorded. Default: all of which no caller says otherwise.</summary>
/// <param name="FollowsParent">Whether a caller that sends a trace decides about it.</param>
/// <param name="Ratio">The share of all others, from 0 to 1.</param>
internal sealed record TraceSampling(bool FollowsParent, double Ratio)
{
    public static TraceSampling From(SettingsSource source)
    {
        var ratio = RatioFrom(source);
        return source.Choice("OTEL_TRACES_SAMPLER", "parentbased_always_on",
            ("parentbased_always_on", new TraceSampling(true, 1)), ("parentbased_always_off", new TraceSampling(true, 0)),
            ("parentbased_traceidratio", new TraceSampling(true, ratio)),
            ("always_on", new TraceSampling(false, 1)), ("always_off", new TraceSampling(false, 0)), ("traceidratio", new TraceSampling(false, ratio)));
    }

    private static double RatioFrom(SettingsSource source)
    {
        var text = source.Text("OTEL_TRACES_SAMPLER_ARG", "1");
        if (double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var ratio) && ratio is >= 0 and <= 1)
            return ratio;
        source.Fault("OTEL_TRACES_SAMPLER_ARG", $"is '{text}'", "use the share of traces to record, from 0 to 1, like 0.1");
        return 1;
    }
}
