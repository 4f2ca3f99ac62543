using Outlay.Tests.Harness;

namespace Outlay.Tests.Http;

/// <summary>Who changes an expense says which version they have seen (RFC 9110, section 13).</summary>
public sealed class ConditionalTests
{
    private const string Coffee = """{"date":"2026-02-19","description":"Coffee","amount":3.50}""";

    [Theory, EachEngine]
    public async Task A_change_without_a_version_is_refused(Engine engine)
    {
        await using var server = await TestServer.StartAsync(engine);
        await server.AddAsync(Coffee);

        (await server.SendAsync("PUT", "/expenses/1", Coffee)).MustBeProblem(428, "version-required");
        (await server.SendAsync("PATCH", "/expenses/1", "{}")).MustBeProblem(428, "version-required");

        Assert.Equal("\"1\"", (await server.GetAsync("/expenses/1"))["ETag"]);
    }

    [Theory, EachEngine]
    public async Task A_change_meant_for_another_version_is_refused(Engine engine)
    {
        await using var server = await TestServer.StartAsync(engine);
        await server.AddAsync(Coffee);
        await server.SendAsync("PATCH", "/expenses/1", """{"amount":4}""", ("If-Match", "\"1\""));
        // Version 2 is there now. A weak tag never matches; the last is no tag that was ever given out.
        string[] others = ["\"1\"", "\"3\"", "W/\"2\"", "\"1\", \"3\"", "\"\"", "\"02\"", "\"x\"", "\"99999999999999999999\""];

        foreach (var other in others)
        {
            (await server.SendAsync("PUT", "/expenses/1", Coffee, ("If-Match", other))).MustBeProblem(412, "stale-version");
            (await server.SendAsync("PATCH", "/expenses/1", "{}", ("If-Match", other))).MustBeProblem(412, "stale-version");
            (await server.SendAsync("DELETE", "/expenses/1", null, ("If-Match", other))).MustBeProblem(412, "stale-version");
        }

        var now = await server.GetAsync("/expenses/1");
        Assert.Equal("\"2\"", now["ETag"]);
        Assert.Contains("\"amount\":4.00", now.Body, StringComparison.Ordinal);
    }

    [Theory, EachEngine]
    public async Task A_change_meant_for_this_version_is_made(Engine engine)
    {
        await using var server = await TestServer.StartAsync(engine);
        await server.AddAsync(Coffee);

        (await server.SendAsync("PATCH", "/expenses/1", """{"amount":1}""", ("If-Match", "\"1\""))).MustBe(200);
        (await server.SendAsync("PATCH", "/expenses/1", """{"amount":2}""", ("If-Match", "\"1\", W/\"9\", \"2\""))).MustBe(200);
        (await server.SendAsync("PATCH", "/expenses/1", """{"amount":3}""", ("If-Match", "\"1\""), ("If-Match", "\"3\""))).MustBe(200);
        (await server.SendAsync("PATCH", "/expenses/1", """{"amount":4}""", ("If-Match", "*"))).MustBe(200);
        (await server.SendAsync("DELETE", "/expenses/1", null, ("If-Match", "\"5\""))).MustBe(204);
        (await server.SendAsync("POST", "/expenses/1/restore", null, ("If-Match", "\"5\""))).MustBeProblem(412, "stale-version");
        (await server.SendAsync("POST", "/expenses/1/restore", null, ("If-Match", "\"6\""))).MustBe(200);
    }

    [Theory, EachEngine]
    public async Task A_change_that_leaves_everything_as_it_is_makes_no_version(Engine engine)
    {
        await using var server = await TestServer.StartAsync(engine);
        await server.AddAsync(Coffee);

        var patch = (await server.SendAsync("PATCH", "/expenses/1", """{"amount":"3.5","tags":[]}""", ("If-Match", "\"1\""))).MustBe(200);
        var put = (await server.SendAsync("PUT", "/expenses/1", Coffee, ("If-Match", "\"1\""), ("Idempotency-Key", "a"))).MustBe(200);
        var again = (await server.SendAsync("PUT", "/expenses/1", Coffee, ("If-Match", "\"1\""), ("Idempotency-Key", "a"))).MustBe(200);

        Assert.All([patch, put, again], answer => Assert.Equal("\"1\"", answer["ETag"]));
        Assert.Equal(patch.Body, put.Body);
        Assert.Equal("true", again["Idempotent-Replayed"]);
        Assert.Equal(1, (await server.GetAsync("/changes")).Json.GetArrayLength());
        (await server.SendAsync("PATCH", "/expenses/1", "{}", ("If-Match", "\"2\""))).MustBeProblem(412, "stale-version");
    }

    [Theory, EachEngine]
    public async Task A_version_that_is_not_in_quotes_is_refused(Engine engine)
    {
        await using var server = await TestServer.StartAsync(engine);
        await server.AddAsync(Coffee);

        foreach (var malformed in new[] { "1", "\"1", "1\"", "\"1\" \"2\"", "'1'", "\"1\", 2", "*, 1" })
        {
            foreach (var method in new[] { "PUT", "PATCH", "DELETE" })
            {
                var answer = await server.SendAsync(method, "/expenses/1", method == "DELETE" ? null : Coffee, ("If-Match", malformed));
                Assert.Equal("If-Match must hold ETags in quotes, like \"3\", or *", answer.MustBeProblem(400, "invalid-input").Detail);
            }
        }
    }

    [Theory, EachEngine]
    public async Task What_a_client_has_already_is_not_sent_again(Engine engine)
    {
        await using var server = await TestServer.StartAsync(engine);
        await server.AddAsync(Coffee);

        foreach (var known in new[] { "\"1\"", "W/\"1\"", "\"7\", \"1\"", "*" })
        {
            var answer = (await server.GetAsync("/expenses/1", ("If-None-Match", known))).MustBe(304);
            Assert.Equal("\"1\"", answer["ETag"]);
            Assert.Equal("", answer.Body);
        }

        foreach (var unknown in new[] { "\"2\"", "\"01\"", "1", "" })
            (await server.GetAsync("/expenses/1", ("If-None-Match", unknown))).MustBe(200);
        (await server.GetAsync("/expenses/9", ("If-None-Match", "*"))).MustBeProblem(404, "not-found");
    }

    [Theory, EachEngine]
    public async Task Of_many_who_change_the_same_expense_none_overwrites_another(Engine engine)
    {
        const int Writers = 8;
        const int Changes = 6;
        await using var server = await TestServer.StartAsync(engine);
        await server.AddAsync("""{"date":"2026-02-19","description":"Kitty","amount":1}""");

        await Task.WhenAll(Enumerable.Range(0, Writers).Select(async _ =>
        {
            for (var made = 0; made < Changes;)
            {
                var read = await server.GetAsync("/expenses/1");
                var more = read.Json.GetProperty("amount").GetDecimal() + 1;
                var answer = await server.SendAsync("PATCH", "/expenses/1", $$"""{"amount":"{{more}}"}""", ("If-Match", read["ETag"]!));
                made += answer.Status == 200 ? 1 : 0;
                Assert.True(answer.Status is 200 or 412, answer.Body);
            }
        }));

        var last = (await server.GetAsync("/expenses/1")).Json;
        Assert.Equal(1 + (Writers * Changes), last.GetProperty("version").GetInt64());
        Assert.Equal(1 + (Writers * Changes), last.GetProperty("amount").GetDecimal());
        Assert.True((await server.Doctor.ExamineAsync(Test.Token)).IsHealthy);
    }
}
