using Outlay.Expenses;

namespace Outlay.Reports;

/// <summary>What a summary is broken down by.</summary>
internal enum SummaryGroup
{
    Month,
    Category,

    /// <summary>An expense with several tags counts in each of them; one without tags in none.</summary>
    Tag,
    Currency,
}

/// <summary>What expenses add up to. Amounts of different currencies are never added.</summary>
/// <param name="Total">The sum in the owner's currency, or in the currency that the filter names.</param>
/// <param name="Count">How many expenses are in <paramref name="Total"/>.</param>
/// <param name="Totals">The sum of each currency, by its code.</param>
/// <param name="Groups">The breakdown, by key and currency; null when none was asked for.</param>
internal sealed record Summary(Money Total, long Count, IReadOnlyList<SummaryLine> Totals, IReadOnlyList<SummaryLine>? Groups);

/// <summary>One sum of a summary.</summary>
/// <param name="Key">The month (YYYY-MM), category, tag or currency code that is summed up.</param>
internal sealed record SummaryLine(string Key, Money Total, long Count);

/// <summary>Reads what a summary is to be broken down by.</summary>
internal static class SummaryGroupRules
{
    /// <summary>The names that are known, as they are written in a query and on the command line.</summary>
    public static readonly IReadOnlyList<string> Names = [.. Enum.GetNames<SummaryGroup>().Select(name => name.ToLowerInvariant())];

    public static SummaryGroup? Read(string? text, Faults faults)
    {
        if (text is null)
            return null;
        if (Names.Contains(text))
            return Enum.Parse<SummaryGroup>(text, ignoreCase: true);
        faults.Add("group_by", $"'group_by' must be one of {string.Join(", ", Names)}");
        return null;
    }
}
