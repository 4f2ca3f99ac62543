using Outlay.Tests.Harness;
using Outlay.Tests.Telemetry;

namespace Outlay.Tests.Probe;

/// <summary>A service is watched from outside, by what a user does.</summary>
public sealed class ProbeTests
{
    [Theory, EachEngine]
    public async Task A_journey_that_goes_well_leaves_nothing_that_counts(Engine engine)
    {
        await using var server = await TestServer.StartAsync(engine);

        var probe = await OutlayProcess.RunAsync(["probe", "--once", "--url", server.Address.ToString(), "--timeout", "1m"]);

        Assert.Equal((0, ""), (probe.ExitCode, probe.Error));
        Assert.StartsWith("Wrote, read, summed up and deleted an expense in ", probe.Output, StringComparison.Ordinal);
        Assert.Equal("[]", (await server.GetAsync("/expenses")).Body);
        Assert.DoesNotContain("XTS", (await server.GetAsync("/expenses/summary")).Body, StringComparison.Ordinal);
        Assert.Equal(2, await server.Database.ScalarAsync<long>("select count(*) from history"));
    }

    [Fact]
    public async Task A_service_that_is_not_there_is_told()
    {
        var probe = await OutlayProcess.RunAsync(["probe", "--once", "--url", $"http://127.0.0.1:{PostgresCluster.FreePort()}"]);

        Assert.Equal((69, ""), (probe.ExitCode, probe.Output));
        Assert.Contains("the journey ended at its step write, not reached: nobody listens there, or the network does not lead there.", probe.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, "answered 401: it wants a key; outlay keys create probe --owner probe makes one, and PROBE_API_KEY holds it.")]
    [InlineData("outlay_wrong", "answered 401: it does not take the key in PROBE_API_KEY.")]
    [InlineData("read", "answered 403: the key in PROBE_API_KEY needs the scopes read and write.")]
    public async Task A_service_that_does_not_let_it_in_is_told_with_the_cure(string? key, string told)
    {
        await using var server = await TestServer.StartAsync(Engine.Sqlite);
        var reading = await server.MakeKeyAsync("probe", "read");
        var environment = key is null ? [] : new Dictionary<string, string> { ["PROBE_API_KEY"] = key == "read" ? reading : key };

        var probe = await OutlayProcess.RunAsync(["probe", "--once", "--url", server.Address.ToString(), "--timeout", "1m"], environment);

        Assert.Equal((69, $"{server.Address}: the journey ended at its step write, {told}\n"), (probe.ExitCode, probe.Error));
    }

    [Fact]
    public async Task A_journey_that_breaks_off_deletes_what_it_wrote()
    {
        await using var server = await TestServer.StartAsync(Engine.Sqlite);
        // Sums can no longer be asked for.
        await server.Database.ExecuteAsync("alter table totals rename to gone");
        await server.Database.ExecuteAsync("create view totals as select * from gone where 1 = 0");
        await server.Database.ExecuteAsync("create trigger no_sum instead of insert on totals begin select 1; end");

        var probe = await OutlayProcess.RunAsync(["probe", "--once", "--url", server.Address.ToString(), "--timeout", "1m"]);

        Assert.Equal(69, probe.ExitCode);
        Assert.Equal(0, await server.Database.ScalarAsync<long>("select count(*) from expenses where deleted_at is null"));
    }

    [Theory]
    [InlineData("", "write")]
    [InlineData("<html>", "write")]
    [InlineData("[]", "write")]
    [InlineData("""{"id":"7"}""", "write")]
    [InlineData("""{"id":1.5}""", "write")]
    [InlineData("""{"id":1e99}""", "write")]
    [InlineData("""{"id":7}""", "read")]
    [InlineData("""{"id":7,"amount":1e99}""", "read")]
    [InlineData("""{"id":7,"amount":1,"totals":[]}""", "summarise")]
    [InlineData("""{"id":7,"amount":1,"totals":[{"count":0.5}]}""", "summarise")]
    public async Task A_service_that_answers_something_else_has_failed(string answer, string step)
    {
        await using var service = await OtherService.StartAsync(answer);

        var probe = await OutlayProcess.RunAsync(["probe", "--once", "--url", service.Address.ToString(), "--timeout", "1m"]);

        Assert.Equal((69, ""), (probe.ExitCode, probe.Output));
        Assert.Contains($"the journey ended at its step {step}, answered something else than Outlay does", probe.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_prober_goes_on_whatever_it_is_answered_and_says_when_its_next_journey_is_over()
    {
        await using var service = await OtherService.StartAsync("""{"id":1.5}""");
        await using var probe = await RunningProbe.StartAsync(service.Address);

        await Eventually.TrueAsync("journeys fail", async () => (await probe.ScrapeAsync())["outlay_probe_journeys_total", "result=\"failure\""] > 1);

        var scrape = await probe.ScrapeAsync();
        // Four steps of a minute, and one to clean up.
        Assert.InRange(scrape["outlay_probe_journey_due_timestamp_seconds"] - DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() / 1000.0, 240, 301);
        Assert.Equal(0, scrape["outlay_log_records_dropped_total"]);
    }

    [Fact]
    public async Task A_prober_that_hangs_outside_its_steps_is_known_by_the_journey_that_is_due()
    {
        using var folder = new TestFolder();
        await File.WriteAllTextAsync(folder.File("key"), "ok_of_nobody", Test.Token);
        await using var service = await OtherService.StartAsync("{}");
        await using var probe = await RunningProbe.StartAsync(service.Address, ("PROBE_API_KEY_FILE", folder.File("key")));
        var first = (await probe.ScrapeAsync())["outlay_probe_journey_due_timestamp_seconds"];
        await Eventually.TrueAsync("the next one is due later", async () => (await probe.ScrapeAsync())["outlay_probe_journey_due_timestamp_seconds"] > first);

        // Whoever opens a pipe that nobody writes into waits, as for a disk of the network that is gone.
        await Command.RunAsync("mkfifo", folder.File("pipe"));
        File.Move(folder.File("pipe"), folder.File("key"), overwrite: true);

        double due = 0;
        await Eventually.TrueAsync("no journey is over any more", async () => due == (due = (await probe.ScrapeAsync())["outlay_probe_journey_due_timestamp_seconds"]) && await StandsAsync());

        async Task<bool> StandsAsync()
        {
            await Task.Delay(TimeSpan.FromSeconds(1), Test.Token);
            return due == (await probe.ScrapeAsync())["outlay_probe_journey_due_timestamp_seconds"];
        }
    }

    [Fact]
    public async Task Success_and_failure_are_counted_for_Prometheus_and_logged_one_line_each()
    {
        var server = await TestServer.StartAsync(Engine.Sqlite);
        var listen = new Uri($"http://127.0.0.1:{PostgresCluster.FreePort()}");
        await using var probe = OutlayProcess.Start(
            ["probe", "--url", server.Address.ToString(), "--listen", listen.ToString(), "--interval", "100ms", "--timeout", "1m"]);
        using var client = new HttpClient { BaseAddress = listen };

        await Eventually.TrueAsync("journeys succeed", async () => await CountAsync(client, "success") > 1);
        Assert.Equal((0, "ok\n"), await HealthAsync(listen));
        Assert.Equal(0, await CountAsync(client, "failure"));
        await server.DisposeAsync();
        await Eventually.TrueAsync("journeys fail", async () => await CountAsync(client, "failure") > 1);
        // It lives, whatever the service does.
        Assert.Equal((0, "ok\n"), await HealthAsync(listen));
        await probe.SignalAsync("TERM");
        var end = await probe.WaitForExitAsync();

        Assert.Equal(0, end.ExitCode);
        Assert.Contains("\"event\":\"journey_succeeded\"", end.Output, StringComparison.Ordinal);
        Assert.Contains("\"event\":\"journey_failed\"", end.Output, StringComparison.Ordinal);
    }

    private static async Task<(int ExitCode, string Output)> HealthAsync(Uri listen)
    {
        var health = await OutlayProcess.RunAsync(["healthcheck", "--url", new Uri(listen, "/livez").ToString()]);
        return (health.ExitCode, health.Output);
    }

    private static async Task<double> CountAsync(HttpClient client, string result)
    {
        try
        {
            var text = await client.GetStringAsync(new Uri("/metrics", UriKind.Relative), Test.Token);
            var line = text.Split('\n').FirstOrDefault(line => line.StartsWith("outlay_probe_journeys_total{", StringComparison.Ordinal) && line.Contains($"result=\"{result}\"", StringComparison.Ordinal));
            return line is null ? -1 : double.Parse(line[(line.LastIndexOf(' ') + 1)..], System.Globalization.CultureInfo.InvariantCulture);
        }
        catch (HttpRequestException)
        {
            // It does not listen yet.
            return -1;
        }
    }
}
