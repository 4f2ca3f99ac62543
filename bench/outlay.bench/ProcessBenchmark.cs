namespace Outlay.Bench;

/// <summary>What whole runs of the program take: verbs, files in and out, starts of the server.</summary>
internal sealed class ProcessBenchmark(OutlayProgram program, IReadOnlyList<Book> books, BenchOptions options, Results results, CancellationToken token)
{
    /// <summary>Exports each book, and imports the file into an empty one.</summary>
    public async Task ExchangeAsync(string engine)
    {
        foreach (var book in books)
        {
            var file = Path.Combine(book.Folder, "book.csv");
            var export = await program.RunAsync(book, ["export", "--to", file], token);
            results[Measure.Export, book.Size] = book.Size / export.Time.TotalSeconds;
            results[Measure.ExportPeak, book.Size] = export.Peak;

            await using var empty = await Book.CreateAsync(options, engine, 0, token);
            var import = await program.RunAsync(empty, ["import", file], token);
            results[Measure.Import, book.Size] = book.Size / import.Time.TotalSeconds;
            results[Measure.ImportPeak, book.Size] = import.Peak;
            File.Delete(file);
        }
    }

    /// <summary>Starts and stops the server.</summary>
    public async Task StartsAsync()
    {
        foreach (var (book, times) in await Samples.TakeTurnsAsync(books, options.Effort.Starts, StartAsync))
            results[Measure.Start, book.Size] = Samples.Median(times);
    }

    public async Task VerbsAsync()
    {
        foreach (var verb in Measure.Verbs)
        {
            foreach (var (book, times) in await Samples.TakeTurnsAsync(books, options.Effort.Verbs, book => VerbAsync(book, verb)))
                results[Measure.Verb(verb), book.Size] = Samples.Median(times);
        }
    }

    private async Task<IEnumerable<double>> StartAsync(Book book)
    {
        await using var server = await Server.StartAsync(program, book, token);
        return [server.StartToReady.TotalMilliseconds];
    }

    private async Task<IEnumerable<double>> VerbAsync(Book book, string verb) =>
        [(await program.RunAsync(book, verb.Split(' '), token)).Time.TotalMilliseconds];
}
