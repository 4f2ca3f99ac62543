using Outlay.Expenses;

namespace Outlay.Cli;

/// <summary>The words that stand for a date on the command line.</summary>
internal static class DateWords
{
    /// <summary>The date that today or yesterday is in the time zone of the user; any other text as it is.</summary>
    public static string? Resolve(string? text, TimeProvider clock) => text?.Trim().ToLowerInvariant() switch
    {
        "today" => ExpenseRules.FormatDate(Today(clock)),
        "yesterday" => ExpenseRules.FormatDate(Today(clock).AddDays(-1)),
        _ => text,
    };

    private static DateOnly Today(TimeProvider clock) => DateOnly.FromDateTime(clock.GetLocalNow().DateTime);
}
