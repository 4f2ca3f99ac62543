using System.Globalization;

namespace Outlay.Expenses;

/// <summary>What is said of an amount that is not written as one: what it was, and what was meant where that is beyond doubt.</summary>
internal static class AmountSpelling
{
    /// <summary>How much of what was written a message repeats: more than any amount has.</summary>
    private const int MaxShown = 30;

    /// <summary>What is wrong, for a person to read.</summary>
    /// <param name="currency">The currency it is in; null for one that is not known.</param>
    public static string Fault(ReadOnlySpan<char> text, Currency? currency)
    {
        var meant = Meant(text, currency) is { } amount ? $" Did you mean {amount}?" : "";
        return $"Amount is '{Shown(text)}': use digits with a point before the decimals, like 3.50, and no comma, sign, exponent or currency.{meant}";
    }

    /// <summary>The amount in the form that is taken; null when it could be another.</summary>
    private static string? Meant(ReadOnlySpan<char> text, Currency? currency)
    {
        // Whatever is longer is no amount, however it is grouped.
        if (text.Length > MaxShown)
            return null;
        var amount = Digits(WithoutCurrency(text.ToString().Trim()));
        return amount is not null && Money.IsPlain(amount) && Money.Fault(amount, currency) is null ? amount : null;
    }

    /// <summary>Without a sign or a code of a currency in front or behind, and without a plus.</summary>
    private static string WithoutCurrency(string text)
    {
        var rest = text.TrimStart('+');
        if (rest.Length > 0 && char.GetUnicodeCategory(rest[0]) is UnicodeCategory.CurrencySymbol)
            rest = rest[1..];
        else if (rest.Length > 0 && char.GetUnicodeCategory(rest[^1]) is UnicodeCategory.CurrencySymbol)
            rest = rest[..^1];
        else if (rest.Length > 3 && Currency.TryGet(rest[..3], out _))
            rest = rest[3..];
        else if (rest.Length > 3 && Currency.TryGet(rest[^3..], out _))
            rest = rest[..^3];
        return rest.Trim();
    }

    /// <summary>Takes the separators of thousands out, and puts a point before the decimals; null when nobody can tell which is which.</summary>
    private static string? Digits(string text)
    {
        var marks = string.Concat(text.Where(c => !char.IsAsciiDigit(c)));
        if (marks.Any(mark => mark is not ('.' or ',' or '\'' or ' ' or '\u00a0' or '\u202f')))
            return null;
        // The last mark stands before the decimals if it stands there once, and is a point or a comma.
        var hasDecimals = marks.Length > 0 && marks[^1] is '.' or ',' && marks.IndexOf(marks[^1]) == marks.Length - 1;
        var end = hasDecimals ? text.LastIndexOf(marks[^1]) : text.Length;
        var (whole, decimals) = (text[..end], hasDecimals ? text[(end + 1)..] : "");
        var groups = hasDecimals ? marks[..^1] : marks;
        // 1,200 is a thousand to some, and a little more than one to others.
        if (groups.Length == 0 && marks is "," && decimals.Length == 3)
            return null;
        if (groups.Distinct().Count() > 1 || !IsGrouped(whole.Split(groups.Length > 0 ? groups[0] : ',')))
            return null;
        return string.Concat(whole.Where(char.IsAsciiDigit)) + (hasDecimals ? $".{decimals}" : "");
    }

    private static bool IsGrouped(string[] groups) =>
        groups.Length == 1 || (groups[0].Length is > 0 and <= 3 && groups.Skip(1).All(group => group.Length == 3));

    private static string Shown(ReadOnlySpan<char> text) =>
        PlainText.Line(text.Length <= MaxShown ? text.ToString() : $"{text[..(char.IsHighSurrogate(text[MaxShown - 1]) ? MaxShown - 1 : MaxShown)]}…");
}
