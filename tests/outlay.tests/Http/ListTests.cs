using Outlay.Tests.Harness;

namespace Outlay.Tests.Http;

/// <summary>Lists and their filters.</summary>
public sealed class ListTests
{
    private static readonly string[] s_book =
    [
        """{"date":"2026-01-01","description":"Rent","amount":900,"category":"Home"}""",
        """{"date":"2026-01-31","description":"Coffee 100%","amount":3.50,"category":"Food","tags":["work"]}""",
        """{"date":"2026-02-01","description":"Müsli","amount":4.20,"category":"food","notes":"with NUTS"}""",
        """{"date":"2026-02-01","description":"Ramen","amount":1200,"currency":"JPY","category":"Food","tags":["trip","Work"]}""",
        """{"date":"2026-02-28","description":"Dates","amount":2.646,"currency":"KWD","tags":["trip"]}""",
        """{"date":"2026-03-01","description":"a_b","amount":0.01}""",
    ];

    [Theory, EachEngine]
    public async Task A_filter_lets_pass_what_it_names_newest_first(Engine engine)
    {
        await using var server = await StartAsync(engine);
        (string Query, string Ids)[] cases =
        [
            ("", "6 5 4 3 2 1"),
            ("from=2026-02-01", "6 5 4 3"),
            ("to=2026-01-31", "2 1"),
            ("from=2026-02-01&to=2026-02-01", "4 3"),
            ("category=FOOD", "4 3 2"),
            ("category=uncategorised", "6 5"),
            ("category=nothing", ""),
            ("tag=work", "4 2"),
            ("tag=TRIP", "5 4"),
            ("q=coffee", "2"),
            ("q=m%C3%BCSLI", "3"),
            ("q=nuts", "3"),
            ("q=%25", "2"),
            ("q=_", "6"),
            ("q=%5C", ""),
            ("q='%20or%201=1%20--", ""),
            ("currency=jpy", "4"),
            ("min=4.2", "4 3 1"),
            ("min=2.646&max=4.2", "5 3 2"),
            ("max=0.01", "6"),
            ("max=3.505", "6 5 2"),
            ("from=2026-01-02&to=2026-02-28&category=food&tag=work&q=r&min=1000&max=1300&currency=JPY", "4"),
            ("from=2026-01-02&to=2026-02-28&category=food&tag=work&q=r&min=1000&max=1300&currency=EUR", ""),
        ];

        foreach (var (query, ids) in cases)
        {
            var answer = await server.GetAsync($"/expenses?{query}");
            Assert.Equal((query, ids), (query, Ids(answer.MustBe(200))));
        }
    }

    [Theory, EachEngine]
    public async Task A_parameter_that_is_not_known_not_clear_or_there_twice_is_refused(Engine engine)
    {
        await using var server = await StartAsync(engine);
        (string Query, string Field, string Message)[] cases =
        [
            ("categry=Food", "categry", "There is no parameter 'categry': known are from, to, category, tag, q, min, max, currency, limit, cursor"),
            ("Category=Food", "Category", "There is no parameter 'Category': known are from, to, category, tag, q, min, max, currency, limit, cursor"),
            ("category=Food&category=Home", "category", "'category' can be given once"),
            ("from=2026-13-01", "from", "2026-13-01 is not a day of the calendar"),
            ("from=1.1.2026", "from", "Invalid date format. Use YYYY-MM-DD"),
            ("to=", "to", "Invalid date format. Use YYYY-MM-DD"),
            ("from=2026-02-02&to=2026-02-01", "from", "'from' must not be after 'to'"),
            ("min=3,50", "min", "'min' must be an amount like 3.50, with at most 3 decimals"),
            ("min=-1", "min", "'min' must be an amount like 3.50, with at most 3 decimals"),
            ("min=2.6465", "min", "'min' must be an amount like 3.50, with at most 3 decimals"),
            ("max=1e3", "max", "'max' must be an amount like 3.50, with at most 3 decimals"),
            ("min=2&max=1", "min", "'min' must not be greater than 'max'"),
            ("currency=EURO", "currency", "Currency must be a code of ISO 4217, like EUR, USD or JPY"),
            ("limit=0", "limit", "'limit' must be a whole number from 1 to 500"),
            ("limit=501", "limit", "'limit' must be a whole number from 1 to 500"),
            ("limit=-1", "limit", "'limit' must be a whole number from 1 to 500"),
            ("limit=all", "limit", "'limit' must be a whole number from 1 to 500"),
            ("limit=", "limit", "'limit' must be a whole number from 1 to 500"),
            ("limit=2&cursor=x", "cursor", "'cursor' must be taken from the Link header of the page before"),
            ("limit=2&cursor=2026-02-01.-1", "cursor", "'cursor' must be taken from the Link header of the page before"),
            ("cursor=2026-02-01.3", "cursor", "'cursor' needs 'limit'"),
        ];

        foreach (var (query, field, message) in cases)
        {
            var answer = (await server.GetAsync($"/expenses?{query}")).MustBeProblem(400, "invalid-input");
            Assert.Equal([message], answer.ErrorsOf(field));
        }

        foreach (var query in new[] { "category=%00", "tag=a%00", "q=%00", "q=", $"q={new string('x', 101)}", $"category={new string('x', 65)}", "tag=%20" })
            (await server.GetAsync($"/expenses?{query}")).MustBeProblem(400, "invalid-input");
        (await server.GetAsync("/trash?category=Food")).MustBeProblem(400, "invalid-input");
        (await server.GetAsync("/expenses/summary?limit=1")).MustBeProblem(400, "invalid-input");
        (await server.GetAsync("/expenses/summary?group_by=day")).MustBeProblem(400, "invalid-input");
    }

    [Theory, EachEngine]
    public async Task All_faults_of_a_query_are_told_at_once(Engine engine)
    {
        await using var server = await TestServer.StartAsync(engine);

        var errors = (await server.GetAsync("/expenses?from=yesterday&min=x&limit=0&sort=date")).MustBeProblem(400, "invalid-input").Json.GetProperty("errors");

        Assert.Equal(["from", "limit", "min", "sort"], errors.EnumerateObject().Select(field => field.Name).Order());
    }

    [Theory, EachEngine]
    public async Task The_trash_has_its_own_list(Engine engine)
    {
        await using var server = await StartAsync(engine);
        foreach (var id in new[] { 5, 2, 3 })
            (await server.SendAsync("DELETE", $"/expenses/{id}")).MustBe(204);

        var page = await server.GetAsync("/trash?limit=2");

        Assert.Equal("6 4 1", Ids(await server.GetAsync("/expenses")));
        Assert.Equal("5 3 2", Ids(await server.GetAsync("/trash")));
        Assert.Equal("5 3", Ids(page));
        Assert.Equal("2", Ids(await server.GetAsync(PagingTests.Next(page)!)));
    }

    private static async Task<TestServer> StartAsync(Engine engine)
    {
        var server = await TestServer.StartAsync(engine);
        foreach (var expense in s_book)
            await server.AddAsync(expense);
        return server;
    }

    private static string Ids(Answer answer) =>
        string.Join(' ', answer.Json.EnumerateArray().Select(expense => expense.GetProperty("id").GetInt64()));
}
