using System.Text.Json;
using Outlay.Tests.Harness;

namespace Outlay.Tests.Http;

/// <summary>The client's Accept header chooses the form of a list.</summary>
public sealed class ListFormatTests
{
    private const string Json = "application/json; charset=utf-8";
    private const string Ndjson = "application/x-ndjson";
    private const string Csv = "text/csv; charset=utf-8; header=present";

    [Theory, EachEngine]
    public async Task The_form_that_the_client_likes_best_is_chosen(Engine engine)
    {
        await using var server = await TestServer.StartAsync(engine);
        await server.AddAsync("""{"date":"2026-02-19","description":"Coffee","amount":3.50}""");
        (string? Accept, string Type)[] cases =
        [
            (null, Json),
            ("", Json),
            ("*/*", Json),
            ("application/*", Json),
            ("application/json", Json),
            ("application/x-ndjson", Ndjson),
            ("APPLICATION/X-NDJSON", Ndjson),
            ("text/csv", Csv),
            ("text/*", Csv),
            ("text/csv;q=0.5, application/x-ndjson;q=0.4", Csv),
            ("application/json;q=0.5, application/x-ndjson", Ndjson),
            ("application/json, application/x-ndjson;q=0.9", Json),
            ("application/x-ndjson;q=0.1, */*;q=0.2", Json),
            ("application/x-ndjson, */*;q=0.2", Ndjson),
            ("application/x-ndjson;q=0", Json),
            ("application/x-ndjson;q=0, */*", Json),
            ("image/png", Json),
            ("image/png, application/x-ndjson;q=0.1", Ndjson),
            ("not a type", Json),
        ];

        foreach (var (accept, type) in cases)
        {
            var answer = (await server.GetAsync("/expenses", accept is null ? [] : [("Accept", accept)])).MustBe(200);
            Assert.Equal((accept, type), (accept, answer["Content-Type"]));
            Assert.Equal("X-API-Key, Authorization, Accept", answer["Vary"]);
        }
    }

    [Theory, EachEngine]
    public async Task All_forms_hold_the_same_expenses(Engine engine)
    {
        await using var server = await TestServer.StartAsync(engine);
        for (var i = 1; i <= 300; i++)
            await server.AddAsync($$"""{"date":"2026-02-19","description":"Coffee\n","amount":{{i}}.50,"notes":"line\nline {{new string('x', 200)}}"}""");

        foreach (var path in new[] { "/expenses", "/expenses?limit=5", "/expenses?q=nothing" })
        {
            var array = (await server.GetAsync(path, ("Accept", "application/json"))).Json;
            var lines = (await server.GetAsync(path, ("Accept", "application/x-ndjson"))).Body;

            Assert.True(lines.Length == 0 || lines.EndsWith('\n'));
            var parsed = lines.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonElement.Parse(line).GetRawText());
            Assert.Equal(array.EnumerateArray().Select(expense => expense.GetRawText()), parsed);

            // Notes go over several lines.
            var csv = (await server.GetAsync(path, ("Accept", "text/csv"))).Body.Split("\n", StringSplitOptions.RemoveEmptyEntries);
            Assert.StartsWith("id,date,description,amount,", csv[0], StringComparison.Ordinal);
            Assert.Equal(array.EnumerateArray().Select(expense => expense.GetProperty("id").GetRawText()), csv.Where(line => char.IsAsciiDigit(line[0])).Select(record => record.Split(',')[0]));
        }
    }

    [Theory, EachEngine]
    public async Task The_trash_is_JSON_whatever_is_asked_for(Engine engine)
    {
        await using var server = await TestServer.StartAsync(engine);

        foreach (var accept in new[] { "text/csv", Ndjson, "*/*" })
        {
            var answer = (await server.GetAsync("/trash", ("Accept", accept))).MustBe(200);
            Assert.Equal((Json, "[]"), (answer["Content-Type"], answer.Body));
        }
    }

    [Theory, EachEngine]
    public async Task An_empty_list_is_an_empty_array_or_no_line(Engine engine)
    {
        await using var server = await TestServer.StartAsync(engine);

        Assert.Equal("[]", (await server.GetAsync("/expenses")).MustBe(200).Body);
        Assert.Equal("[]", (await server.GetAsync("/expenses?limit=1")).MustBe(200).Body);
        Assert.Equal("", (await server.GetAsync("/expenses", ("Accept", Ndjson))).MustBe(200).Body);
    }
}
