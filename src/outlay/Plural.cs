namespace Outlay;

/// <summary>Counts things in a sentence.</summary>
internal static class Plural
{
    /// <summary><c>1 row</c>, <c>2 rows</c>.</summary>
    public static string Of(long count, string noun) => count == 1 ? $"1 {noun}" : $"{count} {noun}s";

    /// <summary>What follows a count: <c>breaks</c> after one, <c>break</c> after more.</summary>
    public static string Verb(long count, string one, string many) => count == 1 ? one : many;
}
