using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Outlay.Limits;
using Outlay.Tests.Harness;

namespace Outlay.Tests.Limits;

/// <summary>Clients that hold connections and send little.</summary>
[Collection(nameof(Alone))]
public sealed class SlowClientTests
{
    /// <summary>No measure of speed: the server looks at its connections once a second, and slow machines later.</summary>
    private static readonly TimeSpan s_margin = TimeSpan.FromSeconds(15);

    [Fact]
    public async Task Whoever_sends_a_header_byte_by_byte_is_ended_in_time_while_others_are_served()
    {
        const int Count = 50;
        await using var server = await TestServer.StartAsync(Engine.Sqlite, ("MAX_CONNECTIONS", $"{Count + 10}"));
        await server.FirstBackup;
        var clock = Stopwatch.StartNew();
        var slow = Enumerable.Range(0, Count).Select(_ => DripAsync(server.Address)).ToList();

        var served = 0;
        while (!slow.TrueForAll(client => client.IsCompleted) && clock.Elapsed < LimitSettings.HeaderTime + s_margin)
        {
            (await server.GetAsync("/expenses?limit=1")).MustBe(200);
            served++;
            await Task.Delay(100, Test.Token);
        }

        Assert.All(await Task.WhenAll(slow).WaitAsync(TimeSpan.FromSeconds(5), Test.Token), answer => Assert.True(answer.Length == 0 || answer.StartsWith("HTTP/1.1 408 ", StringComparison.Ordinal), answer));
        Assert.True(served > 10, $"{served} requests prove little.");
    }

    [Fact]
    public async Task A_connection_that_is_not_used_is_closed_soon()
    {
        await using var server = await TestServer.StartAsync(Engine.Sqlite);
        using var client = new TcpClient(server.Address.Host, server.Address.Port);
        await AskAsync(client);

        var ended = client.GetStream().ReadAsync(new byte[1], Test.Token).AsTask();

        Assert.Equal(0, await ended.WaitAsync(LimitSettings.IdleTime + s_margin, Test.Token));
    }

    [Fact]
    public async Task One_address_cannot_take_all_connections_from_others()
    {
        await using var server = await TestServer.StartAsync(Engine.Sqlite, ("LISTEN", "http://0.0.0.0:0"), ("MAX_CONNECTIONS", "40"), ("MAX_CONNECTIONS_PER_ADDRESS", "10"));
        var greedy = await Task.WhenAll(Enumerable.Range(0, 30).Select(_ => ConnectAsync(server.Address.Port, "127.0.0.1")));
        var answered = await Task.WhenAll(greedy.Select(AskAsync));

        using var other = await ConnectAsync(server.Address.Port, "127.0.0.2");

        Assert.Equal(10, answered.Count(isAnswered => isAnswered));
        Assert.True(await AskAsync(other));
        foreach (var client in greedy)
            client.Dispose();
        await Eventually.TrueAsync("the address has its share again", async () =>
        {
            using var again = await ConnectAsync(server.Address.Port, "127.0.0.1");
            return await AskAsync(again);
        });
    }

    [Fact]
    public async Task A_trusted_proxy_has_as_many_connections_as_there_are()
    {
        await using var server = await TestServer.StartAsync(Engine.Sqlite,
            ("LISTEN", "http://0.0.0.0:0"), ("MAX_CONNECTIONS", "40"), ("MAX_CONNECTIONS_PER_ADDRESS", "10"), ("TRUSTED_PROXIES", "127.0.0.1"));
        var connections = await Task.WhenAll(Enumerable.Range(0, 30).Select(_ => ConnectAsync(server.Address.Port, "127.0.0.1")));

        Assert.All(await Task.WhenAll(connections.Select(AskAsync)), Assert.True);
        foreach (var connection in connections)
            connection.Dispose();
    }

    [Fact]
    public async Task A_body_that_is_announced_and_does_not_come_takes_no_memory()
    {
        const int Count = 500;
        await using var server = await TestServer.StartAsync(Engine.Sqlite);
        await server.FirstBackup;
        var waiting = await Task.WhenAll(Enumerable.Range(0, Count).Select(_ => ConnectAsync(server.Address.Port, "127.0.0.1")));
        Assert.All(await Task.WhenAll(waiting.Select(AskAsync)), Assert.True);
        var before = GC.GetTotalMemory(forceFullCollection: true);

        foreach (var client in waiting)
            await client.GetStream().WriteAsync("POST /expenses HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 65536\r\n\r\n{"u8.ToArray(), Test.Token);
        await Task.Delay(TimeSpan.FromSeconds(3), Test.Token);

        // What was announced is 31 MiB.
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - before, long.MinValue, 12 * 1024 * 1024);
        foreach (var client in waiting)
            client.Dispose();
    }

    /// <summary>Sends a header for as long as the server takes it.</summary>
    /// <returns>What the server said at last.</returns>
    private static async Task<string> DripAsync(Uri address)
    {
        using var client = new TcpClient(address.Host, address.Port) { NoDelay = true };
        var reading = ReadAsync();
        try
        {
            await client.GetStream().WriteAsync("GET /expenses HTTP/1.1\r\nHost: localhost\r\nX-Slow: "u8.ToArray(), Test.Token);
            while (!reading.IsCompleted)
            {
                await client.GetStream().WriteAsync("x"u8.ToArray(), Test.Token);
                await Task.WhenAny(reading, Task.Delay(200, Test.Token));
            }
        }
        catch (IOException)
        {
            // Closed while a byte was on its way.
        }

        return await reading;

        async Task<string> ReadAsync()
        {
            var buffer = new byte[1024];
            try
            {
                return Encoding.ASCII.GetString(buffer, 0, await client.GetStream().ReadAsync(buffer, Test.Token));
            }
            catch (IOException)
            {
                return "";
            }
        }
    }

    private static async Task<TcpClient> ConnectAsync(int port, string from)
    {
        var client = new TcpClient(new IPEndPoint(IPAddress.Parse(from), 0));
        await client.ConnectAsync(IPAddress.Loopback, port, Test.Token);
        return client;
    }

    /// <returns>Whether there was an answer.</returns>
    private static async Task<bool> AskAsync(TcpClient client)
    {
        try
        {
            await client.GetStream().WriteAsync("GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n"u8.ToArray(), Test.Token);
            return await client.GetStream().ReadAsync(new byte[1024], Test.Token) > 0;
        }
        catch (IOException)
        {
            return false;
        }
    }
}
