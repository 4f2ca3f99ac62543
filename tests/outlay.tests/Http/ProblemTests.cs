using System.Text;
using System.Text.RegularExpressions;
using Outlay.Tests.Harness;

namespace Outlay.Tests.Http;

/// <summary>Every refusal is problem details (RFC 9457), and tells no more than it should.</summary>
public sealed partial class ProblemTests
{
    private const string Coffee = """{"date":"2026-02-19","description":"Coffee","amount":3.50}""";

    [Theory, EachEngine]
    public async Task Problems_look_as_they_did(Engine engine)
    {
        await using var server = await TestServer.StartAsync(engine);
        await server.AddAsync(Coffee);
        (string Name, Answer Answer)[] answers =
        [
            ("all fields missing", await server.SendAsync("POST", "/expenses", "{}")),
            ("faults in fields", await server.SendAsync("POST", "/expenses", """{"date":"tomorrow","description":"Coffee","amount":-1,"colour":"red"}""")),
            ("no JSON", await server.SendAsync("POST", "/expenses", "{")),
            ("bad query", await server.GetAsync("/expenses?limit=0&sort=date")),
            ("not found", await server.GetAsync("/expenses/9")),
            ("no such address", await server.GetAsync("/nothing")),
            ("wrong method", await server.SendAsync("DELETE", "/expenses")),
            ("no version", await server.SendAsync("PATCH", "/expenses/1", "{}")),
            ("stale version", await server.SendAsync("PATCH", "/expenses/1", "{}", ("If-Match", "\"7\""))),
            ("too large", await server.SendAsync("POST", "/expenses", Coffee.PadRight(70_000))),
            ("wrong type", await SendTextAsync(server)),
            ("stranger", await server.GetAsync("/expenses", ("Host", "evil.example"))),
        ];

        var text = new StringBuilder();
        foreach (var (name, answer) in answers)
        {
            answer.MustBeProblem(answer.Status, answer.Json.GetProperty("type").GetString()!.Split('/')[^1]);
            Assert.Equal("no-store", answer["Cache-Control"]);
            text.Append(null, $"{name}: {answer.Status}\n{Ids().Replace(answer.Body, "…")}\n\n");
        }

        Snapshot.Match("problems", text.ToString());
    }

    [Theory, EachEngine]
    public async Task Every_problem_type_can_be_looked_up(Engine engine)
    {
        await using var server = await TestServer.StartAsync(engine);

        foreach (var row in Enum.GetValues<ErrorCode>().Select(ErrorTable.Of))
        {
            var answer = (await server.GetAsync($"/problems/{row.Slug}")).MustBe(200);
            Assert.Contains(row.Title, answer.Body, StringComparison.Ordinal);
            Assert.Contains(row.Cure, answer.Body, StringComparison.Ordinal);
        }

        (await server.GetAsync("/problems/nothing")).MustBeProblem(404, "not-found");
    }

    [Theory, EachEngine]
    public async Task What_the_framework_refuses_is_a_problem_too(Engine engine)
    {
        await using var server = await TestServer.StartAsync(engine);

        foreach (var path in new[] { "/nothing", "/expenses/abc", "/expenses/1.5", "/expenses/99999999999999999999", "/expenses/1/nothing", "/Docs/nothing" })
            (await server.GetAsync(path)).MustBeProblem(404, "not-found");
        foreach (var (method, path, allow) in new[]
            { ("DELETE", "/expenses", "GET, HEAD, POST"), ("POST", "/expenses/1", "DELETE, GET, HEAD, PATCH, PUT"), ("GET", "/expenses/1/restore", "POST"), ("TRACE", "/", "GET, HEAD") })
        {
            var answer = (await server.SendAsync(method, path)).MustBeProblem(405, "method-not-allowed");
            Assert.Equal(allow, string.Join(", ", answer["Allow"]!.Split(", ").Order()));
        }
    }

    [Theory, EachEngine]
    public async Task A_parameter_that_nobody_reads_is_refused_and_nothing_is_done(Engine engine)
    {
        await using var server = await TestServer.StartAsync(engine);
        await server.AddAsync(Coffee);

        foreach (var (method, path) in new[] { ("POST", "/expenses"), ("PUT", "/expenses/1"), ("PATCH", "/expenses/1"), ("DELETE", "/expenses/1"), ("POST", "/expenses/1/restore"), ("GET", "/expenses/1"), ("POST", "/changes/1/undo") })
        {
            var answer = (await server.SendAsync(method, $"{path}?dry_run=true", method is "GET" ? null : Coffee, ("If-Match", "*"))).MustBeProblem(400, "invalid-input");
            Assert.Equal(["There is no parameter 'dry_run': this address takes none"], answer.ErrorsOf("dry_run"));
        }

        Assert.Equal(1, (await server.GetAsync("/expenses")).Json.GetArrayLength());
        Assert.Equal("\"1\"", (await server.GetAsync("/expenses/1")).MustBe(200)["ETag"]);
    }

    [Theory, EachEngine]
    public async Task A_trace_that_the_client_began_goes_on(Engine engine)
    {
        await using var server = await TestServer.StartAsync(engine);

        var answer = await server.GetAsync("/expenses/9", ("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"));

        Assert.Equal("0af7651916cd43dd8448eb211c80319c", answer.Json.GetProperty("trace_id").GetString());
    }

    [Theory, EachEngine]
    public async Task What_goes_wrong_inside_is_told_to_nobody_in_the_words_of_the_database(Engine engine)
    {
        using var logs = new TestFolder();
        await using var server = await TestServer.StartAsync(engine, ("LOG_FILE", logs.File("log")));
        // It reads every table.
        await server.FirstBackup;
        // The database quotes what somebody typed.
        await server.Database.ExecuteAsync(engine is Engine.Sqlite
            ? "create trigger refuse before insert on expenses begin select raise(abort, 'boom ' || new.description); end"
            : """
              create function refuse() returns trigger language plpgsql as $$ begin raise exception 'boom %', new.description; end $$;
              create trigger refuse before insert on expenses for each row execute function refuse()
              """);

        var refused = await server.SendAsync("POST", "/expenses", """{"date":"2026-02-19","description":"canary","amount":3.50}""");
        await server.Database.ExecuteAsync("drop table expense_tags");
        var broken = await server.GetAsync("/expenses?q=canary");

        foreach (var answer in new[] { refused, broken })
        {
            answer.MustBeProblem(500, "internal");
            foreach (var word in new[] { "boom", "canary", "expense_tags", "Exception", "SQL", " at " })
                Assert.DoesNotContain(word, answer.Body, StringComparison.OrdinalIgnoreCase);
        }

        await server.Database.ExecuteAsync("alter table schema_migrations rename to journal");
        await server.Database.ExecuteAsync("create view schema_migrations as select number / 0 as number, name, checksum, applied_at from journal");
        var unready = (await server.GetAsync("/readyz")).MustBe(503).Json.GetProperty("checks").GetProperty("schema").GetProperty("reason").GetString();
        Assert.Equal(engine is Engine.Sqlite ? "System.InvalidOperationException" : "Npgsql.PostgresException (22012)", unready);

        var log = await logs.ReadAllAsync();
        Assert.Contains(refused.Json.GetProperty("trace_id").GetString()!, log, StringComparison.Ordinal);
        Assert.Contains("request_failed", log, StringComparison.Ordinal);
        Assert.Contains(engine is Engine.Sqlite ? "SqliteException" : "42P01", log, StringComparison.Ordinal);
        Assert.DoesNotContain("canary", log, StringComparison.Ordinal);
        Assert.DoesNotContain("boom", log, StringComparison.Ordinal);
    }

    private static async Task<Answer> SendTextAsync(TestServer server)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/expenses") { Content = new StringContent(Coffee) };
        return await server.SendAsync(request);
    }

    [GeneratedRegex("(?<=\"(trace|run)_id\":\")[0-9a-f]{32}")]
    private static partial Regex Ids();
}
