namespace Outlay;

/// <summary>
/// Text that a terminal shows and does not obey. What somebody wrote, or a file holds that was not made here, can have control characters, which
/// move the cursor, set the title or pass for a line of their own, and marks that turn the direction of what stands behind them.
/// </summary>
internal static class PlainText
{
    /// <summary>On one line: spaces in the place of what is not shown.</summary>
    public static string Line(string text) => text.AsSpan().ContainsAnyExceptInRange(' ', '~') ? string.Concat(text.Select(c => IsShown(c) ? c : ' ')) : text;

    /// <summary>The same, with its line ends and tabs.</summary>
    public static string Lines(string text) => text.AsSpan().ContainsAnyExceptInRange(' ', '~') ? string.Concat(text.Select(InLines)) : text;

    /// <summary>The character, or a space in the place of one that is not shown.</summary>
    public static char InLines(char c) => IsShown(c) || c is '\n' or '\t' ? c : ' ';

    /// <summary>C0, DEL and C1; the separators of lines and paragraphs; embeddings, overrides and isolates of the bidirectional algorithm (UAX #9).</summary>
    private static bool IsShown(char c) =>
        !char.IsControl(c) && c is not ('\u2028' or '\u2029' or (>= '\u202A' and <= '\u202E') or (>= '\u2066' and <= '\u2069'));
}
