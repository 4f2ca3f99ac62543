using System.Net.Sockets;
using System.Text;
using Outlay.Http;
using Outlay.Tests.Harness;

namespace Outlay.Tests.Http;

/// <summary>Long lists, and clients that read them slowly or not at all.</summary>
[Collection(nameof(Alone))]
public sealed class ListStreamingTests
{
    private const int Count = 200_000;

    [Theory, EachEngine]
    public async Task A_long_list_takes_no_memory_that_grows_with_it(Engine engine)
    {
        const long Margin = 8 * 1024 * 1024;
        await using var server = await StartAsync(engine);
        (await server.GetAsync("/expenses?limit=1")).MustBe(200);
        var before = GC.GetTotalMemory(forceFullCollection: true);

        foreach (var type in new[] { "application/json", "application/x-ndjson", "text/csv" })
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/expenses");
            request.Headers.Add("Accept", type);
            using var response = await server.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Test.Token);
            await using var body = await response.Content.ReadAsStreamAsync(Test.Token);
            var buffer = new byte[64 * 1024];
            var length = 0L;
            var most = 0L;
            var reads = 0;
            for (int read; (read = await body.ReadAsync(buffer, Test.Token)) > 0; length += read)
            {
                // A collection of the whole heap takes its time: the client is slow.
                if (reads++ % 100 == 0)
                    most = Math.Max(most, GC.GetTotalMemory(forceFullCollection: true));
            }

            Assert.InRange(length, Count * 60L, long.MaxValue);
            Assert.InRange(most, 1, before + Margin);
        }
    }

    [Theory, EachEngine]
    public async Task Clients_that_go_away_in_the_middle_of_a_list_leave_nothing_behind(Engine engine)
    {
        await using var server = await StartAsync(engine);

        for (var i = 0; i < 200; i++)
        {
            using var client = new TcpClient(server.Address.Host, server.Address.Port) { LingerState = new LingerOption(true, 0) };
            await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes("GET /expenses HTTP/1.1\r\nHost: localhost\r\n\r\n"), Test.Token);
            await client.GetStream().ReadExactlyAsync(new byte[1024], Test.Token);
        }

        // There are fewer connections than there were clients.
        await Eventually.TrueAsync("the next request is answered", async () => (await server.GetAsync("/expenses/1")).Status == 200);
    }

    [Theory, EachEngine]
    public async Task Clients_that_do_not_read_their_lists_keep_nobody_from_anything_but_whole_lists(Engine engine)
    {
        await using var server = await StartAsync(engine);
        var clients = new List<TcpClient>();
        Answer answer;
        while ((answer = await server.SendAsync("HEAD", "/expenses")).Status == 200)
        {
            Assert.InRange(clients.Count, 0, 90);
            clients.Add(new TcpClient(server.Address.Host, server.Address.Port) { ReceiveBufferSize = 4096, LingerState = new LingerOption(true, 0) });
            await clients[^1].GetStream().WriteAsync(Encoding.ASCII.GetBytes("GET /expenses HTTP/1.1\r\nHost: localhost\r\n\r\n"), Test.Token);
            await clients[^1].GetStream().ReadExactlyAsync(new byte[100], Test.Token);
        }

        Assert.Equal("1", (await server.GetAsync("/expenses")).MustBeProblem(503, "unavailable")["Retry-After"]);
        (await server.GetAsync("/expenses?limit=5")).MustBe(200);
        (await server.GetAsync("/expenses/summary")).MustBe(200);
        (await server.GetAsync("/readyz")).MustBe(200);

        // Nobody hangs up: whoever reads nothing is cut off.
        await Eventually.TrueAsync("there is room for another list", async () => (await server.SendAsync("HEAD", "/expenses")).Status == 200);
        clients.ForEach(client => client.Dispose());
    }

    [Theory, EachEngine]
    public async Task One_key_has_no_more_than_its_share_of_whole_lists(Engine engine)
    {
        await using var server = await StartAsync(engine);
        var (slow, other) = (await server.MakeKeyAsync("default"), await server.MakeKeyAsync("default"));
        var clients = new List<TcpClient>();
        Answer answer;
        while ((answer = await server.SendAsync("HEAD", "/expenses", null, ("X-API-Key", slow))).Status == 200)
        {
            Assert.InRange(clients.Count, 0, 90);
            clients.Add(new TcpClient(server.Address.Host, server.Address.Port) { ReceiveBufferSize = 4096, LingerState = new LingerOption(true, 0) });
            await clients[^1].GetStream().WriteAsync(Encoding.ASCII.GetBytes($"GET /expenses HTTP/1.1\r\nHost: localhost\r\nX-API-Key: {slow}\r\n\r\n"), Test.Token);
            await clients[^1].GetStream().ReadExactlyAsync(new byte[100], Test.Token);
        }

        Assert.Equal((429, "1", WholeLists.Share), (answer.Status, answer["Retry-After"], clients.Count));
        (await server.SendAsync("HEAD", "/expenses", null, ("X-API-Key", other))).MustBe(200);
        (await server.GetAsync("/expenses?limit=5", ("X-API-Key", slow))).MustBe(200);

        clients.ForEach(client => client.Dispose());
        await Eventually.TrueAsync("the key has its share again", async () => (await server.SendAsync("HEAD", "/expenses", null, ("X-API-Key", slow))).Status == 200);
    }

    [Theory, EachEngine]
    public async Task A_list_that_breaks_off_is_not_taken_for_a_whole_one(Engine engine)
    {
        await using var server = await StartAsync(engine);
        // One of the last that are read is no expense.
        await server.Database.ExecuteAsync("update expenses set currency = 'XXX' where id = 1");

        foreach (var type in new[] { "application/json", "application/x-ndjson", "text/csv" })
            await Assert.ThrowsAsync<HttpRequestException>(() => server.GetAsync("/expenses", ("Accept", type)));

        (await server.GetAsync("/expenses?limit=1")).MustBe(200);
    }

    private static async Task<TestServer> StartAsync(Engine engine)
    {
        var server = await TestServer.StartAsync(engine);
        await server.Database.ExecuteAsync(
            $"""
            insert into expenses (owner, date, description, amount, currency, category_key, search_text, version, created_at, updated_at)
            with recursive numbers (n) as (select 1 union all select n + 1 from numbers where n < {Count})
            select 'default', '2026-02-19', 'Coffee', n, 'EUR', 'uncategorised', 'coffee', 1, '2026-02-19 10:30:00+00:00', '2026-02-19 10:30:00+00:00' from numbers
            """);
        return server;
    }
}
