using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Outlay.Access;
using Outlay.Backup;
using Outlay.Hosting;
using Outlay.Reports;
using Outlay.Storage;

namespace Outlay.Tests.Harness;

/// <summary>The server of the product, in this process, on a free port of the loopback, asked over real HTTP.</summary>
internal sealed class TestServer : IAsyncDisposable
{
    /// <summary>The header that carries <see cref="Secret"/>.</summary>
    public const string SecretHeader = "X-Admin-Secret";

    /// <summary>ADMIN_SECRET of every server, unless a test sets another.</summary>
    public const string Secret = "the administrator's secret";

    private readonly WebApplication _app;
    private readonly TestDatabase? _ownDatabase;

    private TestServer(WebApplication app, TestDatabase? ownDatabase)
    {
        _app = app;
        _ownDatabase = ownDatabase;
        Client = new HttpClient { BaseAddress = new Uri(app.Urls.First()) };
    }

    /// <summary>Knows the address: paths suffice.</summary>
    public HttpClient Client { get; }

    public Uri Address => Client.BaseAddress!;

    /// <summary>Where MANAGEMENT_LISTEN is answered, if it is set.</summary>
    public Uri ManagementAddress => new(_app.Urls.Last());

    public IServiceProvider Services => _app.Services;

    /// <summary>Compares, on the server's own connections, what is kept with what is recomputed.</summary>
    public DoctorService Doctor => new(Services.GetRequiredService<Database>());

    /// <summary>Completes when the backup of the start has been made.</summary>
    public Task FirstBackup => Eventually.TrueAsync(
        "the backup of the start is over", () => Task.FromResult(Services.GetRequiredService<BackupStatus>().Last.State is not BackupState.NotRun));

    /// <summary>The database that was made together with the server.</summary>
    public TestDatabase Database => _ownDatabase!;

    /// <summary>Starts a server on a migrated database of its own, and waits until it is ready.</summary>
    /// <param name="engine">The engine that holds the database.</param>
    /// <param name="settings">Environment variables beside those that select the database.</param>
    public static async Task<TestServer> StartAsync(Engine engine, params (string Name, string Value)[] settings)
    {
        var database = await TestDatabase.CreateAsync(engine);
        var server = await StartAsync(database.Environment, database.Clock, database, settings);
        await server.ReadyAsync();
        return server;
    }

    /// <summary>Starts a server on the database that an environment selects, and waits until it is ready.</summary>
    public static async Task<TestServer> StartAsync(TestDatabase database, params (string Name, string Value)[] settings)
    {
        var server = await StartAsync(database.Environment, database.Clock, null, settings);
        await server.ReadyAsync();
        return server;
    }

    /// <summary>Starts a server, whether its database is there or not, and does not wait.</summary>
    /// <param name="environment">What selects the database.</param>
    public static Task<TestServer> StartAsync(IReadOnlyDictionary<string, string> environment, params (string Name, string Value)[] settings) =>
        StartAsync(environment, new TestClock(), null, settings);

    /// <summary>Waits until the service is ready.</summary>
    public Task ReadyAsync() => _app.Services.GetRequiredService<Startup>().Ready.WaitAsync(Test.Token);

    /// <summary>Sends a request and reads the whole answer.</summary>
    /// <param name="body">Sent as application/json; null for none.</param>
    public async Task<Answer> SendAsync(string method, string path, string? body = null, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (body is not null)
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        foreach (var (name, value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        return await SendAsync(request);
    }

    public async Task<Answer> SendAsync(HttpRequestMessage request)
    {
        using var response = await Client.SendAsync(request, Test.Token);
        return await Answer.ReadAsync(response);
    }

    public Task<Answer> GetAsync(string path, params (string Name, string Value)[] headers) => SendAsync("GET", path, null, headers);

    /// <summary>Makes a key past HTTP.</summary>
    /// <returns>The key itself.</returns>
    public async Task<string> MakeKeyAsync(string owner, string? scopes = null) => (await IssueKeyAsync(owner, scopes)).Text;

    /// <summary>Makes a key past HTTP.</summary>
    /// <returns>The number of the key.</returns>
    public async Task<long> AddKeyAsync() => (await IssueKeyAsync("default", null)).Key.Id;

    private Task<IssuedKey> IssueKeyAsync(string owner, string? scopes) =>
        Services.GetRequiredService<KeyService>().CreateAsync(new KeyDraft(owner, "test", scopes, null), Test.Token);

    /// <summary>Records an expense, which must succeed.</summary>
    /// <returns>The id.</returns>
    public async Task<long> AddAsync(string json)
    {
        var answer = await SendAsync("POST", "/expenses", json);
        Assert.True(answer.Status == 201, answer.Body);
        return answer.Json.GetProperty("id").GetInt64();
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        // Disposing of it alone would not wait for the work in the background, which writes into folders that are removed next.
        await _app.StopAsync(CancellationToken.None);
        await _app.DisposeAsync();
        if (_ownDatabase is not null)
            await _ownDatabase.DisposeAsync();
    }

    private static async Task<TestServer> StartAsync(
        IReadOnlyDictionary<string, string> environment, TimeProvider clock, TestDatabase? ownDatabase, (string Name, string Value)[] settings)
    {
        var all = new Dictionary<string, string>(environment)
        {
            ["LISTEN"] = "http://127.0.0.1:0",
            ["LOG_LEVEL"] = "error",
            ["DRAIN_DELAY"] = "0s",
            ["ADMIN_SECRET"] = Secret,
            // Tests ask more than a client may, on slow machines: those of limits set their own.
            ["MAX_CONCURRENT_REQUESTS"] = "60",
            ["MAX_QUEUED_REQUESTS"] = "10000",
            ["RATE_LIMIT_READS"] = "0",
            ["RATE_LIMIT_WRITES"] = "0",
            ["RATE_LIMIT_REFUSALS"] = "0",
        };
        foreach (var (name, value) in settings)
            all[name] = value;
        var source = new SettingsSource(all.GetValueOrDefault);
        var read = Settings.From(source);
        source.ThrowIfFaulty();
        var app = App.Build(read, clock);
        await app.StartAsync(Test.Token);
        return new TestServer(app, ownDatabase);
    }
}
