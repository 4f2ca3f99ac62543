using System.Globalization;
using OpenTelemetry.Exporter;
using OpenTelemetry.Trace;

namespace Outlay.Telemetry;

/// <summary>What is told about the program, and where to. The names are those of OpenTelemetry's specification.</summary>
/// <param name="Disabled">OTEL_SDK_DISABLED: no metrics, no spans, nothing exported. Default false.</param>
/// <param name="ServiceName">OTEL_SERVICE_NAME: what the service is called. Default outlay.</param>
/// <param name="Attributes">OTEL_RESOURCE_ATTRIBUTES: what else describes it, as key=value with commas between.</param>
/// <param name="Otlp">Where signals are sent; null for nowhere.</param>
internal sealed record TelemetrySettings(
    bool Disabled, string ServiceName, IReadOnlyList<KeyValuePair<string, string>> Attributes, OtlpSettings? Otlp)
{
    public static TelemetrySettings From(SettingsSource source)
    {
        var settings = new TelemetrySettings(
            source.Flag("OTEL_SDK_DISABLED", false),
            source.Text("OTEL_SERVICE_NAME", "outlay"),
            Pairs(source, "OTEL_RESOURCE_ATTRIBUTES", source.Text("OTEL_RESOURCE_ATTRIBUTES", "")),
            OtlpSettings.From(source));
        return settings.Disabled ? settings with { Otlp = null } : settings;
    }

    /// <summary>Reads key=value,key=value, with what is special in percent encoding.</summary>
    internal static IReadOnlyList<KeyValuePair<string, string>> Pairs(SettingsSource source, string name, string text)
    {
        var pairs = new List<KeyValuePair<string, string>>();
        foreach (var part in text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (part.IndexOf('=', StringComparison.Ordinal) is > 0 and var at)
                pairs.Add(new(Uri.UnescapeDataString(part[..at].Trim()), Uri.UnescapeDataString(part[(at + 1)..].Trim())));
            else
                source.Fault(name, "has a part without =", "write key=value, with commas between several");
        }

        return pairs;
    }
}

/// <summary>The receiver of an OTLP export. OTEL_EXPORTER_OTLP_ENDPOINT selects it.</summary>
/// <param name="Endpoint">An http or https address; paths of the signals are added to it for http/protobuf.</param>
/// <param name="Protocol">OTEL_EXPORTER_OTLP_PROTOCOL: http/protobuf or grpc; default http/protobuf.</param>
/// <param name="Headers">OTEL_EXPORTER_OTLP_HEADERS: key=value with commas between; may hold a token. Empty for none.</param>
/// <param name="Timeout">OTEL_EXPORTER_OTLP_TIMEOUT: what one export may take, 1–300,000 ms, default 10,000.</param>
/// <param name="MetricInterval">OTEL_METRIC_EXPORT_INTERVAL: the time between two exports of metrics, 100–3,600,000 ms, default 60,000.</param>
/// <param name="Sampler">OTEL_TRACES_SAMPLER with OTEL_TRACES_SAMPLER_ARG: which traces are recorded; default parentbased_always_on.</param>
internal sealed record OtlpSettings(
    Uri Endpoint, OtlpExportProtocol Protocol, string Headers, TimeSpan Timeout, TimeSpan MetricInterval, Sampler Sampler)
{
    /// <summary>The address that takes a signal: traces, metrics or logs.</summary>
    public Uri AddressOf(string signal) => Protocol is OtlpExportProtocol.Grpc
        ? Endpoint
        : new Uri($"{Endpoint.AbsoluteUri.TrimEnd('/')}/v1/{signal}");

    public static OtlpSettings? From(SettingsSource source)
    {
        var endpoint = source.OptionalAddress("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318");
        var protocol = source.Choice("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf",
            ("http/protobuf", OtlpExportProtocol.HttpProtobuf), ("grpc", OtlpExportProtocol.Grpc));
        var headers = source.OptionalSecret("OTEL_EXPORTER_OTLP_HEADERS") ?? "";
        TelemetrySettings.Pairs(source, "OTEL_EXPORTER_OTLP_HEADERS", headers);
        var timeout = TimeSpan.FromMilliseconds(source.Number("OTEL_EXPORTER_OTLP_TIMEOUT", 10_000, 1, 300_000));
        var interval = TimeSpan.FromMilliseconds(source.Number("OTEL_METRIC_EXPORT_INTERVAL", 60_000, 100, 3_600_000));
        var sampler = SamplerFrom(source);
        return endpoint is null ? null : new OtlpSettings(endpoint, protocol, headers, timeout, interval, sampler);
    }

    private static Sampler SamplerFrom(SettingsSource source)
    {
        var ratio = new TraceIdRatioBasedSampler(Ratio(source));
        return source.Choice<Sampler>("OTEL_TRACES_SAMPLER", "parentbased_always_on",
            ("parentbased_always_on", new ParentBasedSampler(new AlwaysOnSampler())),
            ("parentbased_always_off", new ParentBasedSampler(new AlwaysOffSampler())),
            ("parentbased_traceidratio", new ParentBasedSampler(ratio)),
            ("always_on", new AlwaysOnSampler()), ("always_off", new AlwaysOffSampler()), ("traceidratio", ratio));
    }

    private static double Ratio(SettingsSource source)
    {
        var text = source.Text("OTEL_TRACES_SAMPLER_ARG", "1");
        if (double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var ratio) && ratio is >= 0 and <= 1)
            return ratio;
        source.Fault("OTEL_TRACES_SAMPLER_ARG", $"is '{text}'", "use the share of traces to record, from 0 to 1, like 0.1");
        return 1;
    }
}
