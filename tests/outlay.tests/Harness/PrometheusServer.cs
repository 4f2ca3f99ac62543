using System.Diagnostics;
using System.Text.Json;

namespace Outlay.Tests.Harness;

/// <summary>A Prometheus of its own, from the system's package, with the rules of this repository, evaluated each second.</summary>
internal sealed class PrometheusServer : IAsyncDisposable
{
    private readonly TestFolder _folder;
    private readonly Process _process;
    private readonly HttpClient _client;
    private readonly Transcript _log = new();

    private PrometheusServer(TestFolder folder, int port)
    {
        _folder = folder;
        _client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
        _process = Process.Start(new ProcessStartInfo("prometheus",
        [
            $"--config.file={folder.File("prometheus.yml")}", $"--storage.tsdb.path={folder.File("data")}",
            $"--web.listen-address=127.0.0.1:{port}", "--storage.tsdb.retention.time=35d",
            "--enable-feature=exemplar-storage",
        ])
        { RedirectStandardError = true })!;
        _ = _log.FollowAsync(_process.StandardError);
    }

    /// <summary>Why tests with Prometheus are skipped; null when they run.</summary>
    public static string? SkipReason { get; } = Command.SkipReason("prometheus", "REQUIRE_PROMETHEUS");

    public Uri Address => _client.BaseAddress!;

    /// <summary>Starts it and waits until it answers.</summary>
    /// <param name="history">What it has seen before, in the text form of OpenMetrics; null for nothing.</param>
    /// <param name="scrape">The part of its configuration that says what it scrapes.</param>
    /// <param name="withRules">Whether it has the rules of this repository.</param>
    public static async Task<PrometheusServer> StartAsync(string? history = null, string scrape = "", bool withRules = true)
    {
        var folder = new TestFolder();
        await File.WriteAllTextAsync(folder.File("prometheus.yml"),
            $$"""
            global: {scrape_interval: 1s, evaluation_interval: 1s}
            rule_files: [{{(withRules ? "rules-*.yaml" : "")}}]
            {{scrape}}
            """, Test.Token);
        foreach (var rules in withRules ? Directory.GetFiles(Path.Combine(ProductCode.Root, "observability", "rules")) : [])
        {
            // Nobody has to wait half a minute for the first evaluation.
            var text = (await File.ReadAllTextAsync(rules, Test.Token)).Replace("interval: 30s", "interval: 1s", StringComparison.Ordinal);
            await File.WriteAllTextAsync(folder.File($"rules-{Path.GetFileName(rules)}"), text, Test.Token);
        }

        if (history is not null)
        {
            await File.WriteAllTextAsync(folder.File("history"), history, Test.Token);
            await Command.RunAsync("promtool", "tsdb", "create-blocks-from", "openmetrics", "--quiet", folder.File("history"), folder.File("data"));
        }

        var server = new PrometheusServer(folder, PostgresCluster.FreePort());
        await Eventually.TrueAsync("Prometheus is ready", server.IsReadyAsync);
        return server;
    }

    /// <summary>The data of an answer of its API.</summary>
    public async Task<JsonElement> GetAsync(string path)
    {
        using var answer = JsonDocument.Parse(await _client.GetStringAsync(new Uri(path, UriKind.Relative), Test.Token));
        return answer.RootElement.GetProperty("data").Clone();
    }

    /// <summary>The present result of an expression.</summary>
    public async Task<JsonElement> QueryAsync(string expression) =>
        (await GetAsync($"/api/v1/query?query={Uri.EscapeDataString(expression)}")).GetProperty("result");

    /// <summary>Waits until an expression has a result.</summary>
    public Task ResultAsync(string expression) =>
        Eventually.TrueAsync($"{expression} has a result", async () => (await QueryAsync(expression)).GetArrayLength() > 0);

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _folder.Dispose();
    }

    private async Task<bool> IsReadyAsync()
    {
        if (_process.HasExited)
            throw new InvalidOperationException($"Prometheus ended:\n{_log}");
        try
        {
            using var answer = await _client.GetAsync(new Uri("/-/ready", UriKind.Relative), Test.Token);
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }
}
