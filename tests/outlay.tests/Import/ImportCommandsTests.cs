using Outlay.Tests.Harness;

namespace Outlay.Tests.Import;

/// <summary>The verbs import and export, as a user runs them.</summary>
public sealed class ImportCommandsTests
{
    private const string TwoRows = "date,description,amount,currency,balance\n2026-01-01,Coffee,3.50,,7\n2026-01-02,Ramen,1200,JPY,8\n";

    private const string Listed = "2026-01-02,Ramen,1200,JPY\n2026-01-01,Coffee,3.50,EUR\n";

    [Theory, EachEngine]
    public async Task A_file_is_imported_exported_and_imported_again(Engine engine)
    {
        await using var database = await TestDatabase.CreateAsync(engine);
        var (csv, ndjson) = (Path.Combine(database.Folder, "in.csv"), Path.Combine(database.Folder, "out.ndjson"));
        await File.WriteAllTextAsync(csv, TwoRows);

        var import = await RunAsync(database, "import", csv);
        var export = await RunAsync(database, "export", "--to", ndjson, "--until", "2026-01-01");
        var again = await RunAsync(database, "import", ndjson);
        var which = await RunAsync(database, "import", ndjson, "--dry-run");
        var twice = await RunAsync(database, "import", ndjson, "--allow-duplicates");

        Assert.Equal((0, "Imported 2 expenses.\n3.50 EUR in 1 expense\n1200 JPY in 1 expense\n"), (import.ExitCode, import.Output));
        Assert.Equal("Left out, because no such column is known: balance\n", import.Error);
        Assert.Equal((0, "", $"Wrote 1 expense to {ndjson}.\n"), (export.ExitCode, export.Output, export.Error));
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(ndjson));
        Assert.Equal((0, "Imported 0 expenses, 1 was already there.\n", ""), (again.ExitCode, again.Output, again.Error));
        Assert.Equal((0, "Would import 0 expenses, 1 is already there.\n", "line 1: already there: 2026-01-01 - Coffee - 3.50 EUR\n"), (which.ExitCode, which.Output, which.Error));
        Assert.Equal((0, "Imported 1 expense.\n3.50 EUR in 1 expense\n", ""), (twice.ExitCode, twice.Output, twice.Error));
        Assert.Equal($"{Listed}2026-01-01,Coffee,3.50,EUR\n", await ListAsync(database));
    }

    [Fact]
    public async Task Standard_input_can_be_imported_and_a_dry_run_writes_nothing()
    {
        await using var database = await TestDatabase.CreateAsync(Engine.Sqlite);

        var dryRun = await OutlayProcess.RunAsync(["import", "-", "--dry-run", "--currency", "chf"], database.Environment, TwoRows);
        var nothing = await ListAsync(database);
        var import = await OutlayProcess.RunAsync(["import", "-"], database.Environment, TwoRows);

        Assert.Equal((0, "Would import 2 expenses.\n3.50 CHF in 1 expense\n1200 JPY in 1 expense\n"), (dryRun.ExitCode, dryRun.Output));
        Assert.Equal("", nothing);
        Assert.Equal(0, import.ExitCode);
        Assert.Equal(Listed, await ListAsync(database));
    }

    [Theory, EachEngine]
    public async Task Of_many_rows_a_terminal_shows_the_first_ten_and_a_file_gets_all(Engine engine)
    {
        await using var database = await TestDatabase.CreateAsync(engine);
        var (known, bad) = (Path.Combine(database.Folder, "known.csv"), Path.Combine(database.Folder, "bad.csv"));
        await File.WriteAllTextAsync(known, $"date,description,amount\n{string.Concat(Enumerable.Range(1, 25).Select(number => $"2026-01-{number:D2},Coffee {number},3.50\n"))}");
        await File.WriteAllTextAsync(bad, $"date,description,amount\n{string.Concat(Enumerable.Repeat("2026-01-01,Tea,0\n", 12))}");
        await RunAsync(database, "import", known);

        var all = await RunAsync(database, "import", known, "--dry-run");
        await using var terminal = OutlayProcess.StartInTerminal(["import", known, "--dry-run"], database.Environment);
        var shown = (await terminal.WaitForExitAsync()).Output;
        await using var badTerminal = OutlayProcess.StartInTerminal(["import", bad], database.Environment);
        var badShown = (await badTerminal.WaitForExitAsync()).Output;

        Assert.Equal(25, all.Error.Split('\n').Count(line => line.Contains("already there: 2026-01-", StringComparison.Ordinal)));
        Assert.Contains("line 11: already there: 2026-01-10 - Coffee 10 - 3.50 EUR", shown, StringComparison.Ordinal);
        Assert.DoesNotContain("Coffee 11", shown, StringComparison.Ordinal);
        Assert.Contains("and 15 more rows: 2> FILE", shown, StringComparison.Ordinal);
        Assert.Contains("line 11: Amount must be greater than 0", badShown, StringComparison.Ordinal);
        Assert.DoesNotContain("line 12:", badShown, StringComparison.Ordinal);
        Assert.Contains("and 2 more rows that break the rules", badShown, StringComparison.Ordinal);
    }

    [Theory, EachEngine]
    public async Task What_is_found_of_many_rows_is_told_line_by_line_whoever_finds_it(Engine engine)
    {
        const int Many = 12_000;
        await using var database = await TestDatabase.CreateAsync(engine);
        var (known, mixed) = (Path.Combine(database.Folder, "known.csv"), Path.Combine(database.Folder, "mixed.csv"));
        await File.WriteAllTextAsync(known, $"date,description,amount\n{string.Concat(Enumerable.Repeat("2026-01-01,Coffee,3.50\n", Many))}");
        await File.WriteAllTextAsync(mixed, $"date,description,amount\n{string.Concat(Enumerable.Repeat("2026-01-01,Tea,0\n2026-01-01,Coffee,3.50\n", Many))}");
        await RunAsync(database, "import", known);

        var all = await RunAsync(database, "import", mixed, "--dry-run", "--skip-invalid");

        var lines = all.Error.Split('\n');
        Assert.Equal(Many, lines.Count(line => line.EndsWith(": Amount must be greater than 0", StringComparison.Ordinal)));
        Assert.Equal(Many, lines.Count(line => line.EndsWith(": already there: 2026-01-01 - Coffee - 3.50 EUR", StringComparison.Ordinal)));
    }

    [Theory, EachEngine]
    public async Task What_was_deleted_on_purpose_is_not_imported_again_and_what_was_undone_is(Engine engine)
    {
        await using var database = await TestDatabase.CreateAsync(engine);
        var file = Path.Combine(database.Folder, "in.csv");
        await File.WriteAllTextAsync(file, TwoRows);
        await RunAsync(database, "import", file);
        await RunAsync(database, "delete", "1", "--yes");

        var dryRun = await RunAsync(database, "import", file, "--dry-run");
        var again = await RunAsync(database, "import", file);
        var twice = await RunAsync(database, "import", file, "--allow-duplicates");
        await RunAsync(database, "undo", "--yes");
        var undone = await RunAsync(database, "import", file);

        Assert.Contains("line 2: in the trash: 2026-01-01 - Coffee - 3.50 EUR\n", dryRun.Error, StringComparison.Ordinal);
        Assert.Equal("Imported 0 expenses, 1 was already there, 1 is in the trash.\n", again.Output);
        Assert.Contains("outlay list --trash", again.Error, StringComparison.Ordinal);
        Assert.StartsWith("Imported 2 expenses.\n", twice.Output, StringComparison.Ordinal);
        Assert.Equal("Imported 0 expenses, 1 was already there, 1 is in the trash.\n", undone.Output);

        // An import that was taken back was not wanted as it was: it can be made again.
        await File.WriteAllTextAsync(file, "date,description,amount\n2026-03-01,Tea,2.50\n");
        await RunAsync(database, "import", file);
        await RunAsync(database, "undo", "--yes");
        Assert.StartsWith("Imported 1 expense.\n", (await RunAsync(database, "import", file)).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bad_rows_are_listed_and_can_be_left_out()
    {
        await using var database = await TestDatabase.CreateAsync(Engine.Sqlite);
        const string File = "date,description,amount\n2026-01-01,Tea,\"1,50\"\n2026-01-01,Coffee,3.50\n";
        const string Fault = "line 2: Amount is '1,50': use digits with a point before the decimals, like 3.50, and no comma, sign, exponent or currency. Did you mean 1.50?\n";

        var refused = await OutlayProcess.RunAsync(["import", "-"], database.Environment, File);
        var nothing = await ListAsync(database);
        var skipped = await OutlayProcess.RunAsync(["import", "-", "--skip-invalid"], database.Environment, File);

        Assert.Equal((3, ""), (refused.ExitCode, refused.Output));
        Assert.Equal($"{Fault}1 of 2 rows breaks the rules, nothing was imported: correct it, or leave it out with --skip-invalid.\n", refused.Error);
        Assert.Equal("", nothing);
        Assert.Equal((0, "Imported 1 expense.\n3.50 EUR in 1 expense\n"), (skipped.ExitCode, skipped.Output));
        Assert.Equal($"{Fault}Left out: 1 row that breaks the rules.\n", skipped.Error);
    }

    [Fact]
    public async Task A_file_of_one_row_that_is_bad_says_so_in_the_singular()
    {
        await using var database = await TestDatabase.CreateAsync(Engine.Sqlite);

        var refused = await OutlayProcess.RunAsync(["import", "-"], database.Environment, "date,description,amount\n2026-01-01,Tea,0\n");

        Assert.EndsWith("\nThe only row breaks the rules, nothing was imported: correct it, or leave it out with --skip-invalid.\n", refused.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_link_that_leads_in_a_circle_is_named_with_the_reason()
    {
        await using var database = await TestDatabase.CreateAsync(Engine.Sqlite);
        var link = Path.Combine(database.Folder, "a.csv");
        File.CreateSymbolicLink(link, Path.Combine(database.Folder, "b.csv"));
        File.CreateSymbolicLink(Path.Combine(database.Folder, "b.csv"), link);

        var export = await RunAsync(database, "export", "--to", link, "--yes");

        Assert.Equal((69, $"{link} cannot be written: the link leads nowhere.\n"), (export.ExitCode, export.Error));
    }

    [Fact]
    public async Task Interrupting_an_import_leaves_nothing()
    {
        await using var database = await TestDatabase.CreateAsync(Engine.Sqlite);
        await using var import = OutlayProcess.Start(["import", "-"], database.Environment);
        await import.WriteAsync(TwoRows);
        // What is written here is read only when the program listens, and so to its signals.
        await import.WriteAsync(string.Concat(Enumerable.Repeat("2026-01-01,Coffee,3.50,,\n", 100_000)));

        // It listens a moment after it has begun to read; where Ctrl-C is ignored until then, one that comes too early is lost.
        var exit = import.WaitForExitAsync();
        while (!exit.IsCompleted)
        {
            await Command.RunAsync("sh", "-c", $"kill -INT {import.Id} || true");
            await Task.WhenAny(exit, Task.Delay(TimeSpan.FromSeconds(1), Test.Token));
        }

        var end = await exit;
        Assert.Equal((130, "", "Cancelled. Nothing was imported."), (end.ExitCode, end.Output, end.Error.Split('\n')[^2]));
        Assert.Equal("", await ListAsync(database));
    }

    [Fact]
    public async Task While_an_import_waits_for_its_input_others_can_write()
    {
        await using var database = await TestDatabase.CreateAsync(Engine.Sqlite);
        await using var import = OutlayProcess.Start(["import", "-"], database.Environment);
        await import.WriteAsync(TwoRows);
        // More than a pipe holds: the program has begun to read.
        await import.WriteAsync(string.Concat(Enumerable.Repeat("2026-01-01,Coffee,3.50,,\n", 100_000)));

        var added = await RunAsync(database, "add", "1", "Tea", "--date", "2025-01-01");
        import.EndInput();

        Assert.Equal(("", 0), (added.Error, added.ExitCode));
        Assert.Equal(0, (await import.WaitForExitAsync()).ExitCode);
    }

    [Theory]
    [InlineData("nope.csv", "nope.csv is not there: check the path.")]
    [InlineData(".", ". is a folder: name a file in it.")]
    public async Task A_file_that_cannot_be_read_is_named_with_what_to_do(string file, string message)
    {
        var result = await OutlayProcess.RunAsync(["import", file]);

        Assert.Equal((3, "", $"{message}\n"), (result.ExitCode, result.Output, result.Error));
    }

    [Fact]
    public async Task An_import_without_a_database_says_that_nothing_was_imported()
    {
        var environment = new Dictionary<string, string> { ["DB_HOST"] = "127.0.0.1", ["DB_PORT"] = "1" };

        var import = await OutlayProcess.RunAsync(["import", "-"], environment, TwoRows);

        Assert.Equal(69, import.ExitCode);
        Assert.EndsWith(" Nothing was imported.\n", import.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(".", 3, ". is a folder: name a file in it.\n")]
    [InlineData("/proc/x.csv", 69, "/proc/x.csv cannot be written: nothing can be made in /proc.\n")]
    [InlineData("/dev/null/x.csv", 69, "/dev/null/x.csv cannot be written: /dev/null is a file, not a folder.\n")]
    [InlineData("nope/x.csv", 69, "nope/x.csv cannot be written: there is no folder nope.\n")]
    public async Task A_file_that_cannot_be_written_is_named_with_the_reason(string file, int exitCode, string message)
    {
        await using var database = await TestDatabase.CreateAsync(Engine.Sqlite);

        var export = await RunAsync(database, "export", "--to", file);

        Assert.Equal((exitCode, message), (export.ExitCode, export.Error));
    }

    [Theory]
    [InlineData("x.jsonl", "{")]
    [InlineData("x.CSV", "id,")]
    [InlineData("x", "id,")]
    [InlineData("x.json", "{", "--format", "ndjson")]
    public async Task The_ending_of_a_file_says_how_it_is_written_unless_an_option_does(string name, string start, params string[] options)
    {
        await using var database = await TestDatabase.CreateAsync(Engine.Sqlite);
        await OutlayProcess.RunAsync(["import", "-"], database.Environment, TwoRows);
        var file = Path.Combine(database.Folder, name);

        await RunAsync(database, ["export", "--to", file, .. options]);

        Assert.StartsWith(start, await File.ReadAllTextAsync(file), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_is_only_replaced_when_asked_to()
    {
        await using var database = await TestDatabase.CreateAsync(Engine.Sqlite);
        var file = Path.Combine(database.Folder, "expenses.csv");
        await File.WriteAllTextAsync(file, "precious");

        var refused = await RunAsync(database, "export", "--to", file);
        var kept = await File.ReadAllTextAsync(file);
        var replaced = await RunAsync(database, "export", "--to", file, "--yes");

        Assert.Equal((5, $"{file} is there already: name another file, or add --yes to replace it.\n"), (refused.ExitCode, refused.Error));
        Assert.Equal("precious", kept);
        Assert.Equal(0, replaced.ExitCode);
        Assert.StartsWith("id,date,description", await File.ReadAllTextAsync(file), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_no_file_of_its_own_is_written_to_and_stays_what_it_is()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has neither named pipes in folders nor devices.");
        await using var database = await TestDatabase.CreateAsync(Engine.Sqlite);
        var (link, file, pipe, device) = (Path.Combine(database.Folder, "link"), Path.Combine(database.Folder, "file"), Path.Combine(database.Folder, "pipe"), Path.Combine(database.Folder, "null"));
        await File.WriteAllTextAsync(file, "old");
        File.CreateSymbolicLink(link, "file");
        await Command.RunAsync("mkfifo", pipe);
        var reading = Task.Run(() => File.ReadAllText(pipe));

        var toLink = await RunAsync(database, "export", "--to", link, "--yes");
        var toPipe = await RunAsync(database, "export", "--to", pipe, "--yes");

        Assert.Equal((0, 0), (toLink.ExitCode, toPipe.ExitCode));
        Assert.Equal("file", new FileInfo(link).LinkTarget);
        Assert.StartsWith("id,date,description", await File.ReadAllTextAsync(file), StringComparison.Ordinal);
        Assert.StartsWith("id,date,description", await reading.WaitAsync(TimeSpan.FromMinutes(1)), StringComparison.Ordinal);

        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Only root can make a device.");
        await Command.RunAsync("mknod", device, "c", "1", "3");
        Assert.Equal(0, (await RunAsync(database, "export", "--to", device, "--yes")).ExitCode);
        Assert.Equal("", await File.ReadAllTextAsync(device));
    }

    [Fact]
    public async Task On_a_terminal_it_asks_before_it_replaces_a_file()
    {
        await using var database = await TestDatabase.CreateAsync(Engine.Sqlite);
        var file = Path.Combine(database.Folder, "expenses.csv");
        await File.WriteAllTextAsync(file, "precious");

        await using var export = OutlayProcess.StartInTerminal(["export", "--to", file], database.Environment);
        await export.WaitForOutputAsync("[y/N]");
        await export.WriteLineAsync("n");
        var end = await export.WaitForExitAsync();

        Assert.Contains("Nothing was written.", end.Output, StringComparison.Ordinal);
        Assert.Equal("precious", await File.ReadAllTextAsync(file));
    }

    [Fact]
    public async Task A_terminal_shows_how_far_an_import_is()
    {
        await using var database = await TestDatabase.CreateAsync(Engine.Sqlite);
        var file = Path.Combine(database.Folder, "in.csv");
        await File.WriteAllTextAsync(file, TwoRows);

        await using var import = OutlayProcess.StartInTerminal(["import", file], database.Environment);
        var end = await import.WaitForExitAsync();

        Assert.Contains("Importing", end.Output, StringComparison.Ordinal);
        Assert.Contains("Imported 2 expenses.", end.Output, StringComparison.Ordinal);
        Assert.Equal(Listed, await ListAsync(database));
    }

    [Fact]
    public async Task A_terminal_shows_no_share_of_an_export_whose_length_nobody_knows()
    {
        await using var database = await TestDatabase.CreateAsync(Engine.Sqlite);

        await using var export = OutlayProcess.StartInTerminal(["export", "--to", Path.Combine(database.Folder, "x.csv")], database.Environment);
        var end = await export.WaitForExitAsync();

        Assert.Contains("Exporting", end.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("%", end.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("*", end.Output, StringComparison.Ordinal);
    }

    private static Task<ProcessResult> RunAsync(TestDatabase database, params string[] arguments) => OutlayProcess.RunAsync(arguments, database.Environment);

    /// <summary>Date, description, amount and currency of all that is stored, newest first.</summary>
    private static async Task<string> ListAsync(TestDatabase database)
    {
        var expenses = await database.Expenses.ListAsync("default", new Outlay.Expenses.ExpenseFilter(), Test.Token).ToListAsync(Test.Token);
        return string.Concat(expenses.Select(expense =>
            $"{expense.Content.Date:O},{expense.Content.Description},{expense.Content.Amount},{expense.Content.Amount.Currency}\n"));
    }
}
