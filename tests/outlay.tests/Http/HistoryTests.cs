using Outlay.Expenses;
using Outlay.History;
using Outlay.Tests.Harness;

namespace Outlay.Tests.Http;

/// <summary>What was changed, over HTTP.</summary>
public sealed class HistoryTests
{
    private const string Coffee = """{"date":"2026-02-19","description":"Coffee","amount":3.50,"tags":["b","a"]}""";
    private const string CoffeeThen = """{"date":"2026-02-19","description":"Coffee","amount":3.50,"currency":"EUR","category":null,"tags":["a","b"],"notes":null}""";

    [Theory, EachEngine]
    public async Task Every_version_says_who_made_it_and_what_the_expense_was_before_and_after(Engine engine)
    {
        await using var server = await TestServer.StartAsync(engine);
        await server.SendAsync("POST", "/expenses", Coffee, ("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"));
        server.Database.Clock.Advance(TimeSpan.FromMinutes(1));
        await server.SendAsync("PATCH", "/expenses/1", """{"amount":3.8}""", ("If-Match", "*"));
        await server.SendAsync("DELETE", "/expenses/1");

        var versions = (await server.GetAsync("/expenses/1/history")).MustBe(200).Json;

        Assert.Equal(["1 create 1", "2 update 2", "3 delete 3"], versions.EnumerateArray()
            .Select(version => $"{version.GetProperty("version")} {version.GetProperty("action")} {version.GetProperty("change")}"));
        Assert.Equal(
            $$$"""{"version":1,"action":"create","change":1,"actor":"anonymous","at":"2026-02-19T10:30:00.000Z","trace_id":"4bf92f3577b34da6a3ce929d0e0e4736","before":null,"after":{{{CoffeeThen}}}}""",
            versions[0].GetRawText());
        Assert.Equal(CoffeeThen, versions[1].GetProperty("before").GetRawText());
        Assert.Equal(CoffeeThen.Replace("3.50", "3.80", StringComparison.Ordinal), versions[1].GetProperty("after").GetRawText());
        Assert.Equal("2026-02-19T10:31:00.000Z", versions[2].GetProperty("after").GetProperty("deleted_at").GetString());
    }

    [Theory, EachEngine]
    public async Task Versions_and_changes_come_in_pages(Engine engine)
    {
        await using var server = await TestServer.StartAsync(engine);
        await server.AddAsync(Coffee);
        for (var i = 0; i < 4; i++)
            (await server.SendAsync("PATCH", "/expenses/1", $$"""{"notes":"{{i}}"}""", ("If-Match", "*"))).MustBe(200);

        Assert.Equal(["1", "2", "|", "3", "4", "|", "5"], await PagesAsync(server, "/expenses/1/history?limit=2", "version"));
        Assert.Equal(["5", "4", "|", "3", "2", "|", "1"], await PagesAsync(server, "/changes?limit=2", "seq"));
    }

    [Theory, EachEngine]
    public async Task A_page_of_long_versions_ends_sooner_and_none_is_left_out(Engine engine)
    {
        await using var server = await TestServer.StartAsync(engine);
        await server.AddAsync(Coffee);
        for (var i = 0; i < 40; i++)
            (await server.SendAsync("PATCH", "/expenses/1", $$"""{"notes":"{{i}} {{new string('x', 9_990)}}"}""", ("If-Match", "*"))).MustBe(200);

        var versions = await PagesAsync(server, "/expenses/1/history?limit=500", "version");
        var changes = await PagesAsync(server, "/changes?limit=500", "seq");

        Assert.Equal(Enumerable.Range(1, 41).Select(version => $"{version}"), versions.Where(version => version != "|"));
        Assert.Equal(Enumerable.Range(1, 41).Reverse().Select(seq => $"{seq}"), changes.Where(seq => seq != "|"));
        Assert.Contains("|", versions);
        Assert.Contains("|", changes);
    }

    [Theory, EachEngine]
    public async Task Neither_what_never_was_nor_what_is_anothers_has_a_history(Engine engine)
    {
        await using var server = await TestServer.StartAsync(engine);
        await server.Database.ExecuteAsync("insert into owners (name) values ('alice')");
        var draft = new ExpenseDraft { Date = "2026-02-19", Description = "Cake", Amount = "4" };
        await server.Database.Expenses.AddAsync(Test.By("alice"), draft, Test.Token);

        (await server.GetAsync("/expenses/1/history")).MustBeProblem(404, "not-found");
        (await server.GetAsync("/expenses/2/history")).MustBeProblem(404, "not-found");
        (await server.SendAsync("POST", "/changes/1/undo")).MustBeProblem(404, "not-found");
        Assert.Equal("[]", (await server.GetAsync("/changes")).Body);
    }

    [Theory, EachEngine]
    public async Task Who_changes_a_version_that_is_no_more_is_shown_both(Engine engine)
    {
        await using var server = await TestServer.StartAsync(engine);
        await server.AddAsync(Coffee);
        await server.SendAsync("PATCH", "/expenses/1", """{"amount":3.8}""", ("If-Match", "\"1\""));
        await server.SendAsync("PATCH", "/expenses/1", """{"notes":"Hot"}""", ("If-Match", "\"2\""));

        var stale = (await server.SendAsync("PATCH", "/expenses/1", """{"amount":4}""", ("If-Match", "\"1\""))).MustBeProblem(412, "stale-version");

        Assert.Equal((await server.GetAsync("/expenses/1")).Body, stale.Json.GetProperty("current").GetRawText());
        Assert.Equal(CoffeeThen, stale.Json.GetProperty("yours").GetRawText());
        Assert.Equal(["2 update anonymous", "3 update anonymous"], stale.Json.GetProperty("changes").EnumerateArray()
            .Select(change => $"{change.GetProperty("version")} {change.GetProperty("action")} {change.GetProperty("actor")}"));
    }

    [Theory, EachEngine]
    public async Task Who_names_a_version_that_never_was_is_shown_the_present_one(Engine engine)
    {
        await using var server = await TestServer.StartAsync(engine);
        await server.AddAsync(Coffee);

        var stale = (await server.SendAsync("DELETE", "/expenses/1", null, ("If-Match", "\"9\", \"x\""))).MustBeProblem(412, "stale-version");

        Assert.Equal(1, stale.Json.GetProperty("current").GetProperty("version").GetInt64());
        Assert.Equal("null", stale.Json.GetProperty("yours").GetRawText());
        Assert.Equal(0, stale.Json.GetProperty("changes").GetArrayLength());
    }

    [Theory, EachEngine]
    public async Task A_change_is_taken_back_and_says_so(Engine engine)
    {
        await using var server = await TestServer.StartAsync(engine);
        await server.AddAsync(Coffee);
        await server.SendAsync("PATCH", "/expenses/1", """{"amount":3.8,"tags":[]}""", ("If-Match", "\"1\""));

        var undo = (await server.SendAsync("POST", "/changes/2/undo")).MustBe(200).Json;
        var again = (await server.SendAsync("POST", "/changes/2/undo")).MustBeProblem(409, "conflict");

        Assert.Equal(("undo", 2, 3), (undo.GetProperty("action").GetString(), undo.GetProperty("undoes").GetInt32(), undo.GetProperty("seq").GetInt32()));
        Assert.Equal("Change 2 was taken back already, by change 3. Undo change 3 to bring it back", again.Detail);
        Assert.Equal(3, (await server.GetAsync("/changes")).Json[1].GetProperty("undone_by").GetInt32());
        var now = await server.GetAsync("/expenses/1");
        Assert.Equal("\"3\"", now["ETag"]);
        Assert.Equal(["a", "b"], now.Json.GetProperty("tags").EnumerateArray().Select(tag => tag.GetString()));
        Assert.Contains("\"amount\":3.50", now.Body, StringComparison.Ordinal);
        Assert.True((await server.Doctor.ExamineAsync(Test.Token)).IsHealthy);
    }

    [Theory, EachEngine]
    public async Task A_change_that_is_too_large_for_a_request_is_left_to_the_command_line(Engine engine)
    {
        await using var server = await TestServer.StartAsync(engine);
        await server.ReadyAsync();
        var row = new ExpenseContent(new DateOnly(2026, 2, 19), "Coffee", new Money(350, Currency.Of("EUR")), null, [], null);
        foreach (var count in new[] { UndoService.MaxOfRequest + 1, UndoService.MaxOfRequest })
            await server.Database.Expenses.AddManyAsync(Test.By(ExpenseService.DefaultOwner), Enumerable.Repeat(row, count).ToAsyncEnumerable(), Test.Token);

        var refused = (await server.SendAsync("POST", "/changes/1/undo")).MustBeProblem(422, "limit-exceeded");
        var undo = await OutlayProcess.RunAsync(["undo", "--change", "1", "--yes"], server.Database.Environment);

        Assert.Contains("outlay undo --change 1", refused.Detail, StringComparison.Ordinal);
        Assert.Equal(0, undo.ExitCode);
        Assert.NotEqual(422, (await server.SendAsync("POST", "/changes/2/undo")).Status);
        Assert.True((await server.Doctor.ExamineAsync(Test.Token)).IsHealthy);
    }

    [Theory, EachEngine]
    public async Task An_undo_that_is_sent_again_with_its_key_is_answered_alike(Engine engine)
    {
        await using var server = await TestServer.StartAsync(engine);
        await server.AddAsync(Coffee);

        var first = (await server.SendAsync("POST", "/changes/1/undo", null, ("Idempotency-Key", "undo-1"))).MustBe(200);
        var again = (await server.SendAsync("POST", "/changes/1/undo", null, ("Idempotency-Key", "undo-1"))).MustBe(200);
        (await server.SendAsync("POST", "/changes/2/undo", null, ("Idempotency-Key", "undo-1"))).MustBeProblem(422, "key-reused");

        Assert.Equal(first.Body, again.Body);
        Assert.Equal((null, "true"), (first["Idempotent-Replayed"], again["Idempotent-Replayed"]));
        Assert.Equal(2, (await server.GetAsync("/changes")).Json.GetArrayLength());
    }

    /// <summary>The numbers in all pages, which begin with |.</summary>
    private static async Task<List<string>> PagesAsync(TestServer server, string path, string number)
    {
        var numbers = new List<string>();
        for (string? next = path; next is not null;)
        {
            var page = (await server.GetAsync(next)).MustBe(200);
            numbers.AddRange(page.Json.EnumerateArray().Select(item => item.GetProperty(number).ToString()).Prepend("|"));
            next = page["Link"]?.Split('<', '>')[1];
        }

        return numbers[1..];
    }
}
