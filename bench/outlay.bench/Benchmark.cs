using System.Text;

namespace Outlay.Bench;

/// <summary>A run: fills books of all sizes on each engine, measures, reports.</summary>
internal static class Benchmark
{
    /// <summary>Runs as the options say. The results go to <paramref name="output"/>, everything else to <paramref name="messages"/>.</summary>
    /// <returns>0; 1 when something did not run, 2 when the options are wrong. A missed aim is a result like any other.</returns>
    public static async Task<int> MainAsync(
        string[] arguments, Func<string, string?> environment, TextWriter output, TextWriter messages, CancellationToken token)
    {
        try
        {
            if (arguments is ["--help"])
            {
                await output.WriteLineAsync(BenchOptions.Usage);
                return 0;
            }

            var options = BenchOptions.Read(arguments, PostgresSettings.From(new SettingsSource(environment)));
            await RunAsync(options, output, messages, token);
            return 0;
        }
        catch (ArgumentException e)
        {
            await messages.WriteLineAsync($"{e.Message}\n\n{BenchOptions.Usage}");
            return 2;
        }
        catch (Exception e)
        {
            await messages.WriteLineAsync(e.ToString());
            return 1;
        }
    }

    private static async Task RunAsync(BenchOptions options, TextWriter output, TextWriter messages, CancellationToken token)
    {
        var report = new StringBuilder();
        await AddAsync(Report.Head(options, await Machine.DescribeAsync(options, token)));
        if (options.Backup)
        {
            await AddAsync(await new BackupBenchmark(options, messages, token).RunAsync(options.Sizes[^1]));
            return;
        }

        if (options.Telemetry)
        {
            await AddAsync(await new TelemetryBenchmark(options, messages, token).RunAsync(options.Sizes[^1]));
            return;
        }

        if (options.Overload)
        {
            await AddAsync(await new OverloadBenchmark(options, messages, token).RunAsync(options.Sizes[^1]));
            return;
        }

        foreach (var engine in options.Engines)
        {
            var results = new Results();
            var books = new List<Book>();
            try
            {
                foreach (var size in options.Sizes)
                {
                    await messages.WriteLineAsync($"{engine}: a book of {size:N0} expenses");
                    books.Add(await Book.CreateAsync(options, engine, size, token));
                }

                await MeasureAsync(engine, books, options, results, messages, token);
            }
            finally
            {
                foreach (var book in books)
                    await book.DisposeAsync();
            }

            await AddAsync(Report.Of(engine, options.Sizes, results));
        }

        // Each part is shown as soon as it is there: the next one may take long.
        async Task AddAsync(string part)
        {
            report.Append(part);
            await output.WriteAsync(part);
            if (options.Out is not null)
                await File.WriteAllTextAsync(options.Out, report.ToString(), token);
        }
    }

    private static async Task MeasureAsync(
        string engine, IReadOnlyList<Book> books, BenchOptions options, Results results, TextWriter messages, CancellationToken token)
    {
        var program = new OutlayProgram(options.Program);
        var processes = new ProcessBenchmark(program, books, options, results, token);
        await messages.WriteLineAsync($"{engine}: starts");
        await processes.StartsAsync();
        await messages.WriteLineAsync($"{engine}: export and import");
        await processes.ExchangeAsync(engine);
        await messages.WriteLineAsync($"{engine}: requests");
        await ServeAsync(program, books, options.Effort, results, token);
        await messages.WriteLineAsync($"{engine}: verbs");
        await processes.VerbsAsync();
    }

    private static async Task ServeAsync(
        OutlayProgram program, IReadOnlyList<Book> books, Effort effort, Results results, CancellationToken token)
    {
        var servers = new List<Server>();
        try
        {
            foreach (var book in books)
                servers.Add(await Server.StartAsync(program, book, token));
            await RecordMemoryAsync(Measure.Idle);
            await new HttpBenchmark(servers, effort, results, token).RunAsync();
            await RecordMemoryAsync(Measure.IdleAfterWork);
            foreach (var server in servers)
                results[Measure.ServerPeak, server.Book.Size] = ProcessFigures.PeakMemory(server.Process);
        }
        finally
        {
            foreach (var server in servers)
                await server.DisposeAsync();
        }

        async Task RecordMemoryAsync(Measure measure)
        {
            foreach (var server in servers)
            {
                await ProcessFigures.WaitUntilIdleAsync(server.Process, token);
                results[measure, server.Book.Size] = ProcessFigures.ResidentMemory(server.Process);
            }
        }
    }
}
