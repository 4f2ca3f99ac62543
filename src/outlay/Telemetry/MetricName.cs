using System.Text;
using OpenTelemetry.Metrics;

namespace Outlay.Telemetry;

/// <summary>A metric under the name that Prometheus knows it by (OpenTelemetry, "Prometheus and OpenMetrics Compatibility").</summary>
/// <param name="Family">With its unit, without the suffix of a counter.</param>
/// <param name="Unit">The unit in words; empty where the name has none.</param>
/// <param name="Type">counter, gauge or histogram.</param>
internal readonly record struct MetricName(string Family, string Unit, string Type)
{
    private const string Counter = "counter";

    /// <summary>The name of its samples.</summary>
    public string Sample => Type == Counter ? $"{Family}_total" : Family;

    public static MetricName Of(Metric metric)
    {
        var type = metric.MetricType switch
        {
            MetricType.LongSum or MetricType.DoubleSum => Counter,
            MetricType.Histogram => "histogram",
            MetricType.LongGauge or MetricType.DoubleGauge or MetricType.LongSumNonMonotonic or MetricType.DoubleSumNonMonotonic => "gauge",
            var other => throw new InvalidOperationException($"No metric of the kind {other} is exported."),
        };
        var unit = UnitOf(metric.Unit);
        var family = Clean(metric.Name);
        if (type == Counter && family.EndsWith("_total", StringComparison.Ordinal))
            family = family[..^"_total".Length];
        if (unit.Length > 0 && !family.EndsWith($"_{unit}", StringComparison.Ordinal))
            family = $"{family}_{unit}";
        return new MetricName(family, unit, type);
    }

    /// <summary>A name with letters, digits and single underscores only.</summary>
    public static string Clean(string name)
    {
        var text = new StringBuilder(name.Length);
        foreach (var c in name)
        {
            if (char.IsAsciiLetterOrDigit(c) && !(text.Length == 0 && char.IsAsciiDigit(c)))
                text.Append(c);
            else if (text.Length == 0 || text[^1] != '_')
                text.Append('_');
        }

        return text.ToString();
    }

    /// <summary>The word for a unit of UCUM; what stands in braces is none.</summary>
    private static string UnitOf(string unit) => unit switch
    {
        "s" => "seconds",
        "ms" => "milliseconds",
        "By" => "bytes",
        "" or "1" or ['{', ..] => "",
        _ => Clean(unit),
    };
}
