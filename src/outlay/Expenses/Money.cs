using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Outlay.Expenses;

/// <summary>
/// An exact amount in one currency, counted in its minor unit (cents for EUR, yen for JPY). No binary float is involved
/// anywhere, nothing is ever rounded, and amounts of two currencies do not add up.
/// </summary>
/// <param name="Minor">
/// Minor units, a whole number of up to 28 digits, so that a sum of any number of expenses fits. Not Int128: nothing that holds one
/// can be compiled ahead of time, and a verb would spend a fifth of its time on compiling it.
/// </param>
/// <param name="Currency">The currency that gives the minor unit its size.</param>
internal readonly record struct Money(decimal Minor, Currency Currency)
{
    /// <summary>The largest amount of one expense, in minor units: 999,999,999,999.99 with two decimals.</summary>
    public const long MaxMinor = 99_999_999_999_999;

    /// <summary>The digits of <see cref="MaxMinor"/> in a currency without decimals: no currency takes more before the point.</summary>
    private const int MaxWholeDigits = 14;

    /// <summary>The minor units of one expense, which the validator keeps within 64 bits.</summary>
    public long Units => (long)Minor;

    public static Money Zero(Currency currency) => new(0, currency);

    /// <summary>Adds two amounts of one currency. Throws <see cref="InvalidOperationException"/> for two currencies.</summary>
    public static Money operator +(Money left, Money right) =>
        left.Currency == right.Currency
            ? left with { Minor = left.Minor + right.Minor }
            : throw new InvalidOperationException($"{left.Currency} and {right.Currency} do not add up.");

    /// <summary>
    /// Reads an amount of an expense: ASCII digits, then at most as many decimals as the currency has behind a point.
    /// </summary>
    /// <param name="text">What was written, for example <c>3.50</c>.</param>
    /// <param name="currency">The currency it is in.</param>
    /// <param name="money">The amount, greater than zero and at most <see cref="MaxMinor"/>.</param>
    /// <param name="fault">What is wrong, for a person to read; null when the amount is good.</param>
    public static bool TryParse(ReadOnlySpan<char> text, Currency currency, out Money money, [NotNullWhen(false)] out string? fault)
    {
        money = Zero(currency);
        fault = Fault(text, currency);
        if (fault is not null)
            return false;

        var point = text.IndexOf('.');
        var whole = point < 0 ? text : text[..point];
        var decimals = point < 0 ? [] : text[(point + 1)..];
        var minor = Digits(whole) * currency.UnitsPerWhole;
        minor += Digits(decimals) * Scale(currency.Decimals - decimals.Length);

        if (minor > MaxMinor)
            fault = TooLarge(currency);
        money = new Money(minor, currency);
        return fault is null;
    }

    /// <summary>Writes the amount exactly, with all decimals of the currency and a point: <c>3.50</c>, <c>1200</c>, <c>2.646</c>.</summary>
    public override string ToString() => (Minor * Currency.MinorUnit).ToString($"F{Currency.Decimals}", CultureInfo.InvariantCulture);

    /// <summary>What is wrong with an amount as it is written, for a person to read; null when nothing is.</summary>
    /// <param name="text">What was written.</param>
    /// <param name="currency">The currency it is in; null for one that is not known, where only what no currency allows is wrong.</param>
    public static string? Fault(ReadOnlySpan<char> text, Currency? currency)
    {
        if (text is ['-', .. var rest] && IsPlain(rest))
            return "Amount must be greater than 0";
        if (!IsPlain(text))
            return AmountSpelling.Fault(text, currency);

        var point = text.IndexOf('.');
        var decimals = point < 0 ? 0 : text.Length - point - 1;
        if (decimals > (currency?.Decimals ?? Currency.MaxDecimals))
            return currency switch
            {
                null => $"Amount has {decimals} decimals, and no currency has more than {Currency.MaxDecimals}: amounts are never rounded",
                { Decimals: 0 } => $"Amount must be a whole number: {currency} has no decimals",
                _ => $"Amount has {decimals} decimals, and {currency} has {currency.Decimals}: amounts are never rounded",
            };
        if (!text.ContainsAnyInRange('1', '9'))
            return "Amount must be greater than 0";

        var whole = (point < 0 ? text : text[..point]).TrimStart('0');
        return whole.Length > MaxWholeDigits ? TooLarge(currency) : null;
    }

    private static string TooLarge(Currency? currency) =>
        $"Amount must be at most {(currency is null ? $"{MaxMinor}" : new Money(MaxMinor, currency).ToString())}";

    /// <summary>Whether it is digits, with or without a point among them.</summary>
    public static bool IsPlain(ReadOnlySpan<char> text)
    {
        var point = text.IndexOf('.');
        if (point < 0)
            return !text.IsEmpty && !text.ContainsAnyExceptInRange('0', '9');
        var decimals = text[(point + 1)..];
        return !decimals.Contains('.') && IsPlain(text[..point]) && IsPlain(decimals);
    }

    private static long Digits(ReadOnlySpan<char> text) =>
        text.IsEmpty ? 0 : long.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);

    private static int Scale(int missingDecimals) => missingDecimals switch { <= 0 => 1, 1 => 10, 2 => 100, _ => 1000 };
}
