using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Outlay.Tests.Harness;

namespace Outlay.Tests.Http;

/// <summary>The real process is asked to stop.</summary>
public sealed class ShutdownTests
{
    private const string Coffee = """{"date":"2026-02-19","description":"Coffee","amount":3.50}""";

    [Theory, EachEngine]
    public async Task A_request_that_runs_is_completed_before_the_process_ends(Engine engine)
    {
        await using var database = await TestDatabase.CreateAsync(engine);
        await using var process = OutlayProcess.StartServer(database.Environment);
        var address = await process.WaitForAddressAsync();
        using var slow = new TcpClient(address.Host, address.Port);
        using var reader = await BeginAsync(slow);

        await process.SignalAsync("TERM");
        await Eventually.TrueAsync("no new connection is taken", () => RefusesAsync(address));
        await slow.GetStream().WriteAsync(Encoding.ASCII.GetBytes(Coffee), Test.Token);

        Assert.Equal("HTTP/1.1 201 Created", await reader.ReadLineAsync(Test.Token));
        Assert.Equal(0, (await process.WaitForExitAsync()).ExitCode);
        Assert.Equal(1, await database.ScalarAsync<long>("select count(*) from expenses"));
    }

    [Theory, EachEngine]
    public async Task A_server_that_is_asked_to_stop_is_unready_first_and_goes_on_serving(Engine engine)
    {
        await using var database = await TestDatabase.CreateAsync(engine);
        var environment = new Dictionary<string, string>(database.Environment) { ["DRAIN_DELAY"] = "10m", ["SHUTDOWN_TIMEOUT"] = "20m" };
        await using var process = OutlayProcess.StartServer(environment);
        using var client = new HttpClient { BaseAddress = await process.WaitForAddressAsync() };
        (await GetAsync(client, "/readyz")).MustBe(200);

        await process.SignalAsync("TERM");

        Answer ready = null!;
        await Eventually.TrueAsync("it is not ready", async () => (ready = await GetAsync(client, "/readyz")).Status == 503);
        Assert.Equal("The server is stopping: it finishes what it has and wants nothing new",
            ready.Json.GetProperty("checks").GetProperty("drain").GetProperty("reason").GetString());
        (await GetAsync(client, "/livez")).MustBe(200);
        // Whoever keeps the connection is told to make another one elsewhere.
        Assert.Equal("close", (await GetAsync(client, "/expenses")).MustBe(200)["Connection"]);
        using (var content = new StringContent(Coffee, Encoding.UTF8, "application/json"))
        using (var response = await client.PostAsync("/expenses", content, Test.Token))
            Assert.Equal(201, (int)response.StatusCode);

        // The second signal ends it at once.
        await process.SignalAsync("TERM");
        Assert.Equal(128 + 15, (await process.WaitForExitAsync()).ExitCode);
    }

    [Fact]
    public async Task A_server_that_leaves_says_so_once()
    {
        await using var database = await TestDatabase.CreateAsync(Engine.Sqlite);
        await using var process = OutlayProcess.StartServer(new Dictionary<string, string>(database.Environment) { ["DRAIN_DELAY"] = "1s" });
        await process.WaitForAddressAsync();

        await process.SignalAsync("TERM");

        var log = (await process.WaitForExitAsync()).Output;
        Assert.Single(log.Split('\n'), line => line.Contains("\"leaving\"", StringComparison.Ordinal));
        Assert.Single(log.Split('\n'), line => line.Contains("\"stopped\"", StringComparison.Ordinal));
    }

    [Theory, EachEngine]
    public async Task A_whole_list_that_is_being_read_is_sent_to_its_end(Engine engine)
    {
        const int Count = 100_000;
        await using var database = await TestDatabase.CreateAsync(engine);
        await database.ExecuteAsync(
            $"""
            insert into expenses (owner, date, description, amount, currency, category_key, search_text, version, created_at, updated_at)
            with recursive numbers (n) as (select 1 union all select n + 1 from numbers where n < {Count})
            select 'default', '2026-02-19', 'Coffee', n, 'EUR', 'uncategorised', 'coffee', 1, '2026-02-19 10:30:00+00:00', '2026-02-19 10:30:00+00:00' from numbers
            """);
        await using var process = OutlayProcess.StartServer(database.Environment);
        var address = await process.WaitForAddressAsync();
        using var client = new HttpClient { BaseAddress = address };
        using var response = await client.GetAsync("/expenses", HttpCompletionOption.ResponseHeadersRead, Test.Token);
        await using var body = await response.Content.ReadAsStreamAsync(Test.Token);

        await process.SignalAsync("TERM");
        await Eventually.TrueAsync("no new connection is taken", () => RefusesAsync(address));

        var list = await JsonDocument.ParseAsync(body, default, Test.Token);
        Assert.Equal(Count, list.RootElement.GetArrayLength());
        Assert.Equal(0, (await process.WaitForExitAsync()).ExitCode);
    }

    [Theory, EachEngine]
    public async Task What_does_not_end_is_cut_off_in_time_and_the_log_says_so(Engine engine)
    {
        await using var database = await TestDatabase.CreateAsync(engine);
        await using var process = OutlayProcess.StartServer(new Dictionary<string, string>(database.Environment) { ["SHUTDOWN_TIMEOUT"] = "1s" });
        var address = await process.WaitForAddressAsync();
        using var slow = new TcpClient(address.Host, address.Port);
        using var reader = await BeginAsync(slow);

        await process.SignalAsync("TERM");

        var end = await process.WaitForExitAsync();
        Assert.Equal(0, end.ExitCode);
        Assert.Contains("\"cut_off\"", end.Output, StringComparison.Ordinal);
        Assert.Equal(0, await database.ScalarAsync<long>("select count(*) from expenses"));
    }

    /// <summary>Sends a request without its body, up to where the server asks for it: by then it has reached what reads it.</summary>
    private static async Task<StreamReader> BeginAsync(TcpClient client)
    {
        var reader = new StreamReader(client.GetStream(), Encoding.ASCII);
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(
            $"POST /expenses HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {Coffee.Length}\r\nExpect: 100-continue\r\n\r\n"), Test.Token);
        Assert.Equal("HTTP/1.1 100 Continue", await reader.ReadLineAsync(Test.Token));
        await reader.ReadLineAsync(Test.Token);
        return reader;
    }

    private static async Task<Answer> GetAsync(HttpClient client, string path)
    {
        using var response = await client.GetAsync(path, Test.Token);
        return await Answer.ReadAsync(response);
    }

    private static async Task<bool> RefusesAsync(Uri address)
    {
        using var client = new TcpClient();
        try
        {
            await client.ConnectAsync(address.Host, address.Port);
            return false;
        }
        catch (SocketException)
        {
            // Refused, or reset if it came at the very moment at which the server stopped listening.
            return true;
        }
    }
}
