using System.Globalization;
using FsCheck;
using FsCheck.Fluent;
using Outlay.Expenses;

namespace Outlay.Tests.Expenses;

public sealed class MoneyTests
{
    private static readonly Currency s_eur = Currency.Of("EUR");

    [Theory]
    [InlineData("3.50", "EUR", 350)]
    [InlineData("3.5", "EUR", 350)]
    [InlineData("3", "EUR", 300)]
    [InlineData("0003.50", "EUR", 350)]
    [InlineData("0.01", "EUR", 1)]
    [InlineData("1200", "JPY", 1200)]
    [InlineData("2.646", "KWD", 2646)]
    [InlineData("2.6", "KWD", 2600)]
    public void Reads_an_amount_exactly(string text, string currency, long minor) =>
        Assert.Equal(new Money(minor, Currency.Of(currency)), Parse(text, Currency.Of(currency)));

    [Theory]
    [InlineData("1e3")]
    [InlineData("1E3")]
    [InlineData("NaN")]
    [InlineData("Infinity")]
    [InlineData("٣")]
    [InlineData("３")]
    [InlineData("½")]
    [InlineData("1,000")]
    [InlineData("3,50")]
    [InlineData("1_000")]
    [InlineData("1 000")]
    [InlineData("+1")]
    [InlineData("--1")]
    [InlineData("0x10")]
    [InlineData(".5")]
    [InlineData("3.")]
    [InlineData(".")]
    [InlineData("1.2.3")]
    [InlineData("€3")]
    [InlineData("")]
    public void Cannot_read_what_is_not_plain_digits(string text) =>
        Assert.StartsWith($"Amount is '{text}': use digits with a point before the decimals, like 3.50,", Fault(text, s_eur), StringComparison.Ordinal);

    [Theory]
    [InlineData("3,50", "3.50")]
    [InlineData("3,5", "3.5")]
    [InlineData("3.50€", "3.50")]
    [InlineData("€ 3.50", "3.50")]
    [InlineData("$3.50", "3.50")]
    [InlineData("3,50 EUR", "3.50")]
    [InlineData("usd 3.50", "3.50")]
    [InlineData("+3.50", "3.50")]
    [InlineData("1,200.50", "1200.50")]
    [InlineData("1.200,50", "1200.50")]
    [InlineData("1'200.50", "1200.50")]
    [InlineData("1\u00a0200,50", "1200.50")]
    [InlineData("1 200", "1200")]
    [InlineData("1,200,000", "1200000")]
    [InlineData("1.200.000", "1200000")]
    // A thousand and two hundred, or one and a fifth.
    [InlineData("1,200", null)]
    [InlineData("1,200 EUR", null)]
    [InlineData("12,34.50", null)]
    [InlineData("1,20,300", null)]
    [InlineData("1,200'300.50", null)]
    [InlineData("3,505", null)]
    [InlineData("3,", null)]
    [InlineData(",5", null)]
    [InlineData("0,00", null)]
    [InlineData("-3,50", null)]
    [InlineData("3.50 beer", null)]
    [InlineData("€", null)]
    [InlineData("EUR", null)]
    [InlineData("999,999,999,999,999", null)]
    public void Offers_the_amount_that_was_meant_where_there_is_no_doubt(string text, string? meant) =>
        Assert.EndsWith(meant is null ? "exponent or currency." : $"exponent or currency. Did you mean {meant}?", Fault(text, s_eur), StringComparison.Ordinal);

    [Fact]
    public void A_message_repeats_no_more_than_an_amount_can_have_and_nothing_that_a_terminal_obeys()
    {
        Assert.StartsWith($"Amount is '{new string('9', 28)},5…': use", Fault($"{new string('9', 28)},500000000000", s_eur), StringComparison.Ordinal);
        Assert.StartsWith("Amount is '3 [31m,50': use", Fault("3\u001b[31m,50", s_eur), StringComparison.Ordinal);
        Assert.Equal("Amount must be at most 999999999999.99", Fault(new string('9', 40), s_eur));
    }

    [Theory]
    [InlineData("0")]
    [InlineData("0.00")]
    [InlineData("-1")]
    [InlineData("-3.50")]
    public void Cannot_read_an_amount_that_is_not_greater_than_zero(string text) =>
        Assert.Equal("Amount must be greater than 0", Fault(text, s_eur));

    [Theory]
    [InlineData("3.505", "EUR", "Amount has 3 decimals, and EUR has 2: amounts are never rounded")]
    [InlineData("3.500", "EUR", "Amount has 3 decimals, and EUR has 2: amounts are never rounded")]
    [InlineData("3.5", "JPY", "Amount must be a whole number: JPY has no decimals")]
    [InlineData("0.0001", "BHD", "Amount has 4 decimals, and BHD has 3: amounts are never rounded")]
    public void Refuses_more_decimals_than_the_currency_has(string text, string currency, string fault) =>
        Assert.Equal(fault, Fault(text, Currency.Of(currency)));

    [Theory]
    [InlineData("EUR", "999999999999.99", "1000000000000")]
    [InlineData("JPY", "99999999999999", "100000000000000")]
    [InlineData("KWD", "99999999999.999", "100000000000.000")]
    public void Takes_the_largest_amount_and_no_more(string code, string largest, string tooLarge)
    {
        var currency = Currency.Of(code);

        Assert.Equal(Money.MaxMinor, Parse(largest, currency).Units);
        Assert.Equal($"Amount must be at most {largest}", Fault(tooLarge, currency));
        Assert.Equal($"Amount must be at most {largest}", Fault(new string('9', 40), currency));
    }

    [Fact]
    public void Every_currency_counts_in_its_own_minor_unit()
    {
        Assert.All(Currency.All, currency =>
        {
            var smallest = new Money(1, currency).ToString();

            Assert.Equal(currency.Decimals switch { 0 => "1", 2 => "0.01", 3 => "0.001", _ => "" }, smallest);
            Assert.Equal(1, Parse(smallest, currency).Units);
            Assert.Equal(currency.UnitsPerWhole, Parse("1", currency).Units);
            Assert.NotNull(Fault($"{smallest}{(currency.Decimals == 0 ? ".1" : "1")}", currency));
        });
    }

    [Fact]
    public void Knows_the_currencies_of_ISO_4217_in_capitals_or_not()
    {
        Assert.True(Currency.All.Count > 170);
        Assert.True(Currency.TryGet("usd", out var usd));
        Assert.Equal("USD", usd.Code);
        Assert.False(Currency.TryGet("XXX", out _));
        Assert.False(Currency.TryGet("€", out _));
    }

    [Fact]
    public void Reading_what_was_written_gives_the_same_amount()
    {
        var amounts = from currency in Gen.Elements(Currency.All.AsEnumerable())
                      from high in Gen.Choose(0, 9_999_999)
                      from low in Gen.Choose(0, 9_999_999)
                      from size in Gen.Elements(1L, 1_000, 1_000_000, 1_000_000_000, Money.MaxMinor)
                      select new Money((((high * 10_000_000L) + low) % size) + 1, currency);

        Prop.ForAll(amounts.ToArbitrary(), money => Parse(money.ToString(), money.Currency) == money).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Any_text_is_read_exactly_or_refused_with_a_reason()
    {
        var texts = Gen.Elements("0123456789.-+eE,_ x٣".ToCharArray()).ArrayOf().Select(letters => new string(letters));

        Prop.ForAll(texts.ToArbitrary(), text =>
        {
            if (Money.TryParse(text, s_eur, out var money, out var fault))
                Assert.Equal(decimal.Parse(text, CultureInfo.InvariantCulture), (decimal)money.Units / 100);
            else
                Assert.NotEmpty(fault);
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Amounts_of_one_currency_add_up_beyond_64_bits()
    {
        var largest = new Money(long.MaxValue, s_eur);

        Assert.Equal("184467440737095516.14", (largest + largest).ToString());
        Assert.Equal("-0.05", new Money(-5, s_eur).ToString());
    }

    [Fact]
    public void Amounts_of_two_currencies_do_not_add_up()
    {
        var euro = new Money(100, s_eur);
        var dollar = new Money(100, Currency.Of("USD"));

        Assert.Throws<InvalidOperationException>(() => euro + dollar);
        Assert.NotEqual(euro, dollar);
    }

    private static Money Parse(string text, Currency currency)
    {
        Assert.True(Money.TryParse(text, currency, out var money, out var fault), fault);
        return money;
    }

    private static string? Fault(string text, Currency currency)
    {
        Assert.False(Money.TryParse(text, currency, out _, out var fault));
        return fault;
    }
}
