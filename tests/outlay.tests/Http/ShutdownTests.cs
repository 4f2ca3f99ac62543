using System.Net.Sockets;
using System.Text;
using Outlay.Tests.Harness;

namespace Outlay.Tests.Http;

/// <summary>The real process is asked to stop.</summary>
public sealed class ShutdownTests
{
    [Theory, EachEngine]
    public async Task A_request_that_runs_is_completed_before_the_process_ends(Engine engine)
    {
        const string Coffee = """{"date":"2026-02-19","description":"Coffee","amount":3.50}""";
        await using var database = await TestDatabase.CreateAsync(engine);
        await using var process = OutlayProcess.StartServer(database.Environment);
        var address = await process.WaitForAddressAsync();
        using var slow = new TcpClient(address.Host, address.Port);
        var stream = slow.GetStream();
        using var reader = new StreamReader(stream, Encoding.ASCII);
        await stream.WriteAsync(Encoding.ASCII.GetBytes(
            $"POST /expenses HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {Coffee.Length}\r\nExpect: 100-continue\r\n\r\n"), Test.Token);
        // The server asks for the body only when the request has reached what reads it.
        Assert.Equal("HTTP/1.1 100 Continue", await reader.ReadLineAsync(Test.Token));
        await reader.ReadLineAsync(Test.Token);

        await process.SignalAsync("TERM");
        await Eventually.TrueAsync("no new connection is taken", () => RefusesAsync(address));
        await stream.WriteAsync(Encoding.ASCII.GetBytes(Coffee), Test.Token);

        Assert.Equal("HTTP/1.1 201 Created", await reader.ReadLineAsync(Test.Token));
        Assert.Equal(0, (await process.WaitForExitAsync()).ExitCode);
        Assert.Equal(1, await database.ScalarAsync<long>("select count(*) from expenses"));
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
