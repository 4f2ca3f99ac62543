using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Outlay.Storage;
using Outlay.Tests.Harness;

namespace Outlay.Tests.Http;

/// <summary>The network between the service and PostgreSQL fails, at the worst moments.</summary>
public sealed class LostConnectionTests
{
    private const string Coffee = """{"date":"2026-02-19","description":"Coffee","amount":3.50}""";

    /// <summary>Makes each commit wait for a lock.</summary>
    private const string SlowCommit =
        """
        create function wait_in_commit() returns trigger language plpgsql as $$ begin perform pg_advisory_xact_lock(42); return null; end $$;
        create constraint trigger wait_in_commit after insert on expenses deferrable initially deferred
            for each row execute function wait_in_commit();
        """;

    /// <summary>No measure of speed: the budget of a request and what a busy machine adds, far from the 30 seconds of a statement.</summary>
    private static readonly TimeSpan s_budget = TimeSpan.FromSeconds(8);

    [Theory]
    [InlineData(Link.CutBeforeCommit, null)]
    [InlineData(Link.CutAfterCommit, null)]
    [InlineData(Link.PoolerErrorAfterCommit, null)]
    [InlineData(Link.CutBeforeCommit, "key")]
    [InlineData(Link.CutAfterCommit, "key")]
    internal async Task A_commit_that_got_no_answer_is_looked_up_and_made_once(Link link, string? key)
    {
        await using var setting = await Setting.CreateAsync();
        var server = setting.Server;
        (string, string)[] headers = key is null ? [] : [("Idempotency-Key", key)];

        setting.Proxy.Link = link;
        var answer = (await server.SendAsync("POST", "/expenses", Coffee, headers)).MustBe(201);

        Assert.Equal(Link.Whole, setting.Proxy.Link);
        Assert.Equal(answer.Body, (await server.GetAsync(answer["Location"]!)).MustBe(200).Body);
        Assert.Equal(1, await setting.Database.ScalarAsync<long>("select count(*) from expenses"));
        Assert.Equal(1, await setting.Database.ScalarAsync<long>("select count(*) from changes"));
        if (key is not null)
            Assert.Equal((answer.Body, "true"), ((await server.SendAsync("POST", "/expenses", Coffee, headers)).Body, (await server.SendAsync("POST", "/expenses", Coffee, headers))["Idempotent-Replayed"]));
        Assert.True((await server.Doctor.ExamineAsync(Test.Token)).IsHealthy);
    }

    [Theory]
    [InlineData(Link.CutBeforeCommit)]
    [InlineData(Link.CutAfterCommit)]
    internal async Task A_verb_whose_commit_got_no_answer_records_once(Link link)
    {
        await using var setting = await Setting.CreateAsync();

        setting.Proxy.Link = link;
        var add = await OutlayProcess.RunAsync(["add", "3.50", "Coffee"], setting.Environment);

        Assert.Equal((0, Link.Whole), (add.ExitCode, setting.Proxy.Link));
        Assert.Equal(1, await setting.Database.ScalarAsync<long>("select count(*) from expenses"));
    }

    [Theory]
    [InlineData(Link.CutBeforeCommit, false)]
    [InlineData(Link.CutAfterCommit, true)]
    internal async Task An_import_whose_commit_got_no_answer_says_what_became_of_it(Link link, bool isStored)
    {
        await using var setting = await Setting.CreateAsync();
        var file = Path.Combine(setting.Database.Folder, "in.csv");
        await File.WriteAllTextAsync(file, "date,description,amount\n2026-01-01,Coffee,3.50\n2026-01-02,Tea,1\n", Test.Token);

        setting.Proxy.Link = link;
        var import = await OutlayProcess.RunAsync(["import", file], setting.Environment);
        var again = await OutlayProcess.RunAsync(["import", file], setting.Environment);

        Assert.Equal(isStored ? 0 : 69, import.ExitCode);
        Assert.Equal(0, again.ExitCode);
        Assert.StartsWith(isStored ? "Imported 0 expenses, 2 were already there." : "Imported 2 expenses.", again.Output, StringComparison.Ordinal);
        Assert.Equal(2, await setting.Database.ScalarAsync<long>("select count(*) from expenses"));
    }

    [Fact]
    public async Task A_commit_nobody_can_be_asked_about_is_told_as_that_and_can_be_sent_again()
    {
        await using var setting = await Setting.CreateAsync();
        var server = setting.Server;
        await setting.Database.ExecuteAsync(SlowCommit);
        var key = ("Idempotency-Key", "\"once\"");

        Answer answer;
        await using (await OpenTransaction.BeginAsync(setting.Database.Database, "select pg_advisory_xact_lock(42)"))
        {
            var change = server.SendAsync("POST", "/expenses", Coffee, key);
            await CommitWaitsAsync(setting.Database);
            setting.Proxy.Link = Link.Silent;
            answer = await change.WaitAsync(s_budget, Test.Token);
        }

        answer.MustBeProblem(503, "outcome-unknown");
        Assert.Contains("same Idempotency-Key", answer.Detail, StringComparison.Ordinal);
        Assert.Equal("1", answer["Retry-After"]);
        setting.Proxy.Link = Link.Whole;
        await Eventually.TrueAsync("the change is answered", async () => (await server.SendAsync("POST", "/expenses", Coffee, key)).Status == 201);
        Assert.Equal(1, await setting.Database.ScalarAsync<long>("select count(*) from expenses"));
    }

    [Theory]
    [InlineData("add 3.50 Coffee", "outlay history shows whether it is there")]
    [InlineData("import in.csv", "Import it again: what is there already is left out.")]
    public async Task A_verb_that_cannot_find_out_what_became_of_its_commit_says_what_to_do(string verb, string advice)
    {
        await using var setting = await Setting.CreateAsync();
        await setting.Database.ExecuteAsync(SlowCommit);
        var file = Path.Combine(setting.Database.Folder, "in.csv");
        await File.WriteAllTextAsync(file, "date,description,amount\n2026-01-01,Coffee,3.50\n", Test.Token);

        ProcessResult result;
        await using (await OpenTransaction.BeginAsync(setting.Database.Database, "select pg_advisory_xact_lock(42)"))
        {
            var change = OutlayProcess.RunAsync(verb.Replace("in.csv", file, StringComparison.Ordinal).Split(' '), setting.Environment);
            await CommitWaitsAsync(setting.Database);
            setting.Proxy.Link = Link.Refusing;
            result = await change;
        }

        Assert.Equal(69, result.ExitCode);
        Assert.Contains($"The database did not say whether it stored the change, and cannot be asked now.\n{advice}", result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("Idempotency-Key", result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("Nothing was", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("GET", "/expenses")]
    [InlineData("GET", "/expenses?limit=5")]
    [InlineData("GET", "/expenses/1")]
    [InlineData("GET", "/expenses/summary")]
    [InlineData("POST", "/expenses")]
    [InlineData("DELETE", "/expenses/1")]
    [InlineData("GET", "/readyz")]
    public async Task A_server_that_hangs_is_not_waited_for_longer_than_a_request_may_take(string method, string path)
    {
        await using var setting = await Setting.CreateAsync();
        await setting.Server.AddAsync(Coffee);

        setting.Proxy.Link = Link.Silent;
        var clock = Stopwatch.StartNew();
        var answer = await setting.Server.SendAsync(method, path, method == "POST" ? Coffee : null).WaitAsync(TimeSpan.FromSeconds(20), Test.Token);

        Assert.InRange(clock.Elapsed, TimeSpan.Zero, s_budget);
        answer.MustBe(503);
        if (path != "/readyz")
            Assert.Equal("1", answer.MustBeProblem(503, "unavailable")["Retry-After"]);
        setting.Proxy.Link = Link.Whole;
        await Eventually.TrueAsync("the service serves again", async () => (await setting.Server.GetAsync("/expenses/1")).Status == 200);
    }

    [Fact]
    public async Task A_request_after_the_database_was_restarted_is_served_on_a_new_connection()
    {
        await using var setting = await Setting.CreateAsync();
        var id = await setting.Server.AddAsync(Coffee);

        foreach (var (method, path) in new[] { ("GET", $"/expenses/{id}"), ("POST", "/expenses"), ("DELETE", $"/expenses/{id}") })
        {
            // Ends the connections that the service has kept.
            setting.Proxy.Link = Link.Refusing;
            setting.Proxy.Link = Link.Whole;
            Assert.InRange((await setting.Server.SendAsync(method, path, method == "POST" ? Coffee : null)).Status, 200, 204);
        }

        Assert.Equal(2, await setting.Database.ScalarAsync<long>("select count(*) from expenses"));
    }

    [Fact]
    public async Task A_dead_database_is_asked_about_once_a_second_and_found_again_when_it_is_back()
    {
        await using var setting = await Setting.CreateAsync();
        var database = setting.Server.Services.GetRequiredService<Database>();
        await setting.Server.AddAsync(Coffee);
        setting.Proxy.Link = Link.Refusing;
        while (database.Circuit is not CircuitState.Open)
            (await setting.Server.GetAsync("/expenses/1")).MustBeProblem(503, "unavailable");

        // Attempts that began before it opened come to their end.
        await Task.Delay(CircuitBreaker.Break / 2, Test.Token);
        var (before, clock, requests) = (setting.Proxy.Accepted, Stopwatch.StartNew(), 0);
        while (clock.Elapsed < TimeSpan.FromSeconds(4))
        {
            var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => setting.Server.GetAsync("/expenses/1")));
            requests += answers.Count(answer => answer.MustBeProblem(503, "unavailable")["Retry-After"] == "1");
        }

        // An attempt asks for an encrypted connection first, then for a plain one.
        Assert.InRange(setting.Proxy.Accepted - before, 1, 2 * ((int)clock.Elapsed.TotalSeconds + 1));
        Assert.True(requests > 100, $"{requests} requests prove little.");
        Assert.Contains("once a second", (await setting.Server.GetAsync("/readyz")).MustBe(503).Body, StringComparison.Ordinal);

        setting.Proxy.Link = Link.Whole;
        await Task.Delay(CircuitBreaker.Break, Test.Token);
        await Eventually.TrueAsync("the service serves again", async () => (await setting.Server.GetAsync("/expenses/1")).Status == 200);
        Assert.Equal(CircuitState.Closed, database.Circuit);
    }

    private static Task CommitWaitsAsync(TestDatabase database) => Eventually.TrueAsync("the commit waits", async () => await database.ScalarAsync<long>(
        "select count(*) from pg_locks where locktype = 'advisory' and not granted and database = (select oid from pg_database where datname = current_database())") == 1);

    /// <summary>A server whose way to PostgreSQL can be disturbed, and another way to the same database that cannot.</summary>
    private sealed class Setting(TestDatabase database, TcpProxy proxy, Dictionary<string, string> environment, TestServer server) : IAsyncDisposable
    {
        public TestDatabase Database => database;

        public TcpProxy Proxy => proxy;

        public Dictionary<string, string> Environment => environment;

        public TestServer Server => server;

        public static async Task<Setting> CreateAsync()
        {
            Assert.SkipWhen(PostgresCluster.SkipReason is not null, PostgresCluster.SkipReason ?? "");
            var database = await TestDatabase.CreateAsync(Engine.Postgres);
            var (proxy, environment) = TcpProxy.Before(database.Environment);
            var server = await TestServer.StartAsync(environment);
            await server.ReadyAsync();
            // What the server itself stores at its start is not the commit that a test is about.
            await server.FirstBackup;
            return new Setting(database, proxy, environment, server);
        }

        public async ValueTask DisposeAsync()
        {
            await server.DisposeAsync();
            await proxy.DisposeAsync();
            await database.DisposeAsync();
        }
    }
}
