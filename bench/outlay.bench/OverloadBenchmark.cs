using System.Globalization;
using System.Text;

namespace Outlay.Bench;

/// <summary>What clients get from a server that has five times as much to do as it can: with its limits, and without them.</summary>
internal sealed class OverloadBenchmark(BenchOptions options, TextWriter messages, CancellationToken token)
{
    private const int Factor = 5;

    /// <summary>More than the server lets in and has wait, so that the load goes on while they are busy.</summary>
    private const int Connections = 128;

    private readonly SampleExpenses _samples = new(SampleExpenses.Seed + 1);

    /// <summary>Measures each engine, and gives the figures as Markdown.</summary>
    public async Task<string> RunAsync(int size)
    {
        var table = new StringBuilder($"\n| engine | limits | most, POST/s | at {Factor} times as many: served/s | turned away/s | failed | p99 of a fifth of the most, ms | p99 of the served, ms | p99 afterwards, ms |\n|---|---|---|---|---|---|---|---|---|\n");
        (string Name, (string, string)[] Settings)[] kinds = [("as they are by default", []), ("none", [("MAX_CONCURRENT_REQUESTS", "1000"), ("MAX_QUEUED_REQUESTS", "10000")])];
        foreach (var engine in options.Engines)
        {
            foreach (var (name, settings) in kinds)
            {
                await messages.WriteLineAsync($"{engine}: a book of {size:N0} expenses, limits {name}");
                await using var book = await Book.CreateAsync(options, engine, size, token);
                await using var server = await Server.StartAsync(new OutlayProgram(options.Program), book, token, settings);
                table.AppendLine(CultureInfo.InvariantCulture, $"| {engine} | {name} | {await RowAsync(server)} |");
                await messages.WriteLineAsync(table.ToString());
            }
        }

        return table.ToString();
    }

    private async Task<string> RowAsync(Server server)
    {
        var requests = Enumerable.Range(0, 256).Select(_ => OpenLoad.Post(_samples.NextBody())).ToArray();
        var time = options.Effort.RateTime * 4;
        // As many as the server lets in, one after the other: the first time only warms up.
        var closed = new OpenLoad(server.Client.BaseAddress!, 16);
        await closed.RunAsync(requests, null, time, token);
        var most = (await closed.RunAsync(requests, null, time, token)).Goodput;
        var open = new OpenLoad(server.Client.BaseAddress!, Connections);
        var before = await open.RunAsync(requests, most / Factor, time, token);
        var flood = await open.RunAsync(requests, most * Factor, time, token);
        var after = await open.RunAsync(requests, most / Factor, time, token);
        return string.Create(CultureInfo.InvariantCulture,
            $"{most:N0} | {flood.Goodput:N0} ({flood.Goodput / most:P0}) | {flood.Shed / flood.Seconds:N0} | {flood.Failed + before.Failed + after.Failed} | {Tail(before)} | {Tail(flood)} | {Tail(after)}");
    }

    private static string Tail(LoadOutcome outcome) => Samples.Percentile(outcome.Accepted, 99).ToString("0.0", CultureInfo.InvariantCulture);
}
