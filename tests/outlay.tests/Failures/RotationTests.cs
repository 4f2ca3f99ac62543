using System.Collections.Concurrent;
using System.Net.Http.Json;
using System.Text.Json;
using Outlay.Tests.Harness;

namespace Outlay.Tests.Failures;

/// <summary>The password of the database is changed under load: first in its file, then on the server, and all sessions are ended each time.</summary>
[Collection(nameof(Alone))]
public sealed class RotationTests : IDisposable
{
    /// <summary>Three times the retries that are saved up: each may lose its session in the middle of a transaction.</summary>
    private const int Clients = 30;

    private readonly TestFolder _folder = new();
    private readonly ConcurrentQueue<(string Name, int Status)> _answers = [];

    /// <summary>How many writes of each client were answered.</summary>
    private readonly int[] _answered = new int[Clients];

    public static bool HasPostgres => PostgresCluster.SkipReason is null;

    public void Dispose() => _folder.Dispose();

    [Theory(SkipUnless = nameof(HasPostgres), Skip = "PostgreSQL is not installed: ./test installs it.")]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_password_that_is_rotated_fails_no_request(bool byLink)
    {
        await using var database = await TestDatabase.CreateAsync(Engine.Postgres);
        var cluster = await PostgresCluster.Shared;
        var login = await cluster.CreateLoginAsync(PostgresCluster.User);
        Replace(PostgresCluster.Password, byLink);
        var environment = new Dictionary<string, string>(database.Environment)
        {
            ["DB_USER"] = login,
            ["DB_PASSWORD_FILE"] = _folder.File("password"),
            ["REQUEST_TIMEOUT"] = FailingPart.Patience,
            ["RATE_LIMIT_READS"] = "0",
            ["RATE_LIMIT_WRITES"] = "0",
            ["LOG_LEVEL"] = "warning",
            ["MAX_CONCURRENT_REQUESTS"] = $"{Clients}",
        };
        environment.Remove("DB_PASSWORD");
        await using var server = OutlayProcess.StartServer(environment);
        using var client = new HttpClient { BaseAddress = await server.WaitForAddressAsync(), Timeout = TimeSpan.FromMinutes(2) };
        using var stop = new CancellationTokenSource();
        var load = Task.WhenAll(Enumerable.Range(0, Clients).Select(number => Task.Run(() => SendAsync(client, number, stop.Token))));

        for (var round = 1; round <= 3; round++)
        {
            var password = $"password {round}";
            await AnsweredAsync();
            Replace(password, byLink);
            // The server knows only the old one yet.
            await cluster.EndSessionsAsync(login);
            await AnsweredAsync();
            await cluster.ChangePasswordAsync(login, password);
            await cluster.EndSessionsAsync(login);
        }

        await AnsweredAsync();
        await server.WaitForOutputAsync("\"event\":\"secret_changed\"");
        await stop.CancelAsync();
        await load;

        Assert.All(_answers, answer => Assert.True(answer.Status is 200 or 201, $"{answer}\n{server.Output}"));
        var stored = (await client.GetFromJsonAsync<JsonElement>("/expenses", Test.Token)).EnumerateArray().Select(expense => expense.GetProperty("description").GetString()!);
        Assert.Equal(_answers.Where(answer => answer.Name.Length > 0).Select(answer => answer.Name).Order(), stored.Order());
    }

    /// <summary>Waits until nothing of before runs any more: each client has begun and ended another request since.</summary>
    private Task AnsweredAsync()
    {
        var before = _answered.ToArray();
        return Eventually.TrueAsync("each client was answered twice", () => Task.FromResult(before.Zip(_answered).All(client => client.Second >= client.First + 2)));
    }

    /// <summary>Sends one request after the other, every other one a change.</summary>
    private async Task SendAsync(HttpClient client, int number, CancellationToken stop)
    {
        for (var sent = 0; !stop.IsCancellationRequested; sent++)
        {
            var name = $"{number}-{sent}";
            using var written = await client.PostAsJsonAsync("/expenses", new { date = "2026-02-19", description = name, amount = 3.5 }, Test.Token);
            _answers.Enqueue((name, (int)written.StatusCode));
            Interlocked.Increment(ref _answered[number]);
            using var read = await client.GetAsync(new Uri("/expenses?limit=5", UriKind.Relative), Test.Token);
            _answers.Enqueue(("", (int)read.StatusCode));
        }
    }

    private void Replace(string password, bool byLink)
    {
        var next = _folder.File($"password-{Guid.CreateVersion7():N}");
        File.WriteAllText(next, $"{password}\n");
        if (byLink)
        {
            File.CreateSymbolicLink(_folder.File("link"), next);
            File.Move(_folder.File("link"), _folder.File("password"), overwrite: true);
        }
        else
        {
            File.Move(next, _folder.File("password"), overwrite: true);
        }
    }
}
