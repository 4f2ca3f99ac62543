using Outlay.Tests.Harness;

namespace Outlay.Tests.Http;

/// <summary>What is wrong with the installation is told to whoever runs it: hosts, logins and folders are nobody else's business.</summary>
public sealed class OperatorTextTests
{
    private const string Coffee = """{"date":"2026-02-19","description":"Coffee","amount":3.50}""";

    private static readonly (string Method, string Path)[] s_calls =
        [("GET", "/expenses"), ("GET", "/expenses?limit=5"), ("POST", "/expenses"), ("GET", "/changes"), ("GET", "/admin/api-keys"), ("GET", "/readyz"), ("GET", "/startupz"), ("GET", "/")];

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_database_that_stops_is_not_described_to_a_stranger(bool hasServed)
    {
        Assert.SkipWhen(PostgresCluster.SkipReason is not null, PostgresCluster.SkipReason ?? "");
        await using var cluster = await PostgresCluster.CreateAsync();
        var environment = cluster.EnvironmentFor(await cluster.CreateDatabaseAsync(migrated: false));
        if (!hasServed)
            await cluster.StopAsync();
        await using var server = await StartAsync(environment);
        if (hasServed)
        {
            await server.ReadyAsync();
            await cluster.StopAsync();
        }

        await MustTellNobodyAsync(server, environment["DB_HOST"], $":{environment["DB_PORT"]}", environment["DB_USER"], environment["DB_NAME"], "DB_", "grant ");
    }

    [Fact]
    public async Task A_login_without_its_privileges_is_not_described_to_a_stranger()
    {
        await using var database = await TestDatabase.CreateAsync(Engine.Postgres);
        var login = await (await PostgresCluster.Shared).CreateLoginAsync(PostgresCluster.User);
        await using var server = await StartAsync(new Dictionary<string, string>(database.Environment) { ["DB_USER"] = login });
        await server.ReadyAsync();
        await database.ExecuteAsync($"alter table api_keys owner to {PostgresCluster.User}; revoke all on api_keys from {PostgresCluster.User}");

        await MustTellNobodyAsync(server, login, PostgresCluster.User, database.Environment["DB_NAME"], "grant ", "privilege");
    }

    [Fact]
    public async Task A_folder_that_cannot_be_used_is_not_described_to_a_stranger()
    {
        using var folder = new TestFolder();
        await File.WriteAllTextAsync(folder.File("taken"), "", Test.Token);
        await using var server = await StartAsync(new Dictionary<string, string> { ["DATA_DIR"] = Path.Combine(folder.File("taken"), "data"), ["BACKUPS_DIR"] = folder.File("backups") });

        await MustTellNobodyAsync(server, folder.Path, "DATA_DIR", "BACKUPS_DIR");
    }

    private static Task<TestServer> StartAsync(Dictionary<string, string> environment) =>
        TestServer.StartAsync(environment, ("LISTEN", "http://0.0.0.0:0"), ("BACKUPS_MIN_FREE", "1024TiB"));

    private static async Task MustTellNobodyAsync(TestServer server, params string[] words)
    {
        using var client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{server.Address.Port}") };
        var unavailable = 0;
        foreach (var (method, path) in s_calls)
        {
            foreach (var key in new[] { "", "made up" })
            {
                using var request = new HttpRequestMessage(new HttpMethod(method), path);
                if (method == "POST")
                    request.Content = new StringContent(Coffee, System.Text.Encoding.UTF8, "application/json");
                if (key.Length > 0)
                    request.Headers.Add("X-API-Key", key);
                // Nobody trusts it, but it shows that the request is not of this machine.
                request.Headers.Add("X-Forwarded-For", "203.0.113.9");
                using var response = await client.SendAsync(request, Test.Token);
                var answer = await Answer.ReadAsync(response);
                unavailable += answer.Status == 503 ? 1 : 0;
                Assert.All(words, word => Assert.DoesNotContain(word, answer.Body, StringComparison.OrdinalIgnoreCase));
            }
        }

        Assert.True(unavailable > 4, $"Only {unavailable} answers say that something is wrong.");
        // Whoever is on the machine itself is told.
        // A look that a busy machine has made too slow says that first.
        await Eventually.TrueAsync("the reason is told", async () =>
        {
            using var own = await client.GetAsync(new Uri("/readyz", UriKind.Relative), Test.Token);
            var told = await own.Content.ReadAsStringAsync(Test.Token);
            return words.Any(word => told.Contains(word, StringComparison.OrdinalIgnoreCase));
        });
        // A proxy that nobody has named is one all the same.
        using var relayed = new HttpRequestMessage(HttpMethod.Get, "/readyz");
        relayed.Headers.Add("Via", "1.1 proxy");
        using var relayedAnswer = await client.SendAsync(relayed, Test.Token);
        var relayedText = await relayedAnswer.Content.ReadAsStringAsync(Test.Token);
        Assert.All(words, word => Assert.DoesNotContain(word, relayedText, StringComparison.OrdinalIgnoreCase));
    }
}
