using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;
using Outlay.Hosting;
using Outlay.Tests.Harness;
using Outlay.Tests.Telemetry;

namespace Outlay.Tests.Hosting;

/// <summary>What the probes of a server say, what asking them costs, and where it does not show.</summary>
public sealed class HealthTests
{
    private static readonly (string, string)[] s_anyDisk = [("DATA_MIN_FREE", "0KiB"), ("BACKUPS_MIN_FREE", "0KiB")];

    [Theory, EachEngine]
    public async Task A_server_that_lacks_nothing_says_so_of_each_thing(Engine engine)
    {
        await using var server = await TestServer.StartAsync(engine, s_anyDisk);

        Assert.Equal("""{"status":"ok"}""", (await server.GetAsync("/livez")).MustBe(200).Body);
        Assert.Equal("""{"status":"ok"}""", (await server.GetAsync("/startupz")).MustBe(200).Body);
        var ready = (await server.GetAsync("/readyz")).MustBe(200).Json;
        Assert.Equal("ok", ready.GetProperty("status").GetString());
        var checks = ready.GetProperty("checks").EnumerateObject().ToList();
        Assert.Equal(["database", "schema", "drain", "disk", "backup"], checks.Select(check => check.Name));
        Assert.All(checks, check => Assert.Equal("""{"status":"ok","reason":null}""", check.Value.GetRawText()));
    }

    [Theory, EachEngine]
    public async Task A_disk_that_is_nearly_full_degrades_and_is_named_with_its_setting(Engine engine)
    {
        await using var server = await TestServer.StartAsync(engine, ("DATA_MIN_FREE", "1024TiB"), ("BACKUPS_MIN_FREE", "1024TiB"));

        var ready = (await server.GetAsync("/readyz")).MustBe(200).Json;

        Assert.Equal("degraded", ready.GetProperty("status").GetString());
        var disk = ready.GetProperty("checks").GetProperty("disk");
        Assert.Equal("degraded", disk.GetProperty("status").GetString());
        Assert.Matches(
            $@"^The disk of {server.Database.Folder} has \d+[KMGT]iB free, less than DATA_MIN_FREE \(1024TiB\); " +
            $@"The disk of {server.Database.Folder}/backups has \d+[KMGT]iB free, less than BACKUPS_MIN_FREE \(1024TiB\)$",
            disk.GetProperty("reason").GetString());
        (await server.GetAsync("/expenses")).MustBe(200);
    }

    [Theory, EachEngine]
    public async Task A_backup_that_is_late_degrades(Engine engine)
    {
        await using var server = await TestServer.StartAsync(engine, s_anyDisk);
        await server.FirstBackup;

        server.Database.Clock.Advance(TimeSpan.FromHours(25.5));
        Assert.Equal("ok", (await server.GetAsync("/readyz")).MustBe(200).Json.GetProperty("status").GetString());
        server.Database.Clock.Advance(TimeSpan.FromHours(1));

        Answer answer = null!;
        await Eventually.TrueAsync("the backup is late",
            async () => (answer = await server.GetAsync("/readyz")).MustBe(200).Json.GetProperty("status").GetString() == "degraded");
        Assert.Equal("No verified backup was made for 26 hours; one is due every 1d (BACKUP_INTERVAL)",
            answer.Json.GetProperty("checks").GetProperty("backup").GetProperty("reason").GetString());
    }

    [Fact]
    public async Task Probes_that_come_together_share_a_check_and_its_answer_holds_a_second()
    {
        await using var server = await TestServer.StartAsync(Engine.Sqlite);
        var (count, end) = (0, new TaskCompletionSource<HealthCheckResult>());
        server.Services.GetRequiredService<IOptions<HealthCheckServiceOptions>>().Value.Registrations.Add(
            new HealthCheckRegistration("counted", new CountedCheck(() =>
            {
                Interlocked.Increment(ref count);
                return end.Task;
            }), null, null));

        var probes = Enumerable.Range(0, 50).Select(_ => server.GetAsync("/readyz")).ToList();
        await Eventually.TrueAsync("the check runs", () => Task.FromResult(count > 0));
        await Task.Delay(Readiness.Lifetime, Test.Token);
        end.SetResult(HealthCheckResult.Healthy());
        Assert.All(await Task.WhenAll(probes), answer => answer.MustBe(200));
        Assert.Equal(1, count);

        var clock = Stopwatch.StartNew();
        for (var i = 0; i < 200; i++)
            await server.GetAsync("/readyz");
        Assert.InRange(count, 1, 2 + (int)(clock.Elapsed / Readiness.Lifetime));
        await Eventually.TrueAsync("it is checked again", async () => (await server.GetAsync("/readyz")).Status == 200 && count > 1);
    }

    [Fact]
    public async Task Probes_do_not_show_in_the_figures_of_requests()
    {
        var routes = new HashSet<string?>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, all) =>
        {
            if (instrument.Name == "http.server.request.duration")
                all.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<double>((_, _, tags, _) =>
        {
            foreach (var tag in tags)
            {
                if (tag.Key == "http.route")
                {
                    lock (routes)
                        routes.Add(tag.Value as string);
                }
            }
        });
        listener.Start();
        await using var server = await TestServer.StartAsync(Engine.Sqlite);

        foreach (var path in new[] { "/livez", "/readyz", "/startupz", "/trash" })
            (await server.GetAsync(path)).MustBe(200);

        await Eventually.TrueAsync("a request was measured", () => Task.FromResult(Measured("/trash")));
        Assert.False(Measured("/livez") || Measured("/readyz") || Measured("/startupz"));

        bool Measured(string route)
        {
            lock (routes)
                return routes.Contains(route);
        }
    }

    [Theory, EachEngine]
    public async Task What_the_checks_say_and_the_space_on_disks_can_be_scraped(Engine engine)
    {
        await using var server = await TestServer.StartAsync(engine, ("DATA_MIN_FREE", "1024TiB"));
        await server.FirstBackup;

        Scrape scrape = null!;
        await Eventually.TrueAsync("the checks are told", async () =>
            !double.IsNaN((scrape = new Scrape((await server.GetAsync("/metrics")).MustBe(200).Body))["outlay_health_status"]));

        Assert.Equal((1, 1, 1, 0.5, 1), (Status("database"), Status("schema"), Status("drain"), Status("disk"), Status("backup")));
        foreach (var volume in new[] { "data", "backups" })
            Assert.InRange(scrape["outlay_disk_free_bytes", $"volume=\"{volume}\""], 1, scrape["outlay_disk_size_bytes", $"volume=\"{volume}\""]);

        double Status(string check) => scrape["outlay_health_status", $"check=\"{check}\""];
    }

    private sealed class CountedCheck(Func<Task<HealthCheckResult>> check) : IHealthCheck
    {
        public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken) => check();
    }
}
