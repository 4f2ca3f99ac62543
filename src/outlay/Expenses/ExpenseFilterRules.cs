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
    /// <param name="called">What the one who wrote it calls a name; null when that is the name itself.</param>
    public static ExpenseFilter Read(Func<string, string?> value, Faults faults, Func<string, string>? called = null)
    {
        var filter = new ExpenseFilter
        {
            From = Date(Field("from"), faults),
            To = Date(Field("to"), faults),
            Category = Label(Field("category"), faults),
            Tag = Label(Field("tag"), faults),
            Text = Text(Field("q"), faults),
            Min = Bound(Field("min"), faults),
            Max = Bound(Field("max"), faults),
            Currency = ReadCurrency(Field("currency"), faults),
        };
        if (filter.From > filter.To)
            faults.Add(Called("from"), $"'{Called("from")}' must not be after '{Called("to")}'");
        if (filter.Min > filter.Max)
            faults.Add(Called("min"), $"'{Called("min")}' must not be greater than '{Called("max")}'");
        return filter;

        string Called(string name) => called?.Invoke(name) ?? name;

        FilterField Field(string name) => new(Called(name), value(name));
    }

    private static DateOnly? Date(FilterField field, Faults faults)
    {
        if (field.Text is not { } text)
            return null;
        if (ExpenseRules.TryParseDate(text, out var date))
            return date;
        faults.Add(field.Name, ExpenseRules.DateFault(text));
        return null;
    }

    private static Label? Label(FilterField field, Faults faults)
    {
        if (field.Text is not { } text)
            return null;
        if (string.IsNullOrWhiteSpace(text))
            faults.Add(field.Name, $"'{field.Name}' must not be empty");
        return ExpenseRules.CheckLabel(field.Name, $"'{field.Name}'", text, faults);
    }

    private static string? Text(FilterField field, Faults faults)
    {
        if (field.Text is not { } text)
            return null;
        if (text.Length == 0)
            faults.Add(field.Name, $"'{field.Name}' must not be empty");
        ExpenseRules.CheckText(field.Name, $"'{field.Name}'", text, MaxTextLength, allowLines: true, faults);
        return text;
    }

    private static decimal? Bound(FilterField field, Faults faults)
    {
        if (field.Text is not { } text)
            return null;
        if (text.Length <= 20 && decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var bound) && bound.Scale <= Expenses.Currency.MaxDecimals)
            return bound;
        faults.Add(field.Name, $"'{field.Name}' must be an amount like 3.50, with at most {Expenses.Currency.MaxDecimals} decimals");
        return null;
    }

    private static Currency? ReadCurrency(FilterField field, Faults faults)
    {
        if (field.Text is not { } code)
            return null;
        if (Currency.TryGet(code, out var currency))
            return currency;
        faults.Add(field.Name, "Currency must be a code of ISO 4217, like EUR, USD or JPY");
        return null;
    }

    /// <summary>One condition as it was written.</summary>
    /// <param name="Name">What messages call it.</param>
    private readonly record struct FilterField(string Name, string? Text);
}
