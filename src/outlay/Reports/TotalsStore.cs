using System.Data.Common;
using Outlay.Expenses;
using Outlay.Storage;

namespace Outlay.Reports;

/// <summary>What a transaction does to the totals: collected while it works, applied once at its end.</summary>
internal sealed class TotalsChange
{
    private readonly Dictionary<TotalsKey, Delta> _deltas = [];

    /// <summary>The keys in one order that all transactions follow, so that two of them never wait for each other.</summary>
    public IEnumerable<(TotalsKey Key, Delta Delta)> Deltas => _deltas.OrderBy(entry => entry.Key).Select(entry => (entry.Key, entry.Value));

    public TotalsChange Add(ExpenseContent content) => Count(content, 1);

    public TotalsChange Remove(ExpenseContent content) => Count(content, -1);

    private TotalsChange Count(ExpenseContent content, int sign)
    {
        foreach (var month in (string[])[TotalsKey.AllMonths, TotalsKey.MonthOf(content.Date)])
        {
            var key = new TotalsKey(month, content.Amount.Currency.Code, content.CategoryKey);
            var delta = _deltas.GetValueOrDefault(key) ?? new Delta(null, 0, 0);
            _deltas[key] = new Delta(sign > 0 ? content.Category?.Text : delta.Category, delta.Amount + (sign * content.Amount.Minor), delta.Count + sign);
        }

        return this;
    }

    internal sealed record Delta(string? Category, decimal Amount, long Count);
}

/// <summary>What one row of the totals adds up.</summary>
/// <param name="Month">YYYY-MM, or <see cref="AllMonths"/>.</param>
internal sealed record TotalsKey(string Month, string Currency, string CategoryKey) : IComparable<TotalsKey>
{
    /// <summary>Stands for all months together, so that a sum over the whole history does not read one row per month.</summary>
    public const string AllMonths = "";

    public static string MonthOf(DateOnly date) => ExpenseRules.FormatDate(date)[..7];

    public int CompareTo(TotalsKey? other) =>
        other is null ? 1
        : string.CompareOrdinal(Month, other.Month) is var months and not 0 ? months
        : string.CompareOrdinal(Currency, other.Currency) is var currencies and not 0 ? currencies
        : string.CompareOrdinal(CategoryKey, other.CategoryKey);
}

/// <summary>Every SQL statement that keeps and checks the totals.</summary>
internal static class TotalsStore
{
    /// <summary>The totals as they follow from the expenses.</summary>
    private const string Recompute =
        $"""
        with monthly as (
            select owner, substr(cast(date as text), 1, 7) as month, currency, category_key, min(category) as category,
                   cast(sum(amount) as bigint) as amount, count(*) as count
            from expenses where deleted_at is null
            group by owner, substr(cast(date as text), 1, 7), currency, category_key)
        select owner, month, currency, category_key, category, amount, count from monthly
        union all
        select owner, '{TotalsKey.AllMonths}', currency, category_key, min(category), cast(sum(amount) as bigint), cast(sum(count) as bigint)
        from monthly group by owner, currency, category_key
        """;

    /// <summary>Brings the totals up to date, within the transaction of the change itself.</summary>
    public static async Task ApplyAsync(DbConnection connection, string owner, TotalsChange change, CancellationToken token)
    {
        foreach (var (key, delta) in change.Deltas)
        {
            if (decimal.Abs(delta.Amount) > long.MaxValue)
                throw new AppException(ErrorCode.LimitExceeded, "The total of one category and currency would exceed 64 bits.");
            await new Sql(
                """
                insert into totals (owner, month, currency, category_key, category, amount, count)
                values (@owner, @month, @currency, @categoryKey, @category, @amount, @count)
                on conflict (owner, month, currency, category_key)
                do update set amount = totals.amount + excluded.amount, count = totals.count + excluded.count,
                    category = coalesce(excluded.category, totals.category)
                """)
                .With("@owner", owner).With("@month", key.Month).With("@currency", key.Currency)
                .With("@categoryKey", key.CategoryKey).With("@category", delta.Category)
                .With("@amount", (long)delta.Amount).With("@count", delta.Count)
                .ExecuteAsync(connection, token);
        }
    }

    /// <summary>How many expenses there are, and how many of them are in the trash.</summary>
    public static async Task<(long All, long InTrash)> CountAsync(DbConnection connection, CancellationToken token) =>
        (await new Sql("select count(*), count(deleted_at) from expenses").WithoutLimit()
            .ListAsync(connection, row => (row.GetInt64(0), row.GetInt64(1)), token))[0];

    /// <summary>Every row of the totals that the expenses do not add up to, of every owner, at one moment.</summary>
    public static Task<List<TotalsMismatch>> CompareAsync(DbConnection connection, CancellationToken token) =>
        new Sql(
            $"""
            with recomputed as ({Recompute})
            select coalesce(k.owner, r.owner), coalesce(k.month, r.month), coalesce(k.currency, r.currency),
                   coalesce(k.category_key, r.category_key), k.amount, coalesce(k.count, 0), r.amount, coalesce(r.count, 0)
            from (select * from totals where count <> 0 or amount <> 0) k
            full join recomputed r on r.owner = k.owner and r.month = k.month and r.currency = k.currency and r.category_key = k.category_key
            where k.amount is null or r.amount is null or k.amount <> r.amount or k.count <> r.count
            order by 1, 2, 3, 4
            """).WithoutLimit().ListAsync(connection, ReadMismatch, token);

    /// <summary>Replaces the totals by what the expenses add up to.</summary>
    /// <returns>How many rows there are now.</returns>
    public static async Task<int> RebuildAsync(DbConnection connection, CancellationToken token)
    {
        await new Sql("delete from totals").WithoutLimit().ExecuteAsync(connection, token);
        return await new Sql($"insert into totals (owner, month, currency, category_key, category, amount, count) {Recompute}")
            .WithoutLimit().ExecuteAsync(connection, token);
    }

    private static TotalsMismatch ReadMismatch(DbDataReader row)
    {
        var key = new TotalsKey(row.GetString(1), row.GetString(2), row.GetString(3));
        var currency = Currency.Of(key.Currency);
        return new TotalsMismatch(row.GetString(0), key, ReadMoney(row, 4, currency), row.GetInt64(5), ReadMoney(row, 6, currency), row.GetInt64(7));
    }

    private static Money? ReadMoney(DbDataReader row, int column, Currency currency) =>
        row.IsDBNull(column) ? null : new Money(row.GetInt64(column), currency);
}
