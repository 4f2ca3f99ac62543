using System.Text.Json;
using Outlay.Tests.Harness;
using Outlay.Tests.Observability;

namespace Outlay.Tests.Status;

[Collection(nameof(Budgets))]
public sealed class StatusVerbTests
{
    private readonly Budgets _budgets;

    public StatusVerbTests(Budgets budgets)
    {
        Assert.SkipWhen(PrometheusServer.SkipReason is not null, PrometheusServer.SkipReason ?? "");
        _budgets = budgets;
    }

    [Theory, EachEngine]
    public async Task When_all_is_well_it_says_so_and_exits_with_0(Engine engine)
    {
        await using var server = await StartAsync(engine);

        var status = await StatusAsync(server, "--prometheus", _budgets.Kept);

        Assert.Equal((0, ""), (status.ExitCode, status.Error));
        Assert.Matches("\nservice +http://127.0.0.1:[0-9]+ +ok\n", status.Output);
        Assert.Matches("\ncheck +database +ok\n", status.Output);
        Assert.Matches("\nobjective +journey +kept +100.0 % of the budget left, burning 0.0 times as fast as it may; 99.9 % promised\n", status.Output);
        Assert.Matches("\nbackup +outlay_backup_20260219_103000.tar.gz +ok +[0-9]+[a-z] old, verified 2026-02-19 10:30:00Z\n", status.Output);
        Assert.DoesNotContain("Watchdog", status.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_budget_that_is_spent_and_an_alert_that_fires_are_named()
    {
        await using var server = await StartAsync(Engine.Sqlite);
        var environment = new Dictionary<string, string>(server.Database.Environment) { ["PROMETHEUS_URL"] = _budgets.Spent };

        var status = await StatusAsync(server, "--prometheus", _budgets.Spent, "--output", "json");
        var table = await OutlayProcess.RunAsync(["status", "--url", server.Address.ToString()], environment);

        Assert.Equal((1, 1), (status.ExitCode, table.ExitCode));
        Assert.Equal("Not all is well: the error budget of availability is spent; 2 alerts fire\n", status.Error);
        var json = JsonDocument.Parse(status.Output).RootElement;
        Assert.Equal("degraded", json.GetProperty("status").GetString());
        var objective = json.GetProperty("objectives").EnumerateArray().Single(objective => objective.GetProperty("name").GetString() == "availability");
        Assert.Equal("spent", objective.GetProperty("state").GetString());
        Assert.Equal(-9, objective.GetProperty("budget_left").GetDouble(), 0.001);
        Assert.Equal(10, objective.GetProperty("burn_rate").GetDouble(), 0.001);
        Assert.Equal(0.999, objective.GetProperty("objective").GetDouble());
        var alert = json.GetProperty("alerts").EnumerateArray().Single(alert => alert.GetProperty("name").GetString() == "AvailabilityBurnsFast");
        Assert.Equal("page", alert.GetProperty("severity").GetString());
        Assert.All([alert.GetProperty("since"), json.GetProperty("backup").GetProperty("verified_at")], time => Assert.Matches(@"T[0-9:]{8}\.[0-9]{3}Z$", time.GetString()));
        Assert.EndsWith("/runbooks/AvailabilityBurnsFast.md", alert.GetProperty("runbook_url").GetString(), StringComparison.Ordinal);
        Assert.Matches("\nalert +AvailabilityBurnsFast +page +The error budget of availability burns fast, since 20", table.Output);
    }

    [Fact]
    public async Task Without_a_Prometheus_it_shows_the_rest_and_says_how_to_get_one()
    {
        await using var server = await StartAsync(Engine.Sqlite);

        var status = await StatusAsync(server, "--output", "csv");

        Assert.Equal((0, ""), (status.ExitCode, status.Error));
        Assert.Contains("\nobjectives,,unknown,", status.Output, StringComparison.Ordinal);
        Assert.Contains("\ncheck,database,ok,", status.Output, StringComparison.Ordinal);
        Assert.Contains("name it with PROMETHEUS_URL or --prometheus", status.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_Prometheus_that_was_named_and_says_nothing_is_not_taken_for_well()
    {
        await using var server = await StartAsync(Engine.Sqlite);
        await using var blank = await PrometheusServer.StartAsync(withRules: false);

        var absent = await StatusAsync(server, "--prometheus", "http://127.0.0.1:1");
        var noRules = await StatusAsync(server, "--prometheus", blank.Address.ToString());
        var other = await StatusAsync(server, "--prometheus", server.Address.ToString());

        Assert.All([absent, noRules, other], status =>
        {
            Assert.Equal(69, status.ExitCode);
            Assert.Matches("\nservice +[^ ]+ +ok\n", status.Output);
            Assert.Matches("\nobjectives +unknown +", status.Output);
        });
        Assert.Contains("http://127.0.0.1:1 could not be reached", absent.Error, StringComparison.Ordinal);
        Assert.Contains("load the rules in observability/rules", noRules.Error, StringComparison.Ordinal);
        Assert.Contains("is not a Prometheus", other.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_server_it_shows_what_the_folder_of_the_backups_says()
    {
        await using var server = await StartAsync(Engine.Sqlite);

        var gone = await StatusAsync(server, "--url", "http://127.0.0.1:1");
        var other = await StatusAsync(server, "--url", _budgets.Kept);

        Assert.Equal((69, 69), (gone.ExitCode, other.ExitCode));
        Assert.Contains("http://127.0.0.1:1 could not be reached", gone.Error, StringComparison.Ordinal);
        Assert.Contains("Start the server with outlay serve", gone.Error, StringComparison.Ordinal);
        // Nobody says that nothing has changed since.
        Assert.Matches("\nbackup +outlay_backup_20260219_103000.tar.gz +stale +[0-9]+d old, verified 2026-02-19 10:30:00Z\n", gone.Output);
        Assert.Contains("answered 404 and no JSON", other.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Backups_that_are_missing_or_failed_are_told()
    {
        await using var server = await StartAsync(Engine.Sqlite);
        var verified = Assert.Single(Directory.GetFiles(server.Database.Settings.BackupsDir, "*.tar.gz"));

        File.Copy(verified, verified.Replace("103000", "113000", StringComparison.Ordinal));
        await File.WriteAllTextAsync($"{verified.Replace("103000", "113000", StringComparison.Ordinal)}.failed.json", "{}", Test.Token);
        var failed = await StatusAsync(server);
        File.Delete($"{verified}.verified.json");
        var missing = await OutlayProcess.RunAsync(
            ["status", "--url", server.Address.ToString()], new Dictionary<string, string>(server.Database.Environment) { ["OUTLAY_COMMAND"] = "./run" });

        Assert.Equal((1, 1), (failed.ExitCode, missing.ExitCode));
        Assert.Contains("the last verified backup is older than one that failed\n", failed.Error, StringComparison.Ordinal);
        Assert.Contains("the last verified backup is missing\n", missing.Error, StringComparison.Ordinal);
        Assert.Contains("./run backup create makes one now", missing.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_backup_dated_in_the_future_is_no_verified_one_and_hides_none()
    {
        await using var server = await StartAsync(Engine.Sqlite);
        var verified = Assert.Single(Directory.GetFiles(server.Database.Settings.BackupsDir, "*.tar.gz"));
        foreach (var file in new[] { verified, $"{verified}.verified.json" })
            File.Copy(file, file.Replace("20260219", "29990101", StringComparison.Ordinal));

        var kept = await StatusAsync(server);
        File.Delete($"{verified}.verified.json");
        var missing = await StatusAsync(server);

        Assert.Matches("\nbackup +outlay_backup_20260219_103000.tar.gz +ok +[0-9]+[a-z] old", kept.Output);
        Assert.Contains("the last verified backup is missing\n", missing.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_service_that_cannot_serve_is_told_with_its_reasons()
    {
        await using var server = await TestServer.StartAsync(new Dictionary<string, string> { ["DB_HOST"] = "127.0.0.1", ["DB_PORT"] = "1" });
        using var data = new TestFolder();

        var status = await OutlayProcess.RunAsync(["status", "--url", server.Address.ToString()], new Dictionary<string, string> { ["DATA_DIR"] = data.Path });

        Assert.Equal(69, status.ExitCode);
        Assert.Matches("\nservice +[^ ]+ +unavailable\n", status.Output);
        Assert.Matches("\ncheck +database +unavailable +[A-Z]", status.Output);
        Assert.Contains("the database is unavailable", status.Error, StringComparison.Ordinal);
    }

    private static async Task<TestServer> StartAsync(Engine engine)
    {
        var server = await TestServer.StartAsync(engine);
        await server.FirstBackup;
        return server;
    }

    private static Task<ProcessResult> StatusAsync(TestServer server, params string[] arguments) =>
        OutlayProcess.RunAsync(["status", .. arguments.Contains("--url") ? [] : (string[])["--url", server.Address.ToString()], .. arguments], server.Database.Environment);
}
