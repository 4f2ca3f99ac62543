using Outlay.Tests.Harness;

namespace Outlay.Tests.Http;

/// <summary>Amounts go in as people and programs write them, and come out exactly.</summary>
public sealed class AmountTests
{
    [Theory, EachEngine]
    public async Task An_amount_is_taken_as_a_number_or_a_string_and_answered_exactly(Engine engine)
    {
        await using var server = await TestServer.StartAsync(engine);
        (string Written, string Currency, string Answered)[] cases =
        [
            ("3.50", "EUR", "3.50"),
            ("\"3.50\"", "EUR", "3.50"),
            ("3.5", "EUR", "3.50"),
            ("3", "EUR", "3.00"),
            ("\" 3.5 \"", "EUR", "3.50"),
            ("0.01", "EUR", "0.01"),
            ("999999999999.99", "EUR", "999999999999.99"),
            ("90071992547.93", "EUR", "90071992547.93"),
            ("\"007.10\"", "EUR", "7.10"),
            ("1200", "JPY", "1200"),
            ("2.646", "KWD", "2.646"),
            ("2.6", "KWD", "2.600"),
        ];

        foreach (var (written, currency, answered) in cases)
        {
            var answer = await server.SendAsync("POST", "/expenses", Expense(written, currency));
            Assert.Contains($"\"amount\":{answered},", answer.MustBe(201).Body, StringComparison.Ordinal);
            var read = await server.GetAsync(answer["Location"]!);
            Assert.Contains($"\"amount\":{answered},", read.Body, StringComparison.Ordinal);
        }
    }

    [Theory, EachEngine]
    public async Task An_amount_that_is_not_exact_or_not_plain_is_refused_with_a_reason(Engine engine)
    {
        const string TooMuch = "Amount must be at most 999999999999.99";
        await using var server = await TestServer.StartAsync(engine);
        (string Written, string Currency, string Message)[] cases =
        [
            ("3.505", "EUR", "Amount has 3 decimals, and EUR has 2: amounts are never rounded"),
            ("\"3.505\"", "EUR", "Amount has 3 decimals, and EUR has 2: amounts are never rounded"),
            ("3.500", "EUR", "Amount has 3 decimals, and EUR has 2: amounts are never rounded"),
            ("3.5", "JPY", "Amount must be a whole number: JPY has no decimals"),
            ("1e3", "EUR", NotPlain("1e3")),
            ("\"1e3\"", "EUR", NotPlain("1e3")),
            ("\"NaN\"", "EUR", NotPlain("NaN")),
            ("\"Infinity\"", "EUR", NotPlain("Infinity")),
            ("\"٣\"", "EUR", NotPlain("٣")),
            ("\"1,000\"", "EUR", NotPlain("1,000")),
            ("\"1 000\"", "EUR", NotPlain("1 000", "1000")),
            ("\"+1\"", "EUR", NotPlain("+1", "1")),
            ("\"€3\"", "EUR", NotPlain("€3", "3")),
            ("\"1.2.3\"", "EUR", NotPlain("1.2.3")),
            ("\".5\"", "EUR", NotPlain(".5")),
            ("\"5.\"", "EUR", NotPlain("5.")),
            ("1234567890123456789012345678901234567890", "EUR", TooMuch),
            ("1000000000000", "EUR", TooMuch),
            ("true", "EUR", "'amount' must be a number or a string"),
            ("[3.50]", "EUR", "'amount' must be a number or a string"),
            ("0.00", "EUR", "Amount must be greater than 0"),
            ("-1", "EUR", "Amount must be greater than 0"),
        ];

        foreach (var (written, currency, message) in cases)
        {
            var answer = (await server.SendAsync("POST", "/expenses", Expense(written, currency))).MustBeProblem(400, "invalid-input");
            Assert.Equal([message], answer.ErrorsOf("amount"));
        }

        static string NotPlain(string text, string? meant = null) =>
            $"Amount is '{text}': use digits with a point before the decimals, like 3.50, and no comma, sign, exponent or currency.{(meant is null ? "" : $" Did you mean {meant}?")}";
    }

    [Theory, EachEngine]
    public async Task A_sum_needs_no_more_bits_than_it_has(Engine engine)
    {
        await using var server = await TestServer.StartAsync(engine);
        foreach (var month in Enumerable.Range(1, 12))
            await server.AddAsync($$"""{"date":"2026-{{month:D2}}-19","description":"Yacht","amount":999999999999.99}""");
        await server.AddAsync("""{"date":"2026-01-19","description":"Coffee","amount":0.01}""");

        var byTotals = await server.GetAsync("/expenses/summary");
        var byExpenses = await server.GetAsync("/expenses/summary?min=0");

        Assert.StartsWith("""{"total":11999999999999.89,"currency":"EUR","count":13,""", byTotals.Body, StringComparison.Ordinal);
        Assert.Equal(byTotals.Body, byExpenses.Body);
    }

    private static string Expense(string amount, string currency) =>
        $$"""{"date":"2026-02-19","description":"Coffee","amount":{{amount}},"currency":"{{currency}}"}""";
}
