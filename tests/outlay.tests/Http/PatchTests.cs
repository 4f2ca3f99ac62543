using System.Text.Json;
using Outlay.Tests.Harness;

namespace Outlay.Tests.Http;

/// <summary>PATCH takes a merge patch (RFC 7396).</summary>
public sealed class PatchTests
{
    private const string Coffee =
        """{"date":"2026-02-19","description":"Coffee","amount":3.50,"category":"Food","tags":["bar","work"],"notes":"with Eve"}""";

    [Theory, EachEngine]
    public async Task What_a_patch_does_not_name_stays(Engine engine)
    {
        await using var server = await TestServer.StartAsync(engine);
        await server.AddAsync(Coffee);

        var answer = await PatchAsync(server, """{"amount":"4.20"}""");

        Assert.Equal("\"2\"", answer.MustBe(200)["ETag"]);
        Assert.Equal(
            """{"id":1,"date":"2026-02-19","description":"Coffee","amount":4.20,"currency":"EUR","category":"Food","tags":["bar","work"],"notes":"with Eve","version":2,"created_at":"2026-02-19T10:30:00.000Z","updated_at":"2026-02-19T10:30:00.000Z"}""",
            answer.Body);
        Assert.Equal(answer.Body, (await server.GetAsync("/expenses/1")).Body);
    }

    [Theory, EachEngine]
    public async Task Null_clears_what_an_expense_need_not_have(Engine engine)
    {
        await using var server = await TestServer.StartAsync(engine);
        await server.AddAsync(Coffee);

        var patched = (await PatchAsync(server, """{"category":null,"notes":null,"tags":null}""")).MustBe(200).Json;

        Assert.Equal(JsonValueKind.Null, patched.GetProperty("category").ValueKind);
        Assert.Equal(JsonValueKind.Null, patched.GetProperty("notes").ValueKind);
        Assert.Equal(0, patched.GetProperty("tags").GetArrayLength());
        Assert.Equal("[]", (await server.GetAsync("/expenses?tag=bar")).Body);
    }

    [Theory, EachEngine]
    public async Task Null_for_what_an_expense_must_have_is_refused(Engine engine)
    {
        await using var server = await TestServer.StartAsync(engine);
        await server.AddAsync(Coffee);

        foreach (var field in new[] { "date", "description", "amount" })
        {
            var answer = (await PatchAsync(server, $$"""{"{{field}}":null}""")).MustBeProblem(400, "invalid-input");
            Assert.Equal("All fields are required", answer.Detail);
            Assert.Single(answer.ErrorsOf(field));
        }
    }

    [Theory, EachEngine]
    public async Task Tags_are_replaced_as_a_whole(Engine engine)
    {
        await using var server = await TestServer.StartAsync(engine);
        await server.AddAsync(Coffee);

        var patched = (await PatchAsync(server, """{"tags":["Work","trip"]}""")).MustBe(200).Json;

        Assert.Equal("""["trip","Work"]""", patched.GetProperty("tags").GetRawText());
        Assert.Equal("[]", (await server.GetAsync("/expenses?tag=bar")).Body);
        Assert.Equal(1, (await server.GetAsync("/expenses?tag=WORK")).Json.GetArrayLength());
    }

    [Theory, EachEngine]
    public async Task Another_currency_is_taken_only_if_the_amount_can_be_written_in_it(Engine engine)
    {
        await using var server = await TestServer.StartAsync(engine);
        await server.AddAsync(Coffee);

        var refused = (await PatchAsync(server, """{"currency":"JPY"}""")).MustBeProblem(400, "invalid-input");
        var dollars = (await PatchAsync(server, """{"currency":"USD"}""")).MustBe(200);
        var yen = (await PatchAsync(server, """{"currency":"JPY","amount":350}""")).MustBe(200);

        Assert.Equal(["Amount must be a whole number: JPY has no decimals"], refused.ErrorsOf("amount"));
        Assert.Contains("\"amount\":3.50,\"currency\":\"USD\"", dollars.Body, StringComparison.Ordinal);
        Assert.Contains("\"amount\":350,\"currency\":\"JPY\"", yen.Body, StringComparison.Ordinal);
        Assert.Equal(
            """[{"currency":"JPY","total":350,"count":1}]""", (await server.GetAsync("/expenses/summary")).Json.GetProperty("totals").GetRawText());
    }

    [Theory, EachEngine]
    public async Task A_patch_that_names_nothing_changes_nothing(Engine engine)
    {
        await using var server = await TestServer.StartAsync(engine);
        await server.AddAsync(Coffee);

        Assert.Equal("\"1\"", (await PatchAsync(server, "{}")).MustBe(200)["ETag"]);
    }

    private static async Task<Answer> PatchAsync(TestServer server, string patch)
    {
        using var request = new HttpRequestMessage(HttpMethod.Patch, "/expenses/1");
        request.Content = new StringContent(patch, System.Text.Encoding.UTF8, "application/merge-patch+json");
        request.Headers.TryAddWithoutValidation("If-Match", "*");
        return await server.SendAsync(request);
    }
}
