using Outlay.Tests.Harness;

namespace Outlay.Tests.Http;

/// <summary>PostgreSQL goes away, comes back, or ends a session: requests are told so, and nothing is told that is not so.</summary>
public sealed class PostgresFailureTests
{
    private const string Coffee = """{"date":"2026-02-19","description":"Coffee","amount":3.50}""";

    /// <summary>No measure of speed: a request that takes longer hangs.</summary>
    private static readonly TimeSpan s_hanging = TimeSpan.FromSeconds(15);

    [Fact]
    public async Task A_server_whose_database_stops_says_so_and_recovers_by_itself()
    {
        Assert.SkipWhen(PostgresCluster.SkipReason is not null, PostgresCluster.SkipReason ?? "");
        await using var cluster = await PostgresCluster.CreateAsync();
        await using var server = await TestServer.StartAsync(cluster.EnvironmentFor(await cluster.CreateDatabaseAsync(migrated: false)));
        await server.ReadyAsync();
        await server.AddAsync(Coffee);
        await server.AddAsync(Coffee);

        await cluster.StopAsync();

        for (var again = 0; again < 2; again++)
        {
            await MustBeUnavailableAsync(server, "GET", "/expenses");
            await MustBeUnavailableAsync(server, "GET", "/expenses?limit=5");
            await MustBeUnavailableAsync(server, "GET", "/expenses/1");
            await MustBeUnavailableAsync(server, "GET", "/expenses/summary");
            await MustBeUnavailableAsync(server, "GET", "/trash");
            await MustBeUnavailableAsync(server, "POST", "/expenses", Coffee);
            await MustBeUnavailableAsync(server, "PUT", "/expenses/1", Coffee);
            await MustBeUnavailableAsync(server, "PATCH", "/expenses/1", "{}");
            await MustBeUnavailableAsync(server, "DELETE", "/expenses/1");
        }

        await MustServeWhatNeedsNoDatabaseAsync(server);
        Assert.Contains("cannot be reached", await ReasonOfUnreadinessAsync(server), StringComparison.Ordinal);

        await cluster.StartAsync();

        await Eventually.TrueAsync("the service finds its database again", async () => (await server.GetAsync("/expenses")).Status == 200);
        await Eventually.TrueAsync("it says so", async () => (await server.GetAsync("/readyz")).Status == 200);
        Assert.Equal(2, (await server.GetAsync("/expenses")).Json.GetArrayLength());
        await server.AddAsync(Coffee);
        Assert.True((await server.Doctor.ExamineAsync(Test.Token)).IsHealthy);
    }

    [Fact]
    public async Task A_server_starts_without_its_database_and_serves_when_it_comes()
    {
        Assert.SkipWhen(PostgresCluster.SkipReason is not null, PostgresCluster.SkipReason ?? "");
        await using var cluster = await PostgresCluster.CreateAsync();
        var environment = cluster.EnvironmentFor(await cluster.CreateDatabaseAsync(migrated: false));
        await cluster.StopAsync();

        await using var server = await TestServer.StartAsync(environment);

        await MustBeUnavailableAsync(server, "GET", "/expenses");
        await MustBeUnavailableAsync(server, "POST", "/expenses", Coffee);
        await MustServeWhatNeedsNoDatabaseAsync(server);
        (await server.GetAsync("/startupz")).MustBe(503);
        Assert.NotEqual("", await ReasonOfUnreadinessAsync(server));

        await cluster.StartAsync();

        await server.ReadyAsync();
        (await server.GetAsync("/startupz")).MustBe(200);
        await Eventually.TrueAsync("it says so", async () => (await server.GetAsync("/readyz")).Status == 200);
        Assert.Equal(1, await server.AddAsync(Coffee));
    }

    [Fact]
    public async Task A_change_whose_session_is_ended_is_made_once_in_another()
    {
        Assert.SkipWhen(PostgresCluster.SkipReason is not null, PostgresCluster.SkipReason ?? "");
        await using var server = await TestServer.StartAsync(Engine.Postgres);
        await server.AddAsync(Coffee);

        Task<Answer> change;
        await using (await OpenTransaction.BeginAsync(server.Database.Database, "update expenses set notes = 'held' where id = 1"))
        {
            change = server.SendAsync("PATCH", "/expenses/1", """{"amount":4}""", ("If-Match", "\"1\""));
            await EndWaitingSessionAsync(server);
        }

        Assert.Equal("\"2\"", (await change).MustBe(200)["ETag"]);
        Assert.Contains("\"amount\":4.00", (await server.GetAsync("/expenses/1")).MustBe(200).Body, StringComparison.Ordinal);
        Assert.True((await server.Doctor.ExamineAsync(Test.Token)).IsHealthy);
    }

    [Fact]
    public async Task A_change_whose_session_is_ended_in_its_commit_is_made_once_in_another()
    {
        Assert.SkipWhen(PostgresCluster.SkipReason is not null, PostgresCluster.SkipReason ?? "");
        await using var server = await TestServer.StartAsync(Engine.Postgres);
        // Makes each commit wait for a lock.
        await server.Database.ExecuteAsync(
            """
            create function wait_in_commit() returns trigger language plpgsql as $$ begin perform pg_advisory_xact_lock(42); return null; end $$;
            create constraint trigger wait_in_commit after insert on expenses deferrable initially deferred
                for each row execute function wait_in_commit();
            """);

        Task<Answer> change;
        await using (await OpenTransaction.BeginAsync(server.Database.Database, "select pg_advisory_xact_lock(42)"))
        {
            change = server.SendAsync("POST", "/expenses", Coffee);
            await EndWaitingSessionAsync(server);
        }

        (await change).MustBe(201);
        Assert.Equal(1, await server.Database.ScalarAsync<long>("select count(*) from expenses"));
        Assert.True((await server.Doctor.ExamineAsync(Test.Token)).IsHealthy);
    }

    private static Task EndWaitingSessionAsync(TestServer server) => Eventually.TrueAsync("a session waits for the lock and is ended", async () =>
        await server.Database.ScalarAsync<long>(
            "select count(pg_terminate_backend(pid)) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'") == 1);

    private static async Task MustBeUnavailableAsync(TestServer server, string method, string path, string? body = null)
    {
        var answer = await server.SendAsync(method, path, body, ("If-Match", "*")).WaitAsync(s_hanging, Test.Token);
        Assert.Equal("1", answer.MustBeProblem(503, "unavailable")["Retry-After"]);
    }

    private static async Task MustServeWhatNeedsNoDatabaseAsync(TestServer server)
    {
        foreach (var path in new[] { "/", "/livez", "/openapi.json", "/problems/unavailable", "/docs/index.html" })
            (await server.GetAsync(path)).MustBe(200);
    }

    private static async Task<string> ReasonOfUnreadinessAsync(TestServer server)
    {
        var database = (await server.GetAsync("/readyz").WaitAsync(s_hanging, Test.Token)).MustBe(503).Json.GetProperty("checks").GetProperty("database");
        Assert.Equal("unavailable", database.GetProperty("status").GetString());
        return database.GetProperty("reason").GetString()!;
    }
}
