using Outlay.Storage;

namespace Outlay.Expenses;

/// <summary>Which expenses of an owner are meant. Everything that is null does not narrow.</summary>
internal sealed record ExpenseFilter
{
    public DateOnly? From { get; init; }

    /// <summary>The last day, included.</summary>
    public DateOnly? To { get; init; }

    public Label? Category { get; init; }

    public Label? Tag { get; init; }

    /// <summary>Text that description or notes contain, in capitals or not.</summary>
    public string? Text { get; init; }

    /// <summary>The smallest amount, included, each expense measured in its own currency.</summary>
    public decimal? Min { get; init; }

    /// <summary>The largest amount, included, each expense measured in its own currency.</summary>
    public decimal? Max { get; init; }

    public Currency? Currency { get; init; }

    /// <summary>What lies in the trash instead of what counts.</summary>
    public bool InTrash { get; init; }

    /// <summary>Narrows a statement that selects from <c>expenses e</c>.</summary>
    public Sql ApplyTo(Sql sql, string owner)
    {
        sql.Append(" where e.owner = @owner").With("@owner", owner);
        sql.Append(InTrash ? " and e.deleted_at is not null" : " and e.deleted_at is null");
        if (From is { } from)
            sql.Append(" and e.date >= @from").With("@from", from);
        if (To is { } to)
            sql.Append(" and e.date <= @to").With("@to", to);
        if (Category is { } category)
            sql.Append(" and e.category_key = @category").With("@category", category.Key);
        if (Tag is { } tag)
            sql.Append(" and exists (select 1 from expense_tags f where f.expense_id = e.id and f.tag_key = @tag)").With("@tag", tag.Key);
        if (Text is { } text)
            sql.Append(@" and e.search_text like @text escape '\'").With("@text", $"%{EscapeLike(Label.Fold(text))}%");
        if (Currency is { } currency)
            sql.Append(" and e.currency = @currency").With("@currency", currency.Code);
        if (Min is { } min)
            AppendBound(sql, ">=", "@min", units => decimal.Ceiling(min * units));
        if (Max is { } max)
            AppendBound(sql, "<=", "@max", units => decimal.Floor(max * units));
        return sql;
    }

    /// <summary>The same amount is another number of minor units in each kind of currency.</summary>
    private static void AppendBound(Sql sql, string comparison, string name, Func<int, decimal> bound)
    {
        sql.Append($" and e.amount {comparison} case when e.currency in ({CodesWith(0)}) then {name}0 when e.currency in ({CodesWith(3)}) then {name}3 else {name}2 end");
        foreach (var (decimals, units) in new[] { (0, 1), (2, 100), (3, 1000) })
            sql.With($"{name}{decimals}", (long)Math.Clamp(bound(units), 0, Money.MaxMinor + 1));
    }

    private static string CodesWith(int decimals) =>
        string.Join(", ", Currency.All.Where(currency => currency.Decimals == decimals).Select(currency => $"'{currency.Code}'"));

    private static string EscapeLike(string text) =>
        text.Replace(@"\", @"\\", StringComparison.Ordinal).Replace("%", @"\%", StringComparison.Ordinal).Replace("_", @"\_", StringComparison.Ordinal);
}

/// <summary>A place in a list that runs by (date, id) descending: the last expense that was seen.</summary>
internal readonly record struct ExpenseCursor(DateOnly Date, long Id)
{
    public override string ToString() => $"{ExpenseRules.FormatDate(Date)}.{Id}";

    public static bool TryParse(string text, out ExpenseCursor cursor)
    {
        cursor = default;
        var point = text.IndexOf('.');
        if (point < 0 || !ExpenseRules.TryParseDate(text.AsSpan(0, point), out var date) ||
            !long.TryParse(text.AsSpan(point + 1), System.Globalization.NumberStyles.None, null, out var id))
            return false;
        cursor = new ExpenseCursor(date, id);
        return true;
    }
}

/// <summary>Some expenses of a list, and where the next ones begin; null after the last.</summary>
internal sealed record ExpensePage(IReadOnlyList<Expense> Expenses, ExpenseCursor? Next);
