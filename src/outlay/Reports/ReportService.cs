using Outlay.Expenses;
using Outlay.Storage;

namespace Outlay.Reports;

/// <summary>Where the money went. Reads the totals, whose size does not grow with the number of expenses, whenever they suffice.</summary>
internal sealed class ReportService(Database database, Settings settings)
{
    /// <summary>Sums up what passes the filter.</summary>
    /// <param name="group">What to break it down by; null for the sums alone.</param>
    public Task<Summary> SummariseAsync(string owner, ExpenseFilter filter, SummaryGroup? group, CancellationToken token) =>
        database.SnapshotAsync(OwnerScope.Of(owner), async connection =>
        {
            var home = filter.Currency ?? await ExpenseStore.OwnerCurrencyAsync(connection, owner, token) ?? settings.DefaultCurrency;
            Func<SummaryGroup?, Task<List<SummaryLine>>> sum = SummaryStore.TotalsSuffice(filter, group)
                ? by => SummaryStore.FromTotalsAsync(connection, owner, filter, by, token)
                : by => SummaryStore.FromExpensesAsync(connection, owner, filter, by, token);

            var totals = await sum(SummaryGroup.Currency);
            totals.Sort((left, right) => string.CompareOrdinal(left.Key, right.Key));
            var groups = group is null ? null : await sum(group);
            groups?.Sort((left, right) =>
                string.CompareOrdinal(Label.Fold(left.Key), Label.Fold(right.Key)) is var keys and not 0
                    ? keys
                    : string.CompareOrdinal(left.Total.Currency.Code, right.Total.Currency.Code));

            var own = totals.Find(line => line.Total.Currency == home);
            return new Summary(own?.Total ?? Money.Zero(home), own?.Count ?? 0, totals, groups);
        }, token);
}
