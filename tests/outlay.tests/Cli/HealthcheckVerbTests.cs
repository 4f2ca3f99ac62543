using System.Net;
using System.Net.Sockets;
using Outlay.Tests.Harness;

namespace Outlay.Tests.Cli;

/// <summary>The built program asks a server how it is.</summary>
public sealed class HealthcheckVerbTests
{
    [Fact]
    public async Task A_server_is_found_by_its_own_settings_wherever_it_listens()
    {
        await using var server = await StartAsync();
        foreach (var host in new[] { "127.0.0.1", "0.0.0.0", "[::]", "outlay.example" })
        {
            var environment = new Dictionary<string, string> { ["LISTEN"] = $"http://{host}:{server.Address.Port}", ["http_proxy"] = "http://127.0.0.1:9" };

            var check = await OutlayProcess.RunAsync(["healthcheck"], environment);

            Assert.Equal((0, "ok\n", ""), (check.ExitCode, check.Output, check.Error));
        }
    }

    [Fact]
    public async Task What_degrades_a_server_is_told_and_is_no_failure()
    {
        await using var server = await StartAsync(("DATA_MIN_FREE", "1024TiB"));

        var check = await OutlayProcess.RunAsync(["healthcheck", "--url", $"{server.Address}"]);

        Assert.Equal((0, ""), (check.ExitCode, check.Error));
        Assert.Matches(@"^degraded\ndisk: The disk of \S+ has \w+ free, less than DATA_MIN_FREE \(1024TiB\)\n$", check.Output);
    }

    [Fact]
    public async Task A_server_that_cannot_work_fails_with_its_reasons_and_is_alive_all_the_same()
    {
        using var folder = new TestFolder();
        await File.WriteAllTextAsync(folder.File("taken"), "", Test.Token);
        await using var server = await TestServer.StartAsync(new Dictionary<string, string> { ["DATA_DIR"] = Path.Combine(folder.File("taken"), "data") });

        var ready = await OutlayProcess.RunAsync(["healthcheck", "--url", $"{server.Address}"]);
        var live = await OutlayProcess.RunAsync(["healthcheck", "--url", $"{server.Address}livez"]);

        Assert.Equal((69, ""), (ready.ExitCode, ready.Output));
        Assert.Contains("/readyz says: unavailable\ndatabase: ", ready.Error, StringComparison.Ordinal);
        Assert.Contains("set DATA_DIR to a folder of your own", ready.Error, StringComparison.Ordinal);
        Assert.Equal((0, "ok\n"), (live.ExitCode, live.Output));
    }

    [Fact]
    public async Task Nobody_or_somebody_else_at_the_address_fails_with_the_reason()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        var address = $"http://{silent.LocalEndpoint}";

        var hanging = await OutlayProcess.RunAsync(["healthcheck", "--url", address]);
        silent.Stop();
        var refused = await OutlayProcess.RunAsync(["healthcheck", "--url", address]);
        await using var server = await StartAsync();
        var other = await OutlayProcess.RunAsync(["healthcheck", "--url", $"{server.Address}nothing"]);

        Assert.Equal((69, 69, 69), (hanging.ExitCode, refused.ExitCode, other.ExitCode));
        Assert.Contains($"{address} did not answer within 5 s", hanging.Error, StringComparison.Ordinal);
        Assert.Contains($"{address} could not be reached: Connection refused", refused.Error, StringComparison.Ordinal);
        Assert.Contains("/nothing is no check of Outlay", other.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("elsewhere", other.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--url is 'here': use an address like http://127.0.0.1:8000.", "--url", "here")]
    [InlineData("LISTEN has port 0, so the server took any: name it with --url.")]
    public async Task An_address_that_says_nothing_is_refused(string told, params string[] arguments)
    {
        var check = await OutlayProcess.RunAsync(["healthcheck", .. arguments], new Dictionary<string, string> { ["LISTEN"] = "http://127.0.0.1:0" });

        Assert.Equal(2, check.ExitCode);
        Assert.Contains(told, check.Error, StringComparison.Ordinal);
    }

    private static Task<TestServer> StartAsync(params (string, string)[] settings) =>
        TestServer.StartAsync(Engine.Sqlite, [("DATA_MIN_FREE", "0KiB"), ("BACKUPS_MIN_FREE", "0KiB"), ("ALLOW_ANONYMOUS", "true"), .. settings]);
}
