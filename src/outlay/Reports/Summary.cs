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
