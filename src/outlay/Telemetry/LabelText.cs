using System.Globalization;
using System.Text;
using OpenTelemetry;

namespace Outlay.Telemetry;

/// <summary>The labels of a sample, as text between braces.</summary>
internal static class LabelText
{
    /// <summary>What OpenTelemetry puts on the one series that takes all those which are too many.</summary>
    private const string OverflowTag = "otel.metric.overflow";

    /// <param name="isOverflow">Whether this series takes all that are too many.</param>
    public static string Of(ReadOnlyTagCollection tags, out bool isOverflow)
    {
        isOverflow = false;
        if (tags.Count == 0)
            return "";
        var all = new List<KeyValuePair<string, object?>>(tags.Count);
        foreach (var tag in tags)
        {
            isOverflow |= tag.Key == OverflowTag;
            all.Add(tag);
        }

        return Of(all);
    }

    /// <summary>Keys that become the same name share one label, with their values joined.</summary>
    public static string Of(IEnumerable<KeyValuePair<string, object?>> tags)
    {
        var labels = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (key, value) in tags)
        {
            var (name, text) = (MetricName.Clean(key), ValueOf(value));
            labels[name] = labels.TryGetValue(name, out var other) ? $"{other};{text}" : text;
        }

        return string.Join(',', labels.Select(label => $"{label.Key}=\"{Escape(label.Value)}\""));
    }

    public static string Escape(string text) => EscapeHelp(text).Replace("\"", "\\\"", StringComparison.Ordinal);

    /// <summary>As Prometheus text wants it where no quotes surround it.</summary>
    public static string EscapeHelp(string text) => new StringBuilder(text).Replace("\\", "\\\\").Replace("\n", "\\n").ToString();

    private static string ValueOf(object? value) => value switch
    {
        null => "",
        bool flag => flag ? "true" : "false",
        _ => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "",
    };
}
