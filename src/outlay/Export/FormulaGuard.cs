namespace Outlay.Export;

/// <summary>
/// Keeps a spreadsheet from running a text cell as a formula: a cell that begins like one gets an apostrophe in front, which
/// spreadsheets read as "this is text". Bijective, so that an import gives back exactly what was exported.
/// </summary>
internal static class FormulaGuard
{
    private const char Apostrophe = '\'';

    /// <summary>
    /// Puts an apostrophe before text that begins like a formula, and one more before text that begins with apostrophes and
    /// then like a formula: without it, those could not be told from defused ones.
    /// </summary>
    public static string Defuse(string text) => IsFormula(text.AsSpan().TrimStart(Apostrophe)) ? Apostrophe + text : text;

    /// <summary>Undoes <see cref="Defuse"/>, and leaves alone what it never writes: <c>=A1</c>, or <c>'tis</c>.</summary>
    public static string Restore(string text) => text is [Apostrophe, ..] && IsFormula(text.AsSpan().TrimStart(Apostrophe)) ? text[1..] : text;

    private static bool IsFormula(ReadOnlySpan<char> text) => text is ['=' or '+' or '-' or '@' or '\t' or '\r' or '\n', ..];
}
