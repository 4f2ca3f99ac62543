namespace Outlay;

/// <summary>Counts things in a sentence.</summary>
internal static class Plural
{
    /// <summary><c>1 row</c>, <c>2 rows</c>.</summary>
    public static string Of(long count, string noun) => count == 1 ? $"1 {noun}" : $"{count} {noun}s";

    /// <summary><c>date</c>, <c>date and amount</c>, <c>date, description and amount</c>.</summary>
    public static string List(IReadOnlyList<string> words) =>
        words.Count < 2 ? string.Concat(words) : $"{string.Join(", ", words.SkipLast(1))} and {words[^1]}";

    /// <summary>What follows a count: <c>breaks</c> after one, <c>break</c> after more.</summary>
    public static string Verb(long count, string one, string many) => count == 1 ? one : many;
}
