using Outlay.Expenses;
using Outlay.Tests.Harness;

namespace Outlay.Tests.Http;

/// <summary>Where the money went.</summary>
public sealed class SummaryTests
{
    private static readonly string[] s_book =
    [
        """{"date":"2026-01-01","description":"Rent","amount":900,"category":"Home"}""",
        """{"date":"2026-01-31","description":"Coffee","amount":3.50,"category":"Food","tags":["work"]}""",
        """{"date":"2026-02-01","description":"Tea","amount":4.20,"category":"Food"}""",
        """{"date":"2026-02-01","description":"Ramen","amount":1200,"currency":"JPY","category":"Food","tags":["trip","work"]}""",
        """{"date":"2026-02-28","description":"Dates","amount":2.646,"currency":"KWD","tags":["trip"]}""",
    ];

    [Theory, EachEngine]
    public async Task A_word_in_Greek_capitals_is_the_same_category(Engine engine)
    {
        await using var server = await TestServer.StartAsync(engine);
        foreach (var category in new[] { "Φόρος", "ΦΌΡΟΣ" })
            await server.AddAsync($$"""{"date":"2026-02-19","description":"Tax","amount":3.50,"category":"{{category}}"}""");

        Assert.Equal(1, (await server.GetAsync("/expenses/summary?group_by=category")).Json.GetProperty("groups").GetArrayLength());
        Assert.Equal(2, (await server.GetAsync("/expenses?category=φόρος")).Json.GetArrayLength());
    }

    [Theory, EachEngine]
    public async Task A_book_is_summed_up_by_currency_and_by_what_is_asked_for(Engine engine)
    {
        const string Whole =
            """{"total":907.70,"currency":"EUR","count":3,"totals":[{"currency":"EUR","total":907.70,"count":3},{"currency":"JPY","total":1200,"count":1},{"currency":"KWD","total":2.646,"count":1}]""";
        await using var server = await StartAsync(engine);
        (string Query, string Body)[] cases =
        [
            ("", $"{Whole}}}"),
            ("group_by=month", $$"""{{Whole}},"groups":[{"key":"2026-01","currency":"EUR","total":903.50,"count":2},{"key":"2026-02","currency":"EUR","total":4.20,"count":1},{"key":"2026-02","currency":"JPY","total":1200,"count":1},{"key":"2026-02","currency":"KWD","total":2.646,"count":1}]}"""),
            ("group_by=category", $$"""{{Whole}},"groups":[{"key":"Food","currency":"EUR","total":7.70,"count":2},{"key":"Food","currency":"JPY","total":1200,"count":1},{"key":"Home","currency":"EUR","total":900.00,"count":1},{"key":"uncategorised","currency":"KWD","total":2.646,"count":1}]}"""),
            ("group_by=tag", $$"""{{Whole}},"groups":[{"key":"trip","currency":"JPY","total":1200,"count":1},{"key":"trip","currency":"KWD","total":2.646,"count":1},{"key":"work","currency":"EUR","total":3.50,"count":1},{"key":"work","currency":"JPY","total":1200,"count":1}]}"""),
            ("group_by=currency", $$"""{{Whole}},"groups":[{"key":"EUR","currency":"EUR","total":907.70,"count":3},{"key":"JPY","currency":"JPY","total":1200,"count":1},{"key":"KWD","currency":"KWD","total":2.646,"count":1}]}"""),
            ("from=2026-02-01", """{"total":4.20,"currency":"EUR","count":1,"totals":[{"currency":"EUR","total":4.20,"count":1},{"currency":"JPY","total":1200,"count":1},{"currency":"KWD","total":2.646,"count":1}]}"""),
            ("to=2026-01-30", """{"total":900.00,"currency":"EUR","count":1,"totals":[{"currency":"EUR","total":900.00,"count":1}]}"""),
            ("category=food&currency=JPY", """{"total":1200,"currency":"JPY","count":1,"totals":[{"currency":"JPY","total":1200,"count":1}]}"""),
            ("tag=trip&group_by=month", """{"total":0.00,"currency":"EUR","count":0,"totals":[{"currency":"JPY","total":1200,"count":1},{"currency":"KWD","total":2.646,"count":1}],"groups":[{"key":"2026-02","currency":"JPY","total":1200,"count":1},{"key":"2026-02","currency":"KWD","total":2.646,"count":1}]}"""),
            ("q=nothing&group_by=tag", """{"total":0.00,"currency":"EUR","count":0,"totals":[],"groups":[]}"""),
        ];

        foreach (var (query, body) in cases)
        {
            var answer = (await server.GetAsync($"/expenses/summary?{query}")).MustBe(200);
            Assert.Equal(body, answer.Body);
            Assert.Equal("application/json; charset=utf-8", answer["Content-Type"]);
        }
    }

    [Theory, EachEngine]
    public async Task A_summary_follows_every_change_at_once(Engine engine)
    {
        await using var server = await StartAsync(engine);

        (await server.SendAsync("PATCH", "/expenses/1", """{"amount":"1000.01","date":"2026-02-01","category":"Rent"}""", ("If-Match", "*"))).MustBe(200);
        (await server.SendAsync("DELETE", "/expenses/2")).MustBe(204);
        (await server.SendAsync("DELETE", "/expenses/3")).MustBe(204);
        (await server.SendAsync("POST", "/expenses/3/restore")).MustBe(200);

        var groups = (await server.GetAsync("/expenses/summary?group_by=category&currency=EUR")).Json;
        Assert.Equal("""[{"key":"Food","currency":"EUR","total":4.20,"count":1},{"key":"Rent","currency":"EUR","total":1000.01,"count":1}]""",
            groups.GetProperty("groups").GetRawText());
        Assert.Equal("1004.21", groups.GetProperty("total").GetRawText());
    }

    [Theory, EachEngine]
    public async Task Kept_totals_and_the_expenses_themselves_give_the_same_summary(Engine engine)
    {
        await using var server = await TestServer.StartAsync(engine);
        var random = new Random(20260219);
        for (var i = 0; i < 80; i++)
        {
            var day = new DateOnly(2025, 12, 30).AddDays(random.Next(100));
            var category = random.GetItems(["null", "\"Food\"", "\"food\"", "\"Straße\"", "\"uncategorised\""], 1)[0];
            var currency = random.GetItems(["EUR", "JPY", "KWD"], 1)[0];
            var id = await server.AddAsync(
                $$"""{"date":"{{day:yyyy-MM-dd}}","description":"x","amount":{{random.Next(1, 100_000)}},"currency":"{{currency}}","category":{{category}}}""");
            if (random.Next(5) == 0)
                (await server.SendAsync("DELETE", $"/expenses/{id}")).MustBe(204);
        }

        foreach (var group in new[] { "", "group_by=month", "group_by=category", "group_by=currency" })
        {
            foreach (var filter in new[]
                { "", "from=2026-01-01", "to=2026-02-28", "from=2026-01-01&to=2026-01-31", "category=FOOD", "category=uncategorised&currency=JPY", "currency=KWD&to=2025-12-31" })
            {
                var byTotals = (await server.GetAsync($"/expenses/summary?{group}&{filter}")).MustBe(200);
                // A bound that excludes nothing, but that the totals cannot answer.
                var byExpenses = (await server.GetAsync($"/expenses/summary?{group}&{filter}&min=0")).MustBe(200);
                // Of several spellings of a category either may stand for all.
                Assert.Equal(Label.Fold(byExpenses.Body), Label.Fold(byTotals.Body));
            }
        }
    }

    private static async Task<TestServer> StartAsync(Engine engine)
    {
        var server = await TestServer.StartAsync(engine);
        foreach (var expense in s_book)
            await server.AddAsync(expense);
        return server;
    }
}
