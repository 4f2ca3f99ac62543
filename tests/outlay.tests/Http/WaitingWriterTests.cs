using Outlay.Tests.Harness;

namespace Outlay.Tests.Http;

/// <summary>What is wrong with a change is told before its turn to write has come.</summary>
public sealed class WaitingWriterTests
{
    private const string Coffee = """{"date":"2026-02-19","description":"Coffee","amount":3.50}""";

    [Theory, EachEngine]
    public async Task Bad_input_is_told_at_once_while_somebody_else_writes(Engine engine)
    {
        await using var server = await TestServer.StartAsync(engine);
        await server.AddAsync(Coffee);
        (string Method, string Path, string Body)[] bad =
        [
            ("POST", "/expenses", """{"date":"2026-02-19","description":"Coffee","amount":"abc"}"""),
            ("POST", "/expenses", """{"date":"2026-02-19","description":"Coffee","amount":3.505}"""),
            ("PUT", "/expenses/1", """{"date":"2026-02-30","description":"Coffee","amount":3.50}"""),
            ("PATCH", "/expenses/1", """{"amount":"3.505"}"""),
            ("PATCH", "/expenses/1", """{"description":""}"""),
        ];

        await using (await OpenTransaction.BeginAsync(server.Database.Database, "update owners set name = name; update expenses set notes = 'held' where id = 1"))
        {
            foreach (var (method, path, body) in bad)
                (await server.SendAsync(method, path, body, ("If-Match", "*"))).MustBeProblem(400, "invalid-input");
            foreach (var (method, path, body) in new[] { ("POST", "/expenses", Coffee), ("PATCH", "/expenses/1", """{"amount":"4"}""") })
                (await server.SendAsync(method, path, body, ("If-Match", "*"))).MustBeProblem(503, "unavailable");
        }
    }

    [Theory, EachEngine]
    public async Task What_only_seems_bad_is_looked_at_with_the_expense(Engine engine)
    {
        await using var server = await TestServer.StartAsync(engine);
        await server.AddAsync("""{"date":"2026-02-19","description":"Coffee","amount":3.505,"currency":"KWD"}""");
        const string Bad = """{"amount":"3.5055"}""";

        (await server.SendAsync("PATCH", "/expenses/1", """{"amount":"2.646"}""", ("If-Match", "*"))).MustBe(200);
        (await server.SendAsync("PATCH", "/expenses/1", Bad, ("If-Match", "*"))).MustBeProblem(400, "invalid-input");
        (await server.SendAsync("PATCH", "/expenses/1", Bad, ("If-Match", "\"1\""))).MustBeProblem(412, "stale-version");
        (await server.SendAsync("PATCH", "/expenses/2", Bad, ("If-Match", "*"))).MustBeProblem(404, "not-found");
        await server.Database.ExecuteAsync("update owners set currency = 'KWD'");
        (await server.SendAsync("POST", "/expenses", """{"date":"2026-02-19","description":"Coffee","amount":3.505}""")).MustBe(201);
    }
}
