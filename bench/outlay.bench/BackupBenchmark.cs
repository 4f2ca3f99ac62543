using System.Diagnostics;
using System.Globalization;
using Outlay.Backup;
using Outlay.Storage;

namespace Outlay.Bench;

/// <summary>What backups take, beside the tools of PostgreSQL on the same database.</summary>
internal sealed class BackupBenchmark(BenchOptions options, TextWriter messages, CancellationToken token)
{
    private const string Sqlite = "sqlite";
    private const string Postgres = "postgres";
    private const string Tools = "pg_dump -Fc, pg_restore";

    private readonly Dictionary<(string Work, string Who), double> _rates = [];
    private readonly Dictionary<(string Work, string Who), double> _peaks = [];

    /// <summary>Measures books of one size on each engine, and gives the figures as Markdown.</summary>
    public async Task<string> RunAsync(int size)
    {
        foreach (var engine in options.Engines)
        {
            await messages.WriteLineAsync($"{engine}: a book of {size:N0} expenses");
            await using var book = await Book.CreateAsync(options, engine, size, token);
            await using var empty = await Book.CreateAsync(options, engine, 0, token);
            await messages.WriteLineAsync($"{engine}: backup, verification and restore");
            await MeasureAsync(engine, book, empty);
            await MeasureProgramAsync(engine, book);
            if (engine == Postgres)
                await MeasureToolsAsync(book);
        }

        return Table(size);
    }

    private async Task MeasureAsync(string engine, Book book, Book empty)
    {
        var file = Path.Combine(book.Folder, "backup");
        var settings = SettingsOf(book);
        using var catalog = new BackupCatalog(settings, TimeProvider.System);
        await using (var database = Database.Open(settings, Database.PatienceOfVerbs, TimeProvider.System))
        {
            await TimeAsync("backup", engine, book.Size, async () =>
            {
                await using var output = File.Create(file);
                await new BackupWriter(database, settings, "bench").WriteAsync(output, TimeProvider.System.GetUtcNow(), token);
                output.Flush(flushToDisk: true);
            });
        }

        await TimeAsync("verification", engine, book.Size, async () =>
        {
            var report = await new BackupVerifier(catalog, settings, TimeProvider.System)
                .VerifyAsync("backup", () => Task.FromResult<Stream>(File.OpenRead(file)), book.Folder, _ => { }, token);
            if (!report.IsGood)
                throw new InvalidOperationException(report.Problem);
        });

        await using var target = Database.Open(SettingsOf(empty), Database.PatienceOfVerbs, TimeProvider.System);
        await TimeAsync("restore", engine, book.Size, async () =>
        {
            await using var input = File.OpenRead(file);
            await new BackupRestore(target, TimeProvider.System).RunAsync(input, null, isVerified: false, token);
        });
    }

    /// <summary>As a user runs it: with the readable copy and the verification.</summary>
    private async Task MeasureProgramAsync(string engine, Book book)
    {
        var program = new OutlayProgram(options.Program);
        var create = await program.RunAsync(book, ["backup", "create"], token);
        Record("outlay backup create", engine, book.Size, create);
        var file = Directory.GetFiles(Path.Combine(book.Folder, "backups"), "*.tar.gz").Single();
        await using var empty = await Book.CreateAsync(options, engine, 0, token);
        Record("outlay backup restore", engine, book.Size, await program.RunAsync(empty, ["backup", "restore", file], token));
    }

    private async Task MeasureToolsAsync(Book book)
    {
        await using var empty = await Book.CreateAsync(options, Postgres, 0, token, migrated: false);
        var dump = Path.Combine(book.Folder, "dump");
        await TimeAsync("backup", Tools, book.Size, () => RunToolAsync(book, "pg_dump", "-Fc", "--enable-row-security", "-f", dump, book.Environment["DB_NAME"]!));
        await TimeAsync("restore", Tools, book.Size, () => RunToolAsync(book, "pg_restore", "-d", empty.Environment["DB_NAME"]!, dump));
    }

    private async Task RunToolAsync(Book book, string tool, params string[] arguments)
    {
        var start = new ProcessStartInfo(tool, arguments) { RedirectStandardError = true };
        start.Environment["PGHOST"] = book.Environment["DB_HOST"];
        start.Environment["PGPORT"] = book.Environment["DB_PORT"];
        start.Environment["PGUSER"] = book.Environment["DB_USER"];
        // The rows of all owners.
        start.Environment["PGOPTIONS"] = "-c outlay.owner=*";
        start.Environment["PGPASSWORD"] = book.Environment["DB_PASSWORD"];
        using var process = Process.Start(start)!;
        var error = await process.StandardError.ReadToEndAsync(token);
        await process.WaitForExitAsync(token);
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"{tool} exited with {process.ExitCode}: {error}");
    }

    private async Task TimeAsync(string work, string who, int size, Func<Task> run)
    {
        var clock = Stopwatch.StartNew();
        await run();
        _rates[(work, who)] = size / clock.Elapsed.TotalSeconds;
    }

    private void Record(string work, string who, int size, VerbRun run) =>
        (_rates[(work, who)], _peaks[(work, who)]) = (size / run.Time.TotalSeconds, run.Peak);

    private string Table(int size)
    {
        string[] who = [.. options.Engines, .. options.Engines.Contains(Postgres) ? [Tools] : Array.Empty<string>()];
        var lines = new List<string>
        {
            "",
            $"## Backups of {size.ToString("N0", CultureInfo.InvariantCulture)} expenses with their tags and history, in expenses per second",
            "",
            $"|  | {string.Join(" | ", who)} |",
            $"| :-- | {string.Join(" | ", who.Select(_ => "--:"))} |",
        };
        foreach (var work in _rates.Keys.Select(key => key.Work).Distinct())
        {
            lines.Add($"| {work} | {string.Join(" | ", who.Select(name => Number(_rates, (work, name))))} |");
            if (_peaks.Keys.Any(key => key.Work == work))
                lines.Add($"| {work}, peak memory in MB | {string.Join(" | ", who.Select(name => Number(_peaks, (work, name))))} |");
        }

        return string.Join('\n', lines) + "\n";
    }

    private static string Number(Dictionary<(string, string), double> figures, (string, string) key) =>
        figures.TryGetValue(key, out var value) ? value.ToString("#,0", CultureInfo.InvariantCulture) : "";

    private static Settings SettingsOf(Book book) => Settings.From(new SettingsSource(name => book.Environment.GetValueOrDefault(name)));
}
