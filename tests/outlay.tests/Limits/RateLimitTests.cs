using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Outlay.Limits;
using Outlay.Storage;
using Outlay.Tests.Harness;

namespace Outlay.Tests.Limits;

/// <summary>What one client may ask for. The quotas are so small, and refill so slowly, that no test waits for them.</summary>
public sealed class RateLimitTests
{
    private const string Coffee = """{"date":"2026-02-19","description":"Coffee","amount":3.50}""";

    [Theory, EachEngine]
    public async Task Each_key_has_its_own_reads_and_writes_and_every_answer_tells_what_is_left(Engine engine)
    {
        await using var server = await TestServer.StartAsync(engine,
            ("RATE_LIMIT_READS", "2"), ("RATE_LIMIT_READS_BURST", "3"), ("RATE_LIMIT_WRITES", "1"), ("RATE_LIMIT_WRITES_BURST", "1"));
        var (ana, ben) = (await server.MakeKeyAsync("ana"), await server.MakeKeyAsync("ben"));

        foreach (var left in new[] { 2, 1, 0 })
        {
            var answer = (await server.GetAsync("/expenses", ("X-API-Key", ana))).MustBe(200);
            Assert.Equal("\"reads\";q=2;w=60", answer["RateLimit-Policy"]);
            Assert.Matches($"^\"reads\";r={left};t=(30|29|[12]?[0-9])$", answer["RateLimit"]);
        }

        var refused = (await server.GetAsync("/expenses/7", ("X-API-Key", ana))).MustBeProblem(429, "quota-exceeded");
        Assert.Equal("More than 2 reads a minute, after 3 at once", refused.Detail);
        Assert.Equal("reads", refused.Json.GetProperty("violated-policies")[0].GetString());
        Assert.Matches("^\"reads\";r=0;t=[0-9]+$", refused["RateLimit"]);
        // Whoever waits as long as it is told is let in.
        Assert.InRange(int.Parse(refused["Retry-After"]!, null), 1, 30);
        Assert.EndsWith($";t={refused["Retry-After"]}", refused["RateLimit"], StringComparison.Ordinal);

        Assert.Equal("\"writes\";q=1;w=60", (await server.SendAsync("POST", "/expenses", Coffee, ("X-API-Key", ana))).MustBe(201)["RateLimit-Policy"]);
        (await server.SendAsync("POST", "/expenses", Coffee, ("X-API-Key", ana))).MustBeProblem(429, "quota-exceeded");
        (await server.GetAsync("/expenses", ("X-API-Key", ben))).MustBe(200);
        (await server.GetAsync("/readyz")).MustBe(200);
    }

    [Theory, EachEngine]
    public async Task Whoever_is_alone_on_the_machine_is_not_counted(Engine engine)
    {
        await using var server = await TestServer.StartAsync(engine, ("RATE_LIMIT_READS", "1"), ("RATE_LIMIT_READS_BURST", "1"));

        for (var i = 0; i < 5; i++)
            Assert.Null((await server.GetAsync("/expenses")).MustBe(200)["RateLimit"]);
    }

    [Theory, EachEngine]
    public async Task Without_keys_an_address_is_counted_and_a_forwarded_one_only_from_a_trusted_proxy(Engine engine)
    {
        (string, string)[] limits = [("ALLOW_ANONYMOUS", "true"), ("RATE_LIMIT_READS", "1"), ("RATE_LIMIT_READS_BURST", "1")];
        await using (var server = await TestServer.StartAsync(engine, [.. limits, ("TRUSTED_PROXIES", "127.0.0.1")]))
        {
            (await server.GetAsync("/expenses", ("X-Forwarded-For", "192.0.2.1"))).MustBe(200);
            (await server.GetAsync("/expenses", ("X-Forwarded-For", "192.0.2.2"))).MustBe(200);
            (await server.GetAsync("/expenses", ("X-Forwarded-For", "192.0.2.1"))).MustBe(429);
        }

        await using (var server = await TestServer.StartAsync(engine, [.. limits, ("TRUSTED_PROXIES", "192.0.2.0/24")]))
        {
            (await server.GetAsync("/expenses", ("X-Forwarded-For", "198.51.100.1"))).MustBe(200);
            (await server.GetAsync("/expenses", ("X-Forwarded-For", "198.51.100.2"))).MustBe(429);
        }
    }

    [Theory, EachEngine]
    public async Task An_address_that_tries_keys_is_soon_refused_unheard(Engine engine)
    {
        await using var server = await TestServer.StartAsync(engine, ("RATE_LIMIT_REFUSALS", "3"));
        var good = await server.MakeKeyAsync("ana");

        (await server.GetAsync("/expenses", ("X-API-Key", good))).MustBe(200);
        for (var i = 0; i < 3; i++)
            (await server.GetAsync("/expenses", ("X-API-Key", $"guess {i}"))).MustBe(401);
        var refused = (await server.GetAsync("/expenses", ("X-API-Key", good))).MustBeProblem(429, "quota-exceeded");

        Assert.Equal("refusals", refused.Json.GetProperty("violated-policies")[0].GetString());
        (await server.SendAsync("GET", "/admin/api-keys", null, ("X-Admin-Secret", "guess"))).MustBe(429);
        (await server.GetAsync("/readyz")).MustBe(200);
        (await server.GetAsync("/openapi.json")).MustBe(200);
    }

    [Theory, EachEngine]
    public async Task Many_keys_tried_at_once_are_no_more_guesses_than_one_after_the_other(Engine engine)
    {
        await using var server = await TestServer.StartAsync(engine, ("RATE_LIMIT_REFUSALS", "3"), ("REQUEST_TIMEOUT", "60"));
        await server.FirstBackup;
        var good = await server.MakeKeyAsync("ana");
        (await server.GetAsync("/expenses", ("X-API-Key", good))).MustBe(200);
        List<Task<Answer>> guesses;
        // No guess is answered before all have come.
        await using (await OpenTransaction.BeginAsync(server.Services.GetRequiredService<Database>(), engine is Engine.Postgres ? "LOCK TABLE api_keys IN ACCESS EXCLUSIVE MODE" : "SELECT 1"))
        {
            guesses = [.. Enumerable.Range(0, 50).Select(i => server.GetAsync(i % 2 == 0 ? "/expenses" : "/admin/api-keys", ("X-API-Key", $"guess {i}")))];
            if (engine is Engine.Postgres)
            {
                await Eventually.TrueAsync("all others are refused unheard", () => Task.FromResult(guesses.Count(guess => guess.IsCompleted) == 47));
                Assert.Equal(3, await server.Database.ScalarAsync<long>("select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"));
            }
        }

        var answers = await Task.WhenAll(guesses);

        Assert.Equal(3, answers.Count(answer => answer.Status == 401));
        Assert.Equal(47, answers.Count(answer => answer.Status == 429));
    }

    [Theory, EachEngine]
    public async Task Good_keys_use_up_nothing_however_many_come_at_once(Engine engine)
    {
        await using var server = await TestServer.StartAsync(engine, ("RATE_LIMIT_REFUSALS", "3"));
        var key = await server.MakeKeyAsync("ana", "read,admin");

        for (var i = 0; i < 5; i++)
        {
            (await server.GetAsync("/expenses", ("X-API-Key", await server.MakeKeyAsync($"owner {i}")))).MustBe(200);
            (await server.GetAsync(i % 2 == 0 ? "/expenses" : "/admin/api-keys", ("X-API-Key", key))).MustBe(200);
        }

        // What was known of it is not believed any more.
        server.Database.Clock.Advance(TimeSpan.FromSeconds(5));
        Assert.All(await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => server.GetAsync("/expenses", ("X-API-Key", key)))), answer => answer.MustBe(200));
    }

    [Fact]
    public async Task A_quota_of_zero_is_none()
    {
        await using var server = await TestServer.StartAsync(Engine.Sqlite, ("RATE_LIMIT_READS", "0"), ("RATE_LIMIT_REFUSALS", "0"));
        var key = await server.MakeKeyAsync("ana");

        for (var i = 0; i < 100; i++)
            (await server.GetAsync("/expenses/1", ("X-API-Key", "bad"))).MustBe(401);
        Assert.Null((await server.GetAsync("/expenses", ("X-API-Key", key))).MustBe(200)["RateLimit"]);
    }

    [Fact]
    public void However_many_clients_come_their_buckets_take_bounded_memory_and_nobody_gets_more_by_that()
    {
        var limiter = new RateLimiter(new Quota("reads", 1, 1), TimeProvider.System);
        Assert.True(limiter.Take("first").Granted);
        for (var i = 1; i < RateLimiter.Capacity; i++)
            limiter.Take($"{i}");

        Assert.True(limiter.Look("one of many more").Granted);
        Assert.True(limiter.Take("one of many more").Granted);

        Assert.False(limiter.Look("another of them").Granted);
        Assert.False(limiter.Take("another of them").Granted);
        Assert.False(limiter.Take("first").Granted);
    }

    [Theory]
    [InlineData("192.0.2.7", "192.0.2.7")]
    [InlineData("::ffff:192.0.2.7", "192.0.2.7")]
    [InlineData("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64")]
    [InlineData("::1", "::1")]
    public void One_network_of_IPv6_counts_as_one_client(string address, string client) =>
        Assert.Equal(client, ClientAddress.Of(IPAddress.Parse(address)));
}
