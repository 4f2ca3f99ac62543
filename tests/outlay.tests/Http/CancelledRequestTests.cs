using System.Net.Sockets;
using System.Text;
using Outlay.Tests.Harness;

namespace Outlay.Tests.Http;

/// <summary>Clients that do not wait for the answer.</summary>
public sealed class CancelledRequestTests
{
    [Theory, EachEngine]
    public async Task What_was_told_as_stored_is_stored_whoever_hangs_up(Engine engine)
    {
        await using var server = await TestServer.StartAsync(engine);
        var random = new Random(20260219);
        var moments = Enumerable.Range(0, 200).Select(_ => TimeSpan.FromMicroseconds(random.Next(12_000))).ToList();
        var stored = new List<long>();
        var cancelled = 0;

        foreach (var group in moments.Chunk(4))
        {
            var ids = await Task.WhenAll(group.Select(moment => AddAsync(server, moment)));
            stored.AddRange(ids.OfType<long>());
            cancelled += ids.Count(id => id is null);
        }

        await server.AddAsync("""{"date":"2026-02-19","description":"Last","amount":1}""");
        var present = (await server.GetAsync("/expenses")).Json.EnumerateArray().Select(expense => expense.GetProperty("id").GetInt64()).ToHashSet();
        Assert.NotEqual(0, cancelled);
        Assert.Empty(stored.Except(present));
        Assert.InRange(present.Count, stored.Count + 1, moments.Count + 1);
        Assert.Equal(present.Count, (await server.GetAsync("/expenses/summary")).Json.GetProperty("count").GetInt32());
        Assert.True((await server.Doctor.ExamineAsync(Test.Token)).IsHealthy);
    }

    [Theory, EachEngine]
    public async Task A_client_that_hangs_up_in_the_middle_of_its_body_is_no_failure_of_the_service(Engine engine)
    {
        using var logs = new TestFolder();
        await using var server = await TestServer.StartAsync(engine, ("LOG_FILE", logs.File("log")), ("LOG_LEVEL", "info"));
        using (var client = new TcpClient(server.Address.Host, server.Address.Port) { LingerState = new LingerOption(true, 0) })
        {
            await client.GetStream().WriteAsync(
                "POST /expenses HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 1000\r\nExpect: 100-continue\r\n\r\n"u8.ToArray(), Test.Token);
            // The server asks for the body only when the request has reached what reads it.
            await client.GetStream().ReadExactlyAsync(new byte[25], Test.Token);
            await client.GetStream().WriteAsync("{\"date\":"u8.ToArray(), Test.Token);
        }

        var log = "";
        await Eventually.TrueAsync("the request is logged", async () =>
            (log = await logs.ReadAllAsync()).Contains("http_request", StringComparison.Ordinal));
        // The web server may take the end of the connection for the end of the body.
        Assert.Matches("\"status\":(400|499),", log);
        Assert.DoesNotContain("request_failed", log, StringComparison.Ordinal);
        Assert.DoesNotContain("\"level\":\"error\"", log, StringComparison.Ordinal);
    }

    /// <returns>The id if the answer came before the client hung up.</returns>
    private static async Task<long?> AddAsync(TestServer server, TimeSpan moment)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/expenses");
        request.Content = new StringContent("""{"date":"2026-02-19","description":"Coffee","amount":3.50,"tags":["a","b","c"]}""", Encoding.UTF8, "application/json");
        using var hangUp = CancellationTokenSource.CreateLinkedTokenSource(Test.Token);
        hangUp.CancelAfter(moment);
        try
        {
            using var response = await server.Client.SendAsync(request, hangUp.Token);
            return (await Answer.ReadAsync(response)).MustBe(201).Json.GetProperty("id").GetInt64();
        }
        catch (OperationCanceledException) when (hangUp.IsCancellationRequested)
        {
            return null;
        }
    }
}
