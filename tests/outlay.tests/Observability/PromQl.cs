using System.Text.RegularExpressions;

namespace Outlay.Tests.Observability;

/// <summary>What an expression of Prometheus reads.</summary>
internal static partial class PromQl
{
    /// <summary>Its selectors of series, without ranges and offsets: <c>up{job="outlay"}</c>.</summary>
    public static IEnumerable<string> Selectors(string expression)
    {
        // What could be taken for the name of a metric: the labels of a grouping, the letters of a time.
        var text = Duration().Replace(Grouping().Replace(expression, " "), " ");
        return Selector().Matches(text).Select(match => match.Value).Where(match => match is not ("and" or "or" or "unless" or "bool" or "offset")).Distinct();
    }

    /// <summary>The names of the metrics that it reads.</summary>
    public static IEnumerable<string> Metrics(string expression) =>
        Selectors(expression).Select(selector => selector.Split('{')[0]).Where(name => name.Length > 0).Distinct();

    [GeneratedRegex(@"\b(by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)")]
    private static partial Regex Grouping();

    [GeneratedRegex(@"\[[^\]]*\]|(?<=offset\s+)\w+")]
    private static partial Regex Duration();

    // Strings inside the braces may hold anything but a quote; a name before a bracket is a function.
    [GeneratedRegex("""(?<![\w:"])(?:[a-zA-Z_:][\w:]*(?:\{(?:[^"}]|"[^"]*")*\})?(?![\w:]*\s*[({])|\{(?:[^"}]|"[^"]*")*\})""")]
    private static partial Regex Selector();
}
