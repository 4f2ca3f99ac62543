using System.Text.RegularExpressions;

namespace Outlay.Storage;

/// <summary>A short name for a statement, as OpenTelemetry's semantic conventions for databases summarise a query: what it does, and to which table.</summary>
internal static partial class SqlName
{
    /// <summary>Such as <c>SELECT expenses</c>; the word alone when no table is named.</summary>
    public static string Of(string text)
    {
        var match = Statement().Match(text);
        var word = match.Groups["word"].Value.ToUpperInvariant();
        return match.Groups["table"] is { Success: true, Value: var table } ? $"{word} {table.ToLowerInvariant()}" : word;
    }

    [GeneratedRegex(@"^\s*(?<word>update|copy|truncate)\s+(?<table>[a-z_]+)|^\s*(?<word>[a-z]+)(.*?\b(from|into|table)\s+(?<table>[a-z_]+))?", RegexOptions.IgnoreCase | RegexOptions.Singleline | RegexOptions.ExplicitCapture)]
    private static partial Regex Statement();
}
