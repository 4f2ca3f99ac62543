using FsCheck.Fluent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Outlay.Expenses;
using Outlay.Storage;
using Outlay.Tests.Harness;

namespace Outlay.Tests.Http;

/// <summary>A request with an Idempotency-Key, sent again.</summary>
public sealed class IdempotencyTests
{
    private const string Coffee = """{"date":"2026-02-19","description":"Coffee","amount":3.50,"category":"Food","tags":["b","a"],"notes":"é\n2"}""";
    private const string Tea = """{"date":"2026-02-19","description":"Tea","amount":3.50}""";

    [Theory, EachEngine]
    public async Task Every_change_is_made_once_and_answered_alike(Engine engine)
    {
        await using var server = await TestServer.StartAsync(engine);
        (string Method, string Path, string? Body, string? IfMatch)[] changes =
        [
            ("POST", "/expenses", Coffee, null),
            ("PATCH", "/expenses/1", """{"amount":4}""", "\"1\""),
            ("PUT", "/expenses/1", Tea, "\"2\""),
            ("DELETE", "/expenses/1", null, "\"3\""),
            ("POST", "/expenses/1/restore", null, null),
        ];

        foreach (var (number, change) in changes.Index())
        {
            (string, string)[] headers = [("Idempotency-Key", $"key-{number}"), .. change.IfMatch is { } match ? [("If-Match", match)] : Array.Empty<(string, string)>()];
            var first = await server.SendAsync(change.Method, change.Path, change.Body, headers);
            server.Database.Clock.Advance(TimeSpan.FromHours(1));
            var second = await server.SendAsync(change.Method, change.Path, change.Body, headers);

            Assert.InRange(first.Status, 200, 204);
            Assert.Equal((first.Status, first.Body, first["ETag"], first["Location"]), (second.Status, second.Body, second["ETag"], second["Location"]));
            Assert.Equal((null, "true"), (first["Idempotent-Replayed"], second["Idempotent-Replayed"]));
        }

        Assert.Equal("\"5\"", (await server.GetAsync("/expenses/1")).MustBe(200)["ETag"]);
        Assert.Equal(changes.Length, await server.Database.ScalarAsync<long>("select count(*) from changes"));
        Assert.True((await server.Doctor.ExamineAsync(Test.Token)).IsHealthy);
    }

    [Theory, EachEngine]
    public async Task An_answer_that_is_given_again_has_the_status_that_it_had(Engine engine)
    {
        await using var server = await TestServer.StartAsync(engine);
        (await server.SendAsync("POST", "/expenses", Coffee, ("Idempotency-Key", "a"))).MustBe(201);
        // As a program may have answered that was here before.
        await server.Database.ExecuteAsync("update idempotency set status = 202");

        Assert.Equal("true", (await server.SendAsync("POST", "/expenses", Coffee, ("Idempotency-Key", "a"))).MustBe(202)["Idempotent-Replayed"]);
    }

    [Theory, EachEngine]
    public async Task A_key_belongs_to_one_request(Engine engine)
    {
        await using var server = await TestServer.StartAsync(engine);
        var key = ("Idempotency-Key", "a");
        (await server.SendAsync("POST", "/expenses", Coffee, key)).MustBe(201);

        (await server.SendAsync("POST", "/expenses", Tea, key)).MustBeProblem(422, "key-reused");
        (await server.SendAsync("PUT", "/expenses/1", Coffee, key, ("If-Match", "*"))).MustBeProblem(422, "key-reused");
        (await server.SendAsync("DELETE", "/expenses/1", null, key)).MustBeProblem(422, "key-reused");

        Assert.Equal("true", (await server.SendAsync("POST", "/expenses", Coffee, ("Idempotency-Key", "\"a\"")))["Idempotent-Replayed"]);
        Assert.Equal(1, (await server.GetAsync("/expenses")).Json.GetArrayLength());
    }

    [Theory, EachEngine]
    public async Task A_request_that_failed_leaves_its_key_free(Engine engine)
    {
        await using var server = await TestServer.StartAsync(engine);
        var key = ("Idempotency-Key", "a");

        (await server.SendAsync("POST", "/expenses", """{"amount":0}""", key)).MustBe(400);
        (await server.SendAsync("DELETE", "/expenses/7", null, key)).MustBe(404);
        await server.AddAsync(Tea);
        (await server.SendAsync("PUT", "/expenses/1", Coffee, key, ("If-Match", "\"9\""))).MustBe(412);

        Assert.Null((await server.SendAsync("POST", "/expenses", Coffee, key)).MustBe(201)["Idempotent-Replayed"]);
    }

    [Theory]
    [InlineData("\"\"", false)]
    [InlineData("", false)]
    [InlineData("\"open", false)]
    [InlineData("\"a\" \"b\"", false)]
    [InlineData("\"a\";b=1", false)]
    [InlineData("a,b", false)]
    [InlineData("a b", false)]
    [InlineData("\"a\\b\"", false)]
    [InlineData("\"a\\\"b\\\\\"", true)]
    [InlineData("8e03978e-40d5-43dd-bc93-6894a57f9324", true)]
    public async Task A_key_is_a_string_in_quotes_or_bare(string header, bool isGood)
    {
        await using var server = await TestServer.StartAsync(Engine.Sqlite);

        var answer = await server.SendAsync("POST", "/expenses", Coffee, ("Idempotency-Key", header));

        Assert.Equal(isGood ? 201 : 400, answer.Status);
        if (!isGood)
            Assert.StartsWith("Idempotency-Key must be one key", answer.MustBeProblem(400, "invalid-input").Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(IdempotencyKey.MaxLength, 201)]
    [InlineData(IdempotencyKey.MaxLength + 1, 400)]
    public async Task A_key_has_at_most_255_characters(int length, int status)
    {
        await using var server = await TestServer.StartAsync(Engine.Sqlite);

        (await server.SendAsync("POST", "/expenses", Coffee, ("Idempotency-Key", new string('k', length)))).MustBe(status);
        (await server.SendAsync("POST", "/expenses", Coffee, ("Idempotency-Key", "a"), ("Idempotency-Key", "b"))).MustBe(400);
    }

    [Theory, EachEngine]
    public async Task Of_32_equal_requests_at_once_one_makes_the_change(Engine engine)
    {
        await using var database = await TestDatabase.CreateAsync(engine);
        await using var one = await TestServer.StartAsync(database);
        await using var other = await TestServer.StartAsync(database);

        var answers = await Task.WhenAll(Enumerable.Range(0, 32).Select(number =>
            Task.Run(() => (number % 2 == 0 ? one : other).SendAsync("POST", "/expenses", Coffee, ("Idempotency-Key", "\"once\"")))));

        var made = Assert.Single(answers, answer => answer.Status == 201 && answer["Idempotent-Replayed"] is null);
        foreach (var answer in answers.Where(answer => answer != made))
        {
            if (answer.Status == 409)
                Assert.Equal("1", answer.MustBeProblem(409, "key-in-use")["Retry-After"]);
            else
                Assert.Equal((201, made.Body, "true"), (answer.Status, answer.Body, answer["Idempotent-Replayed"]));
        }

        Assert.Equal(1, await database.ScalarAsync<long>("select count(*) from expenses"));
    }

    [Theory, EachEngine]
    public async Task A_key_is_free_again_after_a_day_and_its_answer_removed(Engine engine)
    {
        await using var server = await TestServer.StartAsync(engine);
        foreach (var key in new[] { "a", "b" })
            (await server.SendAsync("POST", "/expenses", Coffee, ("Idempotency-Key", key))).MustBe(201);

        server.Database.Clock.Advance(IdempotencyKey.Lifetime - TimeSpan.FromSeconds(1));
        Assert.Equal("true", (await server.SendAsync("POST", "/expenses", Coffee, ("Idempotency-Key", "a")))["Idempotent-Replayed"]);
        server.Database.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Null((await server.SendAsync("POST", "/expenses", Tea, ("Idempotency-Key", "a"))).MustBe(201)["Idempotent-Replayed"]);
        await server.Services.GetServices<IHostedService>().OfType<IdempotencyCleanup>().Single().RunAsync(Test.Token);

        Assert.Equal(1, await server.Database.ScalarAsync<long>("select count(*) from idempotency"));
        Assert.Equal(3, await server.Database.ScalarAsync<long>("select count(*) from expenses"));
    }

    [Fact(SkipUnless = nameof(HasPostgres), Skip = "PostgreSQL is not installed: ./test installs it.")]
    public async Task A_key_that_is_used_again_while_its_old_answer_is_removed_keeps_the_new_one()
    {
        await using var database = await TestDatabase.CreateAsync(Engine.Postgres);
        var (now, key) = (database.Clock.Now, new IdempotencyKey("a", new byte[32], 201));
        await KeepAsync("old", now - (2 * IdempotencyKey.Lifetime), () => Task.CompletedTask);
        var cleanup = Task.CompletedTask;

        await KeepAsync("new", now, async () =>
        {
            cleanup = Task.Run(() => database.Database.WriteAsync(OwnerScope.All, connection => IdempotencyStore.RemoveExpiredAsync(connection, now, 1_000, Test.Token), Test.Token));
            await Eventually.TrueAsync("the clean-up waits for the row", async () =>
                await database.ScalarAsync<long>("select count(*) from pg_locks where not granted and locktype = 'transactionid'") > 0);
        });
        await cleanup;

        Assert.Equal("new", await database.ScalarAsync<string>("select body from idempotency"));

        Task KeepAsync(string body, DateTimeOffset time, Func<Task> meanwhile) => database.Database.WriteAsync(OwnerScope.All, async connection =>
        {
            await IdempotencyStore.InsertAsync(connection, ExpenseService.DefaultOwner, key, body, time, Test.Token);
            await meanwhile();
            return true;
        }, Test.Token);
    }

    public static bool HasPostgres => PostgresCluster.SkipReason is null;

    /// <summary>Random requests under few keys, beside a model that remembers what each key was for.</summary>
    [Theory, EachEngine]
    public async Task Whatever_is_sent_under_few_keys_each_makes_one_change(Engine engine)
    {
        await using var server = await TestServer.StartAsync(engine);
        var cases = 0;
        var steps = (from key in Gen.Choose(1, 3) from request in Gen.Choose(0, 3) select (key, request)).ArrayOf();

        await AsyncProperty.HoldsAsync(steps, 30, async steps =>
        {
            cases++;
            var victim = await server.AddAsync(Tea);
            (string Method, string Path, string? Body)[] requests =
            [
                ("POST", "/expenses", Coffee),
                ("POST", "/expenses", Tea),
                ("PATCH", $"/expenses/{victim}", """{"notes":"changed"}"""),
                ("POST", "/expenses", "{}"),
            ];
            var answered = new Dictionary<int, (int Request, Answer Answer)>();
            var before = await server.Database.ScalarAsync<long>("select count(*) from changes");

            foreach (var (key, request) in steps)
            {
                var (method, path, body) = requests[request];
                // What changes nothing is no change.
                body = body?.Replace("changed", $"changed by {key}", StringComparison.Ordinal);
                var answer = await server.SendAsync(method, path, body, ("If-Match", "*"), ("Idempotency-Key", $"{cases}-{key}"));
                if (!answered.TryGetValue(key, out var earlier))
                {
                    // A request that failed was none: its key is as new.
                    if (answer.MustBe(request switch { 2 => 200, 3 => 400, _ => 201 }).Status < 400)
                        answered[key] = (request, answer);
                }
                else if (earlier.Request != request)
                    answer.MustBeProblem(422, "key-reused");
                else
                    Assert.Equal((earlier.Answer.Status, earlier.Answer.Body, "true"), (answer.Status, answer.Body, answer["Idempotent-Replayed"]));
            }

            Assert.All(answered.Values, entry => Assert.Null(entry.Answer["Idempotent-Replayed"]));
            Assert.Equal(before + answered.Count, await server.Database.ScalarAsync<long>("select count(*) from changes"));
        });
    }

    /// <summary>The server is killed somewhere between taking the request and answering it; nobody can know where.</summary>
    [Theory, EachEngine]
    public async Task A_change_whose_server_was_killed_is_made_once_when_it_is_asked_for_again(Engine engine)
    {
        const int Rounds = 12;
        await using var database = await TestDatabase.CreateAsync(engine);
        var random = new Random(20260219);
        for (var round = 0; round < Rounds; round++)
        {
            await using (var doomed = OutlayProcess.StartServer(database.Environment))
            {
                using var client = new HttpClient { BaseAddress = await doomed.WaitForAddressAsync() };
                (await SendAsync(client, $"warm {round}")).EnsureSuccessStatusCode();
                var request = SendAsync(client, $"round {round}");
                await Task.Delay(TimeSpan.FromMicroseconds(random.Next(8_000)), Test.Token);
                await doomed.SignalAsync("KILL");
                await Task.WhenAny(request);
                _ = request.Exception;
            }
        }

        await using var server = await TestServer.StartAsync(database);
        for (var round = 0; round < Rounds; round++)
            (await SendAsync(server.Client, $"round {round}")).EnsureSuccessStatusCode();

        Assert.Equal(2 * Rounds, await database.ScalarAsync<long>("select count(*) from expenses"));
        Assert.True((await database.Doctor.ExamineAsync(Test.Token)).IsHealthy);
    }

    private static async Task<HttpResponseMessage> SendAsync(HttpClient client, string description)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/expenses");
        request.Headers.Add("Idempotency-Key", $"\"{description.Replace(' ', '-')}\"");
        request.Content = new StringContent(
            $$"""{"date":"2026-02-19","description":"{{description}}","amount":1}""", System.Text.Encoding.UTF8, "application/json");
        return await client.SendAsync(request, Test.Token);
    }
}
