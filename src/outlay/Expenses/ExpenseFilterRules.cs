using System.Globalization;

namespace Outlay.Expenses;

/// <summary>Reads a filter as somebody wrote it: query parameters and CLI options have the same names and the same rules.</summary>
internal static class ExpenseFilterRules
{
    /// <summary>The names that a filter takes.</summary>
    public static readonly IReadOnlyList<string> Names = ["from", "to", "category", "tag", "q", "min", "max", "currency"];

    public const int MaxTextLength = 100;

    /// <summary>Reads a filter; adds what is wrong to <paramref name="faults"/>.</summary>
    /// <param name="value">What was written for a name; null when nothing was.</param>
    public static ExpenseFilter Read(Func<string, string?> value, Faults faults)
    {
        var filter = new ExpenseFilter
        {
            From = Date("from", value, faults),
            To = Date("to", value, faults),
            Category = Label("category", value, faults),
            Tag = Label("tag", value, faults),
            Text = Text(value, faults),
            Min = Bound("min", value, faults),
            Max = Bound("max", value, faults),
            Currency = ReadCurrency(value, faults),
        };
        if (filter.From > filter.To)
            faults.Add("from", "'from' must not be after 'to'");
        if (filter.Min > filter.Max)
            faults.Add("min", "'min' must not be greater than 'max'");
        return filter;
    }

    private static DateOnly? Date(string name, Func<string, string?> value, Faults faults)
    {
        if (value(name) is not { } text)
            return null;
        if (ExpenseRules.TryParseDate(text, out var date))
            return date;
        faults.Add(name, ExpenseRules.DateFault(text));
        return null;
    }

    private static Label? Label(string name, Func<string, string?> value, Faults faults)
    {
        if (value(name) is not { } text)
            return null;
        if (string.IsNullOrWhiteSpace(text))
            faults.Add(name, $"'{name}' must not be empty");
        return ExpenseRules.CheckLabel(name, $"'{name}'", text, faults);
    }

    private static string? Text(Func<string, string?> value, Faults faults)
    {
        if (value("q") is not { } text)
            return null;
        if (text.Length == 0)
            faults.Add("q", "'q' must not be empty");
        ExpenseRules.CheckText("q", "'q'", text, MaxTextLength, allowLines: true, faults);
        return text;
    }

    private static decimal? Bound(string name, Func<string, string?> value, Faults faults)
    {
        if (value(name) is not { } text)
            return null;
        if (text.Length <= 20 && decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var bound) && bound.Scale <= Expenses.Currency.MaxDecimals)
            return bound;
        faults.Add(name, $"'{name}' must be an amount like 3.50, with at most {Expenses.Currency.MaxDecimals} decimals");
        return null;
    }

    private static Currency? ReadCurrency(Func<string, string?> value, Faults faults)
    {
        if (value("currency") is not { } code)
            return null;
        if (Currency.TryGet(code, out var currency))
            return currency;
        faults.Add("currency", "Currency must be a code of ISO 4217, like EUR, USD or JPY");
        return null;
    }
}
