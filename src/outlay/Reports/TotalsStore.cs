using System.Data.Common;
using Outlay.Expenses;
using Outlay.Storage;

namespace Outlay.Reports;

/// <summary>What a transaction does to the totals: collected while it works, applied once at its end.</summary>
internal sealed class TotalsChange
{
    private readonly SortedDictionary<TotalsKey, Delta> _deltas = [];

    /// <summary>The keys in one order that all transactions follow, so that two of them never wait for each other.</summary>
    public IEnumerable<(TotalsKey Key, Delta Delta)> Deltas => _deltas.Select(entry => (entry.Key, entry.Value));

    public TotalsChange Add(ExpenseContent content) => Count(content, 1);

    public TotalsChange Remove(ExpenseContent content) => Count(content, -1);

    private TotalsChange Count(ExpenseContent content, int sign)
    {
        var key = new TotalsKey(TotalsKey.MonthOf(content.Date), content.Amount.Currency.Code, content.CategoryKey);
        var delta = _deltas.GetValueOrDefault(key) ?? new Delta(content.Category?.Text, 0, 0);
        _deltas[key] = delta with { Amount = delta.Amount + (sign * content.Amount.Minor), Count = delta.Count + sign };
        return this;
    }

    internal sealed record Delta(string? Category, Int128 Amount, long Count);
}

/// <summary>What one row of the totals adds up.</summary>
/// <param name="Month">YYYY-MM.</param>
internal readonly record struct TotalsKey(string Month, string Currency, string CategoryKey) : IComparable<TotalsKey>
{
    public static string MonthOf(DateOnly date) => ExpenseRules.FormatDate(date)[..7];

    public int CompareTo(TotalsKey other) =>
        string.CompareOrdinal(Month, other.Month) is var months and not 0 ? months
        : string.CompareOrdinal(Currency, other.Currency) is var currencies and not 0 ? currencies
        : string.CompareOrdinal(CategoryKey, other.CategoryKey);
}

/// <summary>Every SQL statement that keeps and checks the totals.</summary>
internal static class TotalsStore
{
    /// <summary>Brings the totals up to date, within the transaction of the change itself.</summary>
    public static async Task ApplyAsync(DbConnection connection, string owner, TotalsChange change, CancellationToken token)
    {
        foreach (var (key, delta) in change.Deltas)
        {
            if (delta is { Count: 0 } && delta.Amount == 0)
                continue;
            if (Int128.Abs(delta.Amount) > long.MaxValue)
                throw new AppException(ErrorCode.LimitExceeded, $"The expenses of {key.Month} in {key.Currency} add up to more than 64 bits hold.");
            await new Sql(
                """
                insert into totals (owner, month, currency, category_key, category, amount, count)
                values (@owner, @month, @currency, @categoryKey, @category, @amount, @count)
                on conflict (owner, month, currency, category_key)
                do update set amount = totals.amount + excluded.amount, count = totals.count + excluded.count
                """)
                .With("@owner", owner).With("@month", key.Month).With("@currency", key.Currency)
                .With("@categoryKey", key.CategoryKey).With("@category", delta.Category)
                .With("@amount", (long)delta.Amount).With("@count", delta.Count)
                .ExecuteAsync(connection, token);
        }
    }
}
