using System.Data.Common;
using Outlay.Expenses;
using Outlay.Storage;

namespace Outlay.Reports;

/// <summary>Every SQL statement that adds up expenses.</summary>
internal static class SummaryStore
{
    /// <summary>
    /// Adds up in two halves, because the sum of 64-bit amounts may need more than 64 bits: sums of billions, and of what is
    /// left below.
    /// </summary>
    private const string Sum =
        "cast(sum(amount / 1000000000) as bigint), cast(sum(amount % 1000000000) as bigint)";

    /// <summary>
    /// Whether the totals table can answer: they know month, currency and category, nothing finer.
    /// </summary>
    public static bool TotalsSuffice(ExpenseFilter filter, SummaryGroup? group) =>
        group is not SummaryGroup.Tag &&
        filter is { Tag: null, Text: null, Min: null, Max: null, InTrash: false } &&
        filter.From is null or { Day: 1 } &&
        (filter.To is not { } to || to.Day == DateTime.DaysInMonth(to.Year, to.Month));

    public static Task<List<SummaryLine>> FromTotalsAsync(
        DbConnection connection, string owner, ExpenseFilter filter, SummaryGroup? group, CancellationToken token)
    {
        var key = KeyOf(group, month: "month");
        var sql = new Sql($"select {key.Key}, {key.Name}, currency, {Sum}, cast(sum(count) as bigint) from totals where owner = @owner and count > 0")
            .With("@owner", owner);
        var overAll = filter is { From: null, To: null } && group is not SummaryGroup.Month;
        sql.Append($" and month {(overAll ? "=" : "<>")} '{TotalsKey.AllMonths}'");
        if (filter.From is { } from)
            sql.Append(" and month >= @from").With("@from", TotalsKey.MonthOf(from));
        if (filter.To is { } to)
            sql.Append(" and month <= @to").With("@to", TotalsKey.MonthOf(to));
        if (filter.Category is { } category)
            sql.Append(" and category_key = @category").With("@category", category.Key);
        if (filter.Currency is { } currency)
            sql.Append(" and currency = @currency").With("@currency", currency.Code);
        return sql.Append($" group by {key.Key}, currency").ListAsync(connection, Read, token);
    }

    public static Task<List<SummaryLine>> FromExpensesAsync(
        DbConnection connection, string owner, ExpenseFilter filter, SummaryGroup? group, CancellationToken token)
    {
        var key = KeyOf(group, month: "substr(cast(e.date as text), 1, 7)");
        var tags = group is SummaryGroup.Tag ? " join expense_tags t on t.expense_id = e.id" : "";
        var sql = new Sql($"select {key.Key}, {key.Name}, currency, {Sum}, count(*) from expenses e{tags}");
        return filter.ApplyTo(sql, owner).Append($" group by {key.Key}, currency").ListAsync(connection, Read, token);
    }

    private static (string Key, string Name) KeyOf(SummaryGroup? group, string month) => group switch
    {
        SummaryGroup.Month => (month, $"min({month})"),
        SummaryGroup.Category => ("category_key", $"coalesce(min(category), '{ExpenseContent.Uncategorised}')"),
        SummaryGroup.Tag => ("t.tag_key", "min(t.tag)"),
        _ => ("currency", "min(currency)"),
    };

    private static SummaryLine Read(DbDataReader row)
    {
        var currency = Currency.Of(row.GetString(2));
        return new SummaryLine(row.GetString(1), new Money(((decimal)row.GetInt64(3) * 1_000_000_000) + row.GetInt64(4), currency), row.GetInt64(5));
    }
}
