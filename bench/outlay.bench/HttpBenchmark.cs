using System.Diagnostics;
using Outlay.Expenses;

namespace Outlay.Bench;

/// <summary>What clients of the running servers wait for. All sizes are served at once, and take turns.</summary>
internal sealed class HttpBenchmark(IReadOnlyList<Server> servers, Effort effort, Results results, CancellationToken token)
{
    private readonly SampleExpenses _samples = new(SampleExpenses.Seed + 1);

    /// <summary>Reads first: the writes make the small books bigger.</summary>
    public async Task RunAsync()
    {
        // Nine tenths of the list are newer than this.
        var deep = SampleExpenses.LastDay.AddDays(-(SampleExpenses.LastDay.DayNumber - SampleExpenses.FirstDay.DayNumber) * 9 / 10);
        await LatencyAsync(Measure.FirstPage, Measure.FirstPageTail, Get("/expenses?limit=50"));
        await LatencyAsync(Measure.DeepPage, Measure.DeepPageTail, Get($"/expenses?limit=50&cursor={new ExpenseCursor(deep, 0)}"));
        await LatencyAsync(Measure.Summary, Measure.SummaryTail, Get("/expenses/summary"));
        await LatencyAsync(Measure.MonthlySummary, null, Get("/expenses/summary?group_by=month"));
        await LatencyAsync(Measure.FilteredSummary, null, Get("/expenses/summary?from=2024-01-01&to=2024-12-31&category=groceries"));
        await LatencyAsync(Measure.TextSummary, null, Get("/expenses/summary?q=pizzeria"));
        foreach (var server in servers)
            results[Measure.WholeList, server.Book.Size] = await TimeAsync(() => server.GetAsync("/expenses", token));
        await LatencyAsync(Measure.Post, Measure.PostTail, server => server.PostAsync(_samples.NextBody(), token));
        foreach (var connections in Measure.Connections)
            await RateAsync(connections);
    }

    private Func<Server, Task> Get(string path) => server => server.GetAsync(path, token);

    /// <summary>One client that sends one request after the other.</summary>
    private async Task LatencyAsync(Measure middle, Measure? tail, Func<Server, Task> request)
    {
        // The first round only warms up.
        await Samples.TakeTurnsAsync(servers, 1, server => RoundAsync(server, request));
        foreach (var (server, times) in await Samples.TakeTurnsAsync(servers, effort.Rounds, server => RoundAsync(server, request)))
        {
            results[middle, server.Book.Size] = Samples.Median(times);
            if (tail is not null)
                results[tail, server.Book.Size] = Samples.Percentile(times, 99);
        }
    }

    private async Task<IEnumerable<double>> RoundAsync(Server server, Func<Server, Task> request)
    {
        var times = new List<double>();
        var round = Stopwatch.StartNew();
        while (times.Count == 0 || (times.Count < effort.Requests && round.Elapsed < effort.RoundTime))
            times.Add(await TimeAsync(() => request(server)));
        return times;
    }

    /// <summary>Clients that each send one request after the other, side by side.</summary>
    private async Task RateAsync(int connections)
    {
        var rounds = Math.Min(effort.Rounds, 5);
        foreach (var (server, rates) in await Samples.TakeTurnsAsync(servers, rounds, server => RateRoundAsync(server, connections)))
            results[Measure.PostRate(connections), server.Book.Size] = Samples.Median(rates);
    }

    private async Task<IEnumerable<double>> RateRoundAsync(Server server, int connections)
    {
        // Made before the clock runs, so that the client takes little of the machine from the server.
        var bodies = Enumerable.Range(0, 256).Select(_ => _samples.NextBody()).ToArray();
        var sent = -1;
        var round = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, connections).Select(async _ =>
        {
            while (round.Elapsed < effort.RateTime)
                await server.PostAsync(bodies[(uint)Interlocked.Increment(ref sent) % bodies.Length], token);
        }));
        return [(sent + 1) / round.Elapsed.TotalSeconds];
    }

    private static async Task<double> TimeAsync(Func<Task> work)
    {
        var clock = Stopwatch.StartNew();
        await work();
        return clock.Elapsed.TotalMilliseconds;
    }
}
