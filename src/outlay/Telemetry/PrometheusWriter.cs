using System.Buffers;
using System.Globalization;
using System.Text;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;

namespace Outlay.Telemetry;

/// <summary>Writes metrics as Prometheus text 0.0.4, or as OpenMetrics 1.0 with an exemplar at each bucket that has one.</summary>
internal sealed class PrometheusWriter(bool openMetrics)
{
    /// <summary>A sample carries at most so many characters of labels of an exemplar (OpenMetrics 1.0): ids of trace and span fit.</summary>
    private const string TraceIdLabel = "trace_id", SpanIdLabel = "span_id";

    private readonly ArrayBufferWriter<byte> _output = new(64 * 1024);
    private readonly HashSet<string> _families = [];

    /// <summary>How many series are not told apart any more because there were too many, or not told at all.</summary>
    public int Overflow { get; private set; }

    /// <summary>What was written, to its end.</summary>
    public byte[] End()
    {
        if (openMetrics)
            Append("# EOF\n");
        return _output.WrittenSpan.ToArray();
    }

    /// <summary>What describes the service, as a metric to join with.</summary>
    public void Write(Resource resource)
    {
        _families.Add("target");
        WriteHead(openMetrics ? "target" : "target_info", openMetrics ? "info" : "gauge", "", "The service that these metrics are about");
        var labels = LabelText.Of(resource.Attributes.Select(attribute => new KeyValuePair<string, object?>(attribute.Key, attribute.Value)));
        WriteSample("target_info", labels, "1");
    }

    public void Write(Metric metric)
    {
        var name = MetricName.Of(metric);
        if (!_families.Add(name.Family))
        {
            // Two families of one name would make the whole answer unreadable.
            foreach (ref readonly var unused in metric.GetMetricPoints())
                Overflow++;
            return;
        }

        var isHeadless = true;
        foreach (ref readonly var point in metric.GetMetricPoints())
        {
            if (isHeadless)
                WriteHead(openMetrics ? name.Family : name.Sample, name.Type, name.Unit, metric.Description);
            isHeadless = false;
            var labels = LabelText.Of(point.Tags, out var isOverflow);
            if (isOverflow)
                Overflow++;
            if (metric.MetricType is MetricType.Histogram)
                WriteHistogram(name.Family, labels, point);
            else
                WriteSample(name.Sample, labels, ValueOf(metric.MetricType, point));
        }
    }

    private static string ValueOf(MetricType type, in MetricPoint point) => type switch
    {
        MetricType.LongSum or MetricType.LongSumNonMonotonic => Number(point.GetSumLong()),
        MetricType.DoubleSum or MetricType.DoubleSumNonMonotonic => Number(point.GetSumDouble()),
        MetricType.LongGauge => Number(point.GetGaugeLastValueLong()),
        _ => Number(point.GetGaugeLastValueDouble()),
    };

    private void WriteHead(string family, string type, string unit, string help)
    {
        Append($"# TYPE {family} {type}\n");
        if (openMetrics && unit.Length > 0)
            Append($"# UNIT {family} {unit}\n");
        Append($"# HELP {family} {(openMetrics ? LabelText.Escape(help) : LabelText.EscapeHelp(help))}\n");
    }

    private void WriteHistogram(string family, string labels, in MetricPoint point)
    {
        var exemplars = openMetrics && point.TryGetExemplars(out var found) ? Newest(found) : [];
        var (count, lower) = (0L, double.NegativeInfinity);
        var prefix = labels.Length == 0 ? "" : $"{labels},";
        foreach (var bucket in point.GetHistogramBuckets())
        {
            count += bucket.BucketCount;
            Append($"{family}_bucket{{{prefix}le=\"{Bound(bucket.ExplicitBound)}\"}} {Number(count)}");
            foreach (var exemplar in exemplars)
            {
                if (exemplar.DoubleValue > lower && exemplar.DoubleValue <= bucket.ExplicitBound)
                    WriteExemplar(exemplar);
            }

            Append("\n");
            lower = bucket.ExplicitBound;
        }

        WriteSample($"{family}_sum", labels, Number(point.GetHistogramSum()));
        WriteSample($"{family}_count", labels, Number(point.GetHistogramCount()));
    }

    /// <summary>Those that lead to a span.</summary>
    private static List<Exemplar> Newest(ReadOnlyExemplarCollection exemplars)
    {
        var list = new List<Exemplar>();
        foreach (ref readonly var exemplar in exemplars)
        {
            if (exemplar.TraceId != default)
                list.Add(exemplar);
        }

        return list;
    }

    private void WriteExemplar(in Exemplar exemplar)
    {
        var time = exemplar.Timestamp.ToUnixTimeMilliseconds() / 1000.0;
        Append($" # {{{TraceIdLabel}=\"{exemplar.TraceId.ToHexString()}\",{SpanIdLabel}=\"{exemplar.SpanId.ToHexString()}\"}} {Number(exemplar.DoubleValue)} {Number(time)}");
    }

    private void WriteSample(string name, string labels, string value) =>
        Append(labels.Length == 0 ? $"{name} {value}\n" : $"{name}{{{labels}}} {value}\n");

    private void Append(string text) => Encoding.UTF8.GetBytes(text, _output);

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Number(double value) => value switch
    {
        double.PositiveInfinity => "+Inf",
        double.NegativeInfinity => "-Inf",
        _ => value.ToString("R", CultureInfo.InvariantCulture),
    };

    /// <summary>A whole bound has a decimal point: that is its one form in OpenMetrics.</summary>
    private static string Bound(double value) =>
        double.IsInteger(value) ? value.ToString("F1", CultureInfo.InvariantCulture) : Number(value);
}
