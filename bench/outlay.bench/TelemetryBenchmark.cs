using System.Diagnostics;
using System.Net;
using System.Text;

namespace Outlay.Bench;

/// <summary>What telemetry costs: servers on books alike take turns, one without it, one with it, and one that also sends everything to a receiver.</summary>
internal sealed class TelemetryBenchmark(BenchOptions options, TextWriter messages, CancellationToken token)
{
    /// <summary>Three servers together stay below what PostgreSQL lets in.</summary>
    private const int Connections = 24;

    private readonly SampleExpenses _samples = new(SampleExpenses.Seed + 1);

    /// <summary>Measures each engine, and gives the figures as Markdown.</summary>
    public async Task<string> RunAsync(int size)
    {
        using var receiver = new Receiver();
        (string Name, (string, string)[] Settings)[] kinds =
            [("off", [("OTEL_SDK_DISABLED", "true")]), ("metrics", []), ("metrics, traces and logs over OTLP", [("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.Address)])];
        var table = new StringBuilder("\n| engine | telemetry | POST/s | pages of 50/s | idle, MB | start to ready, ms | scrape under load, ms: median, longest |\n|---|---|---|---|---|---|---|\n");
        foreach (var engine in options.Engines)
        {
            var servers = new List<(string Kind, Server Server)>();
            var books = new List<Book>();
            try
            {
                foreach (var (name, settings) in kinds)
                {
                    await messages.WriteLineAsync($"{engine}: a book of {size:N0} expenses, telemetry {name}");
                    books.Add(await Book.CreateAsync(options, engine, size, token));
                    servers.Add((name, await Server.StartAsync(new OutlayProgram(options.Program), books[^1], token, settings)));
                }

                await AddRowsAsync(table, engine, servers);
                await messages.WriteLineAsync(table.ToString());
            }
            finally
            {
                foreach (var (_, server) in servers)
                    await server.DisposeAsync();
                foreach (var book in books)
                    await book.DisposeAsync();
            }
        }

        return table.ToString();
    }

    private async Task AddRowsAsync(StringBuilder table, string engine, List<(string Kind, Server Server)> servers)
    {
        var all = servers.ConvertAll(entry => entry.Server);
        var idle = new Dictionary<Server, double>();
        foreach (var server in all)
        {
            await ProcessFigures.WaitUntilIdleAsync(server.Process, token);
            idle[server] = ProcessFigures.ResidentMemory(server.Process);
        }

        var rounds = Math.Min(options.Effort.Rounds, 6);
        // The first rounds only warm up.
        await Samples.TakeTurnsAsync(all, 2, PostRateAsync);
        var posts = (await Samples.TakeTurnsAsync(all, rounds, PostRateAsync)).ToDictionary();
        var pages = (await Samples.TakeTurnsAsync(all, rounds, server => RateAsync(() => server.GetAsync("/expenses?limit=50", token)))).ToDictionary();
        foreach (var (kind, server) in servers)
        {
            var scrapes = kind == "off" ? [] : await ScrapeUnderLoadAsync(server);
            var scrape = scrapes.Count == 0 ? "" : $"{Samples.Median(scrapes):F1}, {scrapes.Max():F1}";
            table.Append($"| {engine} | {kind} | {Rate(posts, server, all[0])} | {Rate(pages, server, all[0])} | {idle[server]:F0} | {server.StartToReady.TotalMilliseconds:F0} | {scrape} |\n");
        }
    }

    private static string Rate(Dictionary<Server, List<double>> rates, Server server, Server off) =>
        $"{Samples.Median(rates[server]):F0} ({Samples.Median(rates[server]) / Samples.Median(rates[off]):P0})";

    private Task<IEnumerable<double>> PostRateAsync(Server server)
    {
        // Made before the clock runs, so that the client takes little of the machine from the server.
        var bodies = Enumerable.Range(0, 256).Select(_ => _samples.NextBody()).ToArray();
        var sent = -1;
        return RateAsync(() => server.PostAsync(bodies[(uint)Interlocked.Increment(ref sent) % bodies.Length], token));
    }

    private async Task<IEnumerable<double>> RateAsync(Func<Task> request)
    {
        var sent = 0;
        var round = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, Connections).Select(async _ =>
        {
            while (round.Elapsed < options.Effort.RateTime)
            {
                await request();
                Interlocked.Increment(ref sent);
            }
        }));
        return [sent / round.Elapsed.TotalSeconds];
    }

    /// <summary>How long the answers to /metrics take while clients write.</summary>
    private async Task<List<double>> ScrapeUnderLoadAsync(Server server)
    {
        var times = new List<double>();
        // The first one compiles what all others use.
        await server.GetAsync("/metrics", token);
        var load = PostRateAsync(server);
        while (!load.IsCompleted || times.Count == 0)
        {
            var clock = Stopwatch.StartNew();
            await server.GetAsync("/metrics", token);
            times.Add(clock.Elapsed.TotalMilliseconds);
            await Task.Delay(TimeSpan.FromMilliseconds(350), token);
        }

        await load;
        return times;
    }

    /// <summary>Takes whatever is sent, and forgets it.</summary>
    private sealed class Receiver : IDisposable
    {
        private readonly HttpListener _listener = new();

        public Receiver()
        {
            Address = $"http://127.0.0.1:{Server.FreePort()}";
            _listener.Prefixes.Add($"{Address}/");
            _listener.Start();
            _ = TakeAsync();
        }

        public string Address { get; }

        public void Dispose() => _listener.Close();

        private async Task TakeAsync()
        {
            while (_listener.IsListening)
            {
                try
                {
                    var context = await _listener.GetContextAsync();
                    await context.Request.InputStream.CopyToAsync(Stream.Null);
                    context.Response.Close();
                }
                catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
                {
                    // It was closed, or whoever sent something was.
                }
            }
        }
    }
}
