using Outlay.Hosting;
using Outlay.Tests.Harness;

namespace Outlay.Tests.Telemetry;

/// <summary>What the metrics say is what has happened: exactly.</summary>
public sealed class MetricTests
{
    private const string Coffee = """{"date":"2026-02-19","description":"Coffee","amount":3.50}""";

    [Theory, EachEngine]
    public async Task Requests_and_changes_are_counted_exactly(Engine engine)
    {
        await using var server = await RunningServer.StartAsync(engine);
        var before = await server.ScrapeAsync();

        for (var i = 0; i < 3; i++)
            (await server.SendAsync("POST", "/expenses", Coffee)).MustBe(201);
        for (var i = 0; i < 2; i++)
            (await server.SendAsync("POST", "/expenses", Coffee, ("Idempotency-Key", "one"))).MustBe(201);
        (await server.SendAsync("PATCH", "/expenses/1", """{"amount":4}""", ("If-Match", "*"))).MustBe(200);
        (await server.SendAsync("DELETE", "/expenses/2")).MustBe(204);
        (await server.SendAsync("DELETE", "/expenses/3")).MustBe(204);
        (await server.SendAsync("POST", "/expenses/3/restore")).MustBe(200);
        (await server.SendAsync("POST", "/expenses", """{"amount":0}""")).MustBe(400);
        for (var i = 0; i < 2; i++)
            (await server.SendAsync("GET", "/expenses/77")).MustBe(404);
        (await server.SendAsync("GET", "/nowhere")).MustBe(404);
        await server.SendAsync("GET", "/readyz");
        await Eventually.TrueAsync("the stored figures are up to date", async () => (await server.ScrapeAsync())["outlay_expenses"] == 3);
        var after = await server.ScrapeAsync();

        Assert.Equal(5, Delta("http_server_request_duration_seconds_count", "http_request_method=\"POST\"", "http_route=\"/expenses\"", "http_response_status_code=\"201\""));
        Assert.Equal(2, Delta("http_server_request_duration_seconds_count", "http_request_method=\"GET\"", "http_response_status_code=\"404\"", "http_route=\"/expenses/{id:long}\""));
        Assert.Equal(13, Delta("http_server_request_duration_seconds_count"));
        Assert.Equal(4, Delta("outlay_expense_changes_total", "action=\"created\""));
        Assert.Equal(1, Delta("outlay_expense_changes_total", "action=\"updated\""));
        Assert.Equal(2, Delta("outlay_expense_changes_total", "action=\"deleted\""));
        Assert.Equal(1, Delta("outlay_expense_changes_total", "action=\"restored\""));
        Assert.Equal(1, Delta("outlay_idempotent_replays_total"));
        Assert.Equal(3, Delta("outlay_rejections_total", "code=\"not-found\""));
        Assert.Equal(1, Delta("outlay_rejections_total", "code=\"invalid-input\""));
        Assert.Equal(4, Delta("outlay_rejections_total"));
        Assert.Equal(1, after["outlay_trash_expenses"]);
        Assert.Equal(1, after["outlay_database_up"]);
        Assert.True(Delta("db_client_operation_duration_seconds_count", $"db_system_name=\"{(engine is Engine.Sqlite ? "sqlite" : "postgresql")}\"") > 13);

        double Delta(string name, params string[] labels) => after[name, labels] - (double.IsNaN(before[name, labels]) ? 0 : before[name, labels]);
    }

    [Theory, EachEngine]
    public async Task What_a_prober_does_is_told_apart_from_what_people_do(Engine engine)
    {
        await using var server = await RunningServer.StartAsync(engine);

        (await server.SendAsync("POST", "/expenses", Coffee)).MustBe(201);
        Assert.Equal(0, (await OutlayProcess.RunAsync(["probe", "--once", "--url", server.Client.BaseAddress!.ToString(), "--timeout", "1m"])).ExitCode);
        (await server.SendAsync("POST", "/expenses", Coffee.Replace("3.50", "3.50,\"currency\":\"XTS\"", StringComparison.Ordinal))).MustBe(201);
        await Eventually.TrueAsync("the stored figures are up to date", async () => (await server.ScrapeAsync())["outlay_trash_expenses"] == 1);
        var scrape = await server.ScrapeAsync();

        Assert.Equal(1, scrape["outlay_expenses"]);
        Assert.Equal((1, 2), (scrape["outlay_expense_changes_total", "action=\"created\"", "test=\"false\""], scrape["outlay_expense_changes_total", "action=\"created\"", "test=\"true\""]));
        Assert.Equal((0, 1), (scrape["outlay_expense_changes_total", "action=\"deleted\"", "test=\"false\""], scrape["outlay_expense_changes_total", "action=\"deleted\"", "test=\"true\""]));
    }

    [Fact]
    public async Task Requests_that_were_served_are_counted_from_0_on()
    {
        await using var server = await RunningServer.StartAsync(Engine.Sqlite);
        Assert.Equal((0, 0), await ServedAsync());

        (await server.SendAsync("GET", "/expenses")).MustBe(200);
        (await server.SendAsync("GET", "/expenses/77")).MustBe(404);
        (await server.SendAsync("POST", "/expenses", Coffee)).MustBe(201);
        // None of these is about what was promised.
        (await server.SendAsync("GET", "/nowhere")).MustBe(404);
        await server.SendAsync("GET", "/readyz");
        await server.SendAsync("OPTIONS", "/expenses");
        await server.Database.ExecuteAsync("alter table totals rename to gone");
        (await server.SendAsync("GET", "/expenses/summary")).MustBe(500);
        await server.Database.ExecuteAsync("alter table gone rename to totals");

        Assert.Equal((2, 1), await ServedAsync());

        async Task<(double Reads, double Writes)> ServedAsync()
        {
            var scrape = await server.ScrapeAsync();
            return (scrape["outlay_requests_served_total", "kind=\"read\""], scrape["outlay_requests_served_total", "kind=\"write\""]);
        }
    }

    [Fact]
    public async Task A_database_whose_tables_somebody_locks_is_up()
    {
        await using var server = await RunningServer.StartAsync(Engine.Postgres);
        Assert.Equal(1, (await server.ScrapeAsync())["outlay_database_up"]);

        await using var other = await OpenTransaction.BeginAsync(server.Database.Database, "lock table expenses, totals in access exclusive mode");
        for (var i = 0; i < 4; i++)
        {
            // What is stored cannot be read meanwhile.
            await Task.Delay(Readiness.Lifetime, Test.Token);
            Assert.Equal(1, (await server.ScrapeAsync())["outlay_database_up"]);
        }
    }

    [Theory, EachEngine]
    public async Task Imports_and_backups_of_verbs_show_on_the_server_and_survive_its_restart(Engine engine)
    {
        await using var server = await RunningServer.StartAsync(engine);
        var file = Path.Combine(server.Database.Folder, "rows.csv");
        await File.WriteAllTextAsync(file, "date,description,amount\n2026-02-19,Tea,2.50\n2026-02-20,Tea,0\n2026-02-21,Cake,3\n", Test.Token);

        Assert.Equal(3, (await server.RunAsync("import", file)).ExitCode);
        Assert.Equal(0, (await server.RunAsync("import", file, "--skip-invalid")).ExitCode);
        Assert.Equal(0, (await server.RunAsync("import", file, "--skip-invalid")).ExitCode);
        Assert.Equal(0, (await server.RunAsync("import", file, "--dry-run", "--skip-invalid")).ExitCode);
        await CheckAsync(server);
        var backup = await server.RunAsync("backup", "create");
        Assert.True(backup.ExitCode == 0, backup.Error);
        await using var second = OutlayProcess.StartServer(server.Database.Environment);
        using var client = new HttpClient { BaseAddress = await second.WaitForAddressAsync() };
        Scrape restarted = null!;
        await Eventually.TrueAsync("what is stored is told", async () => (restarted = new Scrape(await client.GetStringAsync(new Uri("/metrics", UriKind.Relative), Test.Token))).Families.ContainsKey("outlay_import_rows_total"));

        Assert.Equal(2, restarted["outlay_import_rows_total", "result=\"imported\""]);
        Assert.True(restarted["outlay_time_seconds"] - restarted["outlay_backup_last_success_timestamp_seconds", "destination=\"disk\""] is >= 0 and < 120);
        Assert.True(restarted["outlay_time_seconds"] - restarted["outlay_backup_last_verified_timestamp_seconds"] is >= 0 and < 120);
        Assert.True(restarted["outlay_backup_size_bytes"] > 500);

        static Task CheckAsync(RunningServer server) => Eventually.TrueAsync("the rows are told", async () =>
        {
            var scrape = await server.ScrapeAsync();
            return (scrape["outlay_import_rows_total", "result=\"imported\""], scrape["outlay_import_rows_total", "result=\"duplicate\""],
                scrape["outlay_import_rows_total", "result=\"invalid\""]) == (2, 2, 2);
        });
    }

    [Theory, EachEngine]
    public async Task A_total_and_a_history_that_were_changed_past_the_program_are_found(Engine engine)
    {
        await using var server = await RunningServer.StartAsync(engine, ("INTEGRITY_CHECK_INTERVAL", "1s"));
        (await server.SendAsync("POST", "/expenses", Coffee)).MustBe(201);
        await Eventually.TrueAsync("the check has run", async () => (await server.ScrapeAsync())["outlay_totals_mismatches"] == 0);

        await server.Database.ExecuteAsync("update totals set amount = amount + 1");
        await Eventually.TrueAsync("the totals are found", async () => (await server.ScrapeAsync()) is var now && now["outlay_totals_mismatches"] == 2 && now["outlay_history_faults"] == 0);
        Assert.Equal(0, (await server.RunAsync("doctor", "--repair")).ExitCode);
        await server.Database.ExecuteAsync("update history set content = replace(content, 'Coffee', 'Cocoa')");

        await Eventually.TrueAsync("the history is found", async () => (await server.ScrapeAsync()) is var now && now["outlay_history_faults"] == 1 && now["outlay_totals_mismatches"] == 0);
        await server.Process.WaitForOutputAsync("outlay doctor --deep");
    }

    [Theory, EachEngine]
    public async Task What_cannot_be_collected_is_an_error_and_never_an_empty_answer(Engine engine)
    {
        await using var server = await RunningServer.StartAsync(engine);
        (await server.SendAsync("GET", "/metrics")).MustBe(200);
        await server.Database.ExecuteAsync("alter table figures rename to away");

        await Eventually.TrueAsync("it is an error", async () => (await server.SendAsync("GET", "/metrics")).Status == 500);
        (await server.SendAsync("GET", "/metrics")).MustBeProblem(500, "internal");
    }

    [Fact]
    public async Task Without_telemetry_there_are_no_metrics()
    {
        await using var server = await RunningServer.StartAsync(Engine.Sqlite, ("OTEL_SDK_DISABLED", "true"));

        (await server.SendAsync("POST", "/expenses", Coffee)).MustBe(201);
        (await server.SendAsync("GET", "/metrics")).MustBeProblem(404, "not-found");
    }
}
