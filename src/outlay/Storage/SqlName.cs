using System.Collections.Concurrent;
using System.Text.RegularExpressions;

namespace Outlay.Storage;

/// <summary>A short name for a statement, as OpenTelemetry's semantic conventions for databases summarise a query: what it does, and to which table.</summary>
internal static partial class SqlName
{
    /// <summary>How many names are remembered: there are fewer texts, unless filters are combined in every way.</summary>
    private const int MaxKnown = 500;

    private static readonly ConcurrentDictionary<string, string> s_known = new();

    /// <summary>Such as <c>SELECT expenses</c>; the word alone when no table is named.</summary>
    public static string Of(string text)
    {
        if (s_known.TryGetValue(text, out var known))
            return known;
        var match = Statement().Match(text);
        var word = match.Groups["word"].Value.ToUpperInvariant();
        var name = match.Groups["table"] is { Success: true, Value: var table } ? $"{word} {table.ToLowerInvariant()}" : word;
        if (s_known.Count < MaxKnown)
            s_known.TryAdd(text, name);
        return name;
    }

    [GeneratedRegex(@"^\s*(?<word>update|copy|truncate)\s+(?<table>[a-z_]+)|^\s*(?<word>[a-z]+)(.*?\b(from|into|table)\s+(?<table>[a-z_]+))?", RegexOptions.IgnoreCase | RegexOptions.Singleline | RegexOptions.ExplicitCapture)]
    private static partial Regex Statement();
}
