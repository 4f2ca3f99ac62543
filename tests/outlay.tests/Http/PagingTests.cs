using Outlay.Tests.Harness;

namespace Outlay.Tests.Http;

/// <summary>Who follows the Link header from page to page sees the whole list.</summary>
public sealed class PagingTests
{
    [Theory, EachEngine]
    public async Task All_pages_together_are_the_whole_list_while_others_write(Engine engine)
    {
        const int Count = 60;
        await using var server = await TestServer.StartAsync(engine);
        for (var i = 0; i < Count; i++)
            await server.AddAsync(Expense(i));
        var whole = Ids(await server.GetAsync("/expenses"));

        var seen = new List<long>();
        var added = new HashSet<long>();
        for (var path = "/expenses?limit=7"; path is not null;)
        {
            var page = (await server.GetAsync(path)).MustBe(200);
            Assert.InRange(page.Json.GetArrayLength(), 1, 7);
            seen.AddRange(Ids(page));
            path = Next(page);
            // Behind, before and in the middle of where the reader is.
            for (var i = 0; i < 3; i++)
                added.Add(await server.AddAsync(Expense(seen.Count + (i * 13))));
        }

        Assert.Equal(whole, seen.Where(id => !added.Contains(id)));
        Assert.Distinct(seen);
    }

    [Theory, EachEngine]
    public async Task The_last_page_names_no_next_and_filters_go_along(Engine engine)
    {
        await using var server = await TestServer.StartAsync(engine);
        for (var i = 0; i < 4; i++)
            await server.AddAsync("""{"date":"2026-02-19","description":"a & b = c","amount":1,"category":"Café, Bar"}""");
        await server.AddAsync("""{"date":"2026-02-19","description":"a & b = c","amount":1}""");

        var first = await server.GetAsync("/expenses?category=caf%C3%A9%2C%20bar&q=%26%20b%20%3D&limit=2");
        var second = await server.GetAsync(Next(first)!);

        Assert.Equal([4, 3], Ids(first));
        Assert.Equal([2, 1], Ids(second));
        Assert.Null(Next(second));
        Assert.Null(Next(await server.GetAsync("/expenses?limit=500")));
        Assert.Null(Next(await server.GetAsync("/expenses")));
    }

    [Theory, EachEngine]
    public async Task A_page_goes_on_behind_an_expense_that_is_gone(Engine engine)
    {
        await using var server = await TestServer.StartAsync(engine);
        for (var i = 0; i < 4; i++)
            await server.AddAsync(Expense(0));
        var first = await server.GetAsync("/expenses?limit=2");
        (await server.SendAsync("DELETE", "/expenses/3")).MustBe(204);

        Assert.Equal([2, 1], Ids(await server.GetAsync(Next(first)!)));
    }

    /// <summary>The path of the page after this one; null when it is the last.</summary>
    internal static string? Next(Answer page)
    {
        if (page["Link"] is not { } link)
            return null;
        Assert.StartsWith("<", link, StringComparison.Ordinal);
        Assert.EndsWith(">; rel=\"next\"", link, StringComparison.Ordinal);
        return link[1..link.IndexOf('>', StringComparison.Ordinal)];
    }

    /// <summary>Several share each day.</summary>
    private static string Expense(int i) => $$"""{"date":"2026-02-{{1 + (i * 7 % 20):D2}}","description":"Coffee","amount":3.50}""";

    private static IEnumerable<long> Ids(Answer page) => page.Json.EnumerateArray().Select(expense => expense.GetProperty("id").GetInt64());
}
