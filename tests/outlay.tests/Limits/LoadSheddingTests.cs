using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Outlay.Storage;
using Outlay.Tests.Harness;

namespace Outlay.Tests.Limits;

/// <summary>A server that has more to do than it can.</summary>
public sealed class LoadSheddingTests
{
    private const string Coffee = """{"date":"2026-02-19","description":"Coffee","amount":3.50}""";

    [Theory, EachEngine]
    public async Task What_finds_no_place_is_turned_away_at_once_and_what_needs_none_is_served(Engine engine)
    {
        await using var server = await TestServer.StartAsync(engine, ("MAX_CONCURRENT_REQUESTS", "1"), ("MAX_QUEUED_REQUESTS", "0"), ("REQUEST_TIMEOUT", "60"));
        await server.FirstBackup;
        Task<Answer> busy;
        await using (await OpenTransaction.BeginAsync(server.Services.GetRequiredService<Database>(), engine is Engine.Postgres ? "LOCK TABLE expenses IN EXCLUSIVE MODE" : "SELECT 1"))
        {
            busy = server.SendAsync("POST", "/expenses", Coffee);
            await Eventually.TrueAsync("the request has the place", async () => (await server.GetAsync("/metrics")).Body.Contains("outlay_requests_admitted 1", StringComparison.Ordinal));

            var refusal = (await server.GetAsync("/expenses?limit=1")).MustBeProblem(503, "overloaded");

            Assert.Equal("1", refusal["Retry-After"]);
            (await server.GetAsync("/readyz")).MustBe(200);
            (await server.GetAsync("/livez")).MustBe(200);
            (await server.GetAsync("/openapi.json")).MustBe(200);
            Assert.Contains("outlay_rejections_total{code=\"overloaded\"} ", (await server.GetAsync("/metrics")).MustBe(200).Body, StringComparison.Ordinal);
            // Whether a key is one of an administrator, the database must say: only the secret gets in without a place.
            (await server.GetAsync("/admin/api-keys", ("X-API-Key", "made up"))).MustBeProblem(503, "overloaded");
            (await server.GetAsync("/admin/api-keys", (TestServer.SecretHeader, "made up as well"))).MustBeProblem(503, "overloaded");
            (await server.GetAsync("/admin/api-keys", (TestServer.SecretHeader, TestServer.Secret))).MustBe(200);
            Assert.False(busy.IsCompleted);
        }

        (await busy).MustBe(201);
        (await server.GetAsync("/expenses?limit=1")).MustBe(200);
    }

    [Theory, EachEngine]
    public async Task A_burst_waits_for_its_turn(Engine engine)
    {
        await using var server = await TestServer.StartAsync(engine, ("MAX_CONCURRENT_REQUESTS", "1"), ("REQUEST_TIMEOUT", "60"));

        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => server.GetAsync("/expenses?limit=1")));

        Assert.All(answers, answer => answer.MustBe(200));
    }

    [Theory, EachEngine]
    public async Task Whoever_sends_a_body_slowly_takes_no_place_from_others(Engine engine)
    {
        await using var server = await TestServer.StartAsync(engine, ("MAX_CONCURRENT_REQUESTS", "1"), ("MAX_QUEUED_REQUESTS", "0"));
        using var slow = new TcpClient(server.Address.Host, server.Address.Port);
        await slow.GetStream().WriteAsync(Encoding.ASCII.GetBytes(
            $"POST /expenses HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: {Coffee.Length}\r\n\r\n{Coffee[..10]}"), Test.Token);

        (await server.GetAsync("/expenses?limit=1")).MustBe(200);
        await slow.GetStream().WriteAsync(Encoding.ASCII.GetBytes(Coffee[10..]), Test.Token);

        using var reader = new StreamReader(slow.GetStream());
        Assert.StartsWith("HTTP/1.1 201 ", await reader.ReadToEndAsync(Test.Token), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(9, 0, "414")]
    [InlineData(0, 33, "431")]
    public async Task An_address_or_headers_too_long_are_refused_and_the_next_request_is_served(int addressKiB, int headersKiB, string status)
    {
        await using var server = await TestServer.StartAsync(Engine.Sqlite);
        using var client = new TcpClient(server.Address.Host, server.Address.Port);
        var headers = string.Concat(Enumerable.Range(0, headersKiB).Select(i => $"X-{i}: {new string('x', 1024)}\r\n"));
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes($"GET /expenses?q={new string('x', addressKiB * 1024)} HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n"), Test.Token);

        var answer = new byte[64];
        var length = await client.GetStream().ReadAsync(answer, Test.Token);

        Assert.StartsWith($"HTTP/1.1 {status} ", Encoding.ASCII.GetString(answer, 0, length), StringComparison.Ordinal);
        (await server.GetAsync("/expenses?limit=1")).MustBe(200);
    }

    [Fact]
    public async Task Connections_beyond_the_limit_are_closed_and_those_before_go_on()
    {
        await using var server = await TestServer.StartAsync(Engine.Sqlite, ("MAX_CONNECTIONS", "10"));
        var idle = new List<TcpClient>();
        for (var i = 0; i < 10; i++)
        {
            idle.Add(new TcpClient(server.Address.Host, server.Address.Port));
            await idle[i].GetStream().WriteAsync("GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n"u8.ToArray(), Test.Token);
            if (await idle[i].GetStream().ReadAsync(new byte[1024], Test.Token) == 0)
                break;
        }

        using var next = new TcpClient(server.Address.Host, server.Address.Port);
        Assert.Equal(0, await next.GetStream().ReadAsync(new byte[1024], Test.Token));

        await idle[0].GetStream().WriteAsync("GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n"u8.ToArray(), Test.Token);
        Assert.True(await idle[0].GetStream().ReadAsync(new byte[1024], Test.Token) > 0);
        idle.ForEach(client => client.Dispose());
    }
}
