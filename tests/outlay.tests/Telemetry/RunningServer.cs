using Outlay.Tests.Harness;

namespace Outlay.Tests.Telemetry;

/// <summary>The program itself, serving: what the framework measures belongs to a process, so each of these tests has one of its own.</summary>
internal sealed class RunningServer : IAsyncDisposable
{
    private RunningServer(TestDatabase database, OutlayProcess process, Uri address) =>
        (Database, Process, Client) = (database, process, new HttpClient { BaseAddress = address });

    public TestDatabase Database { get; }

    public OutlayProcess Process { get; }

    public HttpClient Client { get; }

    public static async Task<RunningServer> StartAsync(Engine engine, params (string Name, string Value)[] settings)
    {
        var database = await TestDatabase.CreateAsync(engine);
        var environment = new Dictionary<string, string>(database.Environment);
        foreach (var (name, value) in settings)
            environment[name] = value;
        var process = OutlayProcess.StartServer(environment);
        var server = new RunningServer(database, process, await process.WaitForAddressAsync());
        return server;
    }

    public async Task<Answer> SendAsync(string method, string path, string? body = null, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (body is not null)
            request.Content = new StringContent(body, System.Text.Encoding.UTF8, "application/json");
        foreach (var (name, value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        using var response = await Client.SendAsync(request, Test.Token);
        return await Answer.ReadAsync(response);
    }

    /// <summary>Asks for metrics, past the answer that was just given.</summary>
    public async Task<Scrape> ScrapeAsync()
    {
        await Task.Delay(Outlay.Telemetry.PullExporter.MaxAge, Test.Token);
        return new Scrape((await SendAsync("GET", "/metrics")).MustBe(200).Body);
    }

    /// <summary>Runs a verb on the same database.</summary>
    public Task<ProcessResult> RunAsync(params string[] arguments) => OutlayProcess.RunAsync(arguments, Database.Environment);

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await Process.DisposeAsync();
        await Database.DisposeAsync();
    }
}
