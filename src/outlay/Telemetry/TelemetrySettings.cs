namespace Outlay.Telemetry;

/// <summary>What is told about the program, and where to. The names are those of OpenTelemetry's specification.</summary>
/// <param name="Disabled">OTEL_SDK_DISABLED: no metrics, no spans, nothing exported. Default false.</param>
/// <param name="ServiceName">OTEL_SERVICE_NAME: what the service is called. Default outlay.</param>
/// <param name="Attributes">OTEL_RESOURCE_ATTRIBUTES: what else describes it, as key=value with commas between.</param>
/// <param name="SeriesLimit">METRIC_SERIES_LIMIT: how many combinations of labels the requests may have, 3–100000, before all others are counted as one. Default 1000.</param>
/// <param name="Otlp">Where signals are sent; null for nowhere.</param>
internal sealed record TelemetrySettings(
    bool Disabled, string ServiceName, IReadOnlyList<KeyValuePair<string, string>> Attributes, int SeriesLimit, OtlpSettings? Otlp)
{
    /// <summary>What to do about a list that cannot be read.</summary>
    internal const string PairsCure = "write key=value, with commas between several";

    public static TelemetrySettings From(SettingsSource source)
    {
        var settings = new TelemetrySettings(
            source.Flag("OTEL_SDK_DISABLED", false),
            source.Text("OTEL_SERVICE_NAME", "outlay"),
            AttributesFrom(source),
            source.Number("METRIC_SERIES_LIMIT", 1_000, 3, 100_000),
            OtlpSettings.From(source));
        return settings.Disabled ? settings with { Otlp = null } : settings;
    }

    /// <summary>Reads key=value,key=value, with what is special in percent encoding.</summary>
    /// <param name="fault">What is wrong with it; null when nothing is.</param>
    internal static IReadOnlyList<KeyValuePair<string, string>> Pairs(string text, out string? fault)
    {
        fault = null;
        var pairs = new List<KeyValuePair<string, string>>();
        foreach (var part in text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (part.IndexOf('=', StringComparison.Ordinal) is > 0 and var at)
                pairs.Add(new(Uri.UnescapeDataString(part[..at].Trim()), Uri.UnescapeDataString(part[(at + 1)..].Trim())));
            else
                fault = "has a part without =";
        }

        return pairs;
    }

    private static IReadOnlyList<KeyValuePair<string, string>> AttributesFrom(SettingsSource source)
    {
        const string Name = "OTEL_RESOURCE_ATTRIBUTES";
        var pairs = Pairs(source.Text(Name, ""), out var fault);
        if (fault is not null)
            source.Fault(Name, fault, PairsCure);
        return pairs;
    }
}
