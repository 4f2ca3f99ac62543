using Outlay.Expenses;

namespace Outlay.Cli;

/// <summary>The words that stand for a date on the command line.</summary>
internal static class DateWords
{
    /// <summary>What a date may be, for help and messages.</summary>
    public const string Forms = "YYYY-MM-DD, today, yesterday or tomorrow";

    /// <summary>Each word, and how many days from today it is.</summary>
    private static readonly Dictionary<string, int> s_words = new() { ["today"] = 0, ["yesterday"] = -1, ["tomorrow"] = 1 };

    /// <summary>
    /// The date that a word is in the time zone of the user, or a date as it is written; the rules look at that. What is neither becomes a
    /// fault, which says what was probably meant.
    /// </summary>
    /// <returns>Null when nothing was written, or a fault.</returns>
    public static string? Resolve(string? text, TimeProvider clock, string field, Faults faults)
    {
        if (text is null)
            return null;
        var word = text.Trim().ToLowerInvariant();
        if (s_words.TryGetValue(word, out var days))
            return ExpenseRules.FormatDate(DateOnly.FromDateTime(clock.GetLocalNow().DateTime).AddDays(days));
        if (word.Length == 0 || ExpenseRules.HasShapeOfDate(word))
            return text;
        // Monday is no slip of today.
        var meant = !Enum.TryParse<DayOfWeek>(word, ignoreCase: true, out _) && Spelling.Nearest(word, s_words.Keys) is { } nearest ? $" Did you mean {nearest}?" : "";
        faults.Add(field, $"Invalid date format. Use {Forms}.{meant}");
        return null;
    }
}
