using Outlay.Tests.Harness;

namespace Outlay.Tests.Telemetry;

/// <summary>The prober itself, making one journey after the other.</summary>
internal sealed class RunningProbe : IAsyncDisposable
{
    private readonly OutlayProcess _process;
    private readonly HttpClient _client;

    private RunningProbe(OutlayProcess process, Uri address) => (_process, _client) = (process, new HttpClient { BaseAddress = address });

    public Uri Address => _client.BaseAddress!;

    /// <param name="service">What it watches.</param>
    /// <param name="settings">Environment variables.</param>
    public static async Task<RunningProbe> StartAsync(Uri service, params (string Name, string Value)[] settings)
    {
        var address = new Uri($"http://127.0.0.1:{PostgresCluster.FreePort()}");
        var probe = new RunningProbe(OutlayProcess.Start(
            ["probe", "--url", service.ToString(), "--listen", address.ToString(), "--interval", "200ms", "--timeout", "1m"], settings.ToDictionary(setting => setting.Name, setting => setting.Value)), address);
        await Eventually.TrueAsync("the prober answers", probe.AnswersAsync);
        return probe;
    }

    /// <summary>Asks for metrics, past the answer that was just given.</summary>
    public async Task<Scrape> ScrapeAsync()
    {
        await Task.Delay(Outlay.Telemetry.PullExporter.MaxAge, Test.Token);
        return new Scrape(await _client.GetStringAsync(new Uri("/metrics", UriKind.Relative), Test.Token));
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _process.DisposeAsync();
    }

    private async Task<bool> AnswersAsync()
    {
        try
        {
            using var answer = await _client.GetAsync(new Uri("/metrics", UriKind.Relative), Test.Token);
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            // It does not listen yet.
            return false;
        }
    }
}
