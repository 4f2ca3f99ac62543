using FsCheck.Fluent;
using Outlay.Expenses;
using Outlay.Import;
using Outlay.Tests.Harness;

namespace Outlay.Tests.Import;

/// <summary>Files that hold what the book has already.</summary>
public sealed class KnownExpensesTests
{
    private const string Owner = ExpenseService.DefaultOwner;
    private const string Header = "date,description,amount,currency,category,notes\n";

    [Theory, EachEngine]
    public async Task A_file_that_is_imported_again_adds_nothing(Engine engine)
    {
        await using var database = await TestDatabase.CreateAsync(engine);
        var sample = await File.ReadAllBytesAsync(Path.Combine(AppContext.BaseDirectory, "samples", "household-2025.csv"), Test.Token);
        var first = await ImportFile.ImportAsync(database, Owner, sample);

        var second = await ImportFile.ImportAsync(database, Owner, sample);

        Assert.Equal((0, first.Imported), (second.Imported, second.Known));
        Assert.Empty(second.Totals);
        Assert.Equal(first.Imported, await CountAsync(database));
        Assert.Equal(1, await database.ScalarAsync<long>("select count(*) from changes"));
    }

    [Theory, EachEngine]
    public async Task Equal_rows_count_as_often_as_they_occur(Engine engine)
    {
        await using var database = await TestDatabase.CreateAsync(engine);
        const string Coffee = "2026-01-01,Coffee,3.50,EUR,,\n";

        Assert.Equal(2, (await ImportAsync(database, Coffee, Coffee)).Imported);
        Assert.Equal((0, 1), Counts(await ImportAsync(database, Coffee)));
        Assert.Equal((1, 2), Counts(await ImportAsync(database, Coffee, Coffee, Coffee)));
        Assert.Equal(3, await CountAsync(database));
    }

    [Theory, EachEngine]
    public async Task Of_an_overlapping_file_only_the_new_rows_are_imported(Engine engine)
    {
        await using var database = await TestDatabase.CreateAsync(engine);
        await ImportAsync(database, "2026-01-01,A,1,EUR,,\n", "2026-01-02,B,1,EUR,,\n");
        var known = new List<long>();
        var file = ImportFile.Bytes($"{Header}2026-01-03,C,1,EUR,,\n2026-01-02,B,1,EUR,,\n2025-12-31,Z,1,EUR,,\n2026-01-01,A,1,EUR,,\n");

        var dryRun = await ImportFile.ImportAsync(database, Owner, file, new ImportOptions { DryRun = true }, known: known);
        var report = await ImportFile.ImportAsync(database, Owner, file);

        Assert.Equal([3, 5], known);
        Assert.Equal((2, 2), Counts(dryRun));
        Assert.Equal((2, 2), Counts(report));
        Assert.Equal("EUR 2.00", Assert.Single(report.Totals.Select(line => $"{line.Key} {line.Total}")));
    }

    [Theory]
    [InlineData("2026-01-01,COFFEE,3.5,eur,Other,later", true)]
    [InlineData("2026-01-02,Coffee,3.50,EUR,Food,n", false)]
    [InlineData("2026-01-01,Coffees,3.50,EUR,Food,n", false)]
    [InlineData("2026-01-01,Coffee,3.51,EUR,Food,n", false)]
    [InlineData("2026-01-01,Coffee,3.50,CHF,Food,n", false)]
    public async Task Day_amount_currency_and_description_make_a_row_the_same(string row, bool isKnown)
    {
        await using var database = await TestDatabase.CreateAsync(Engine.Sqlite);
        await ImportAsync(database, "2026-01-01,Coffee,3.50,EUR,Food,n\n");

        Assert.Equal(isKnown ? 1 : 0, (await ImportAsync(database, $"{row}\n")).Known);
    }

    [Theory, EachEngine]
    public async Task What_is_in_the_trash_is_left_out_and_what_others_have_is_not(Engine engine)
    {
        await using var database = await TestDatabase.CreateAsync(engine);
        await database.ExecuteAsync("insert into owners (name) values ('ana')");
        await ImportAsync(database, "2026-01-01,Coffee,3.50,EUR,,\n");
        await database.Expenses.DeleteAsync(Test.By(Owner), 1, null, Test.Token);

        var report = await ImportAsync(database, "2026-01-01,Coffee,3.50,EUR,,\n", "2026-01-01,Coffee,3.50,EUR,,\n");

        Assert.Equal((1, 0, 1), (report.Imported, report.Known, report.Deleted));
        Assert.Equal(1, (await ImportFile.ImportAsync(database, "ana", ImportFile.Bytes($"{Header}2026-01-01,Coffee,3.50,EUR,,\n"))).Imported);
    }

    [Theory, EachEngine]
    public async Task Batches_in_any_order_find_what_was_there_and_not_each_other(Engine engine)
    {
        await using var database = await TestDatabase.CreateAsync(engine);
        var random = new Random(20260219);
        string[] rows = [.. Enumerable.Range(0, (2 * ExpenseService.BatchSize) + 11).Select(_ => $"2026-{random.Next(1, 13):D2}-01,{random.Next(500)},1,EUR,,\n")];
        await ImportAsync(database, rows[..ExpenseService.BatchSize]);
        random.Shuffle(rows);

        var report = await ImportAsync(database, rows);

        Assert.Equal((ExpenseService.BatchSize + 11, ExpenseService.BatchSize), Counts(report));
        Assert.Equal(rows.Length, await CountAsync(database));
        Assert.True((await database.Doctor.ExamineAsync(Test.Token)).IsHealthy);
    }

    /// <summary>Whatever is imported in whatever pieces, the book has of each row as many as the piece that has most of it.</summary>
    [Theory, EachEngine]
    public async Task Of_each_row_the_book_has_as_many_as_the_file_with_most_of_it(Engine engine)
    {
        await using var database = await TestDatabase.CreateAsync(engine);
        var cases = 0;
        var row = from day in Gen.Choose(1, 3) from name in Gen.Elements("a", "b") select $"2026-01-0{day},{name},1,EUR,,\n";

        await AsyncProperty.HoldsAsync(row.ArrayOf().ArrayOf(), 25, async files =>
        {
            var owner = $"owner {++cases}";
            await database.ExecuteAsync($"insert into owners (name) values ('{owner}')");
            foreach (var file in files)
                await ImportFile.ImportAsync(database, owner, ImportFile.Bytes($"{Header}{string.Concat(file)}"));

            var expected = files.SelectMany(file => file.CountBy(row => row)).GroupBy(row => row.Key, row => row.Value).Sum(row => row.Max());
            Assert.Equal(expected, await database.ScalarAsync<long>($"select count(*) from expenses where owner = '{owner}'"));
        });
    }

    [Theory, EachEngine]
    public async Task A_file_that_two_import_at_once_is_imported_once(Engine engine)
    {
        await using var database = await TestDatabase.CreateAsync(engine);
        var file = Path.Combine(database.Folder, "in.csv");
        var rows = Enumerable.Range(0, 7_000).Select(number => $"2026-01-{(number % 28) + 1:D2},{number / 2},1.00,EUR,,\n");
        await File.WriteAllTextAsync(file, $"{Header}{string.Concat(rows)}", Test.Token);

        var imports = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => OutlayProcess.RunAsync(["import", file], database.Environment)));

        Assert.All(imports, import => Assert.True(import.ExitCode is 0 or 69, import.Error));
        Assert.Contains(imports, import => import.ExitCode == 0);
        Assert.Equal(7_000, await CountAsync(database));
        Assert.True((await database.Doctor.ExamineAsync(Test.Token)).IsHealthy);
    }

    private static Task<ImportReport> ImportAsync(TestDatabase database, params string[] rows) =>
        ImportFile.ImportAsync(database, Owner, ImportFile.Bytes($"{Header}{string.Concat(rows)}"));

    private static (long Imported, long Known) Counts(ImportReport report) => (report.Imported, report.Known);

    private static Task<long> CountAsync(TestDatabase database) => database.ScalarAsync<long>("select count(*) from expenses where deleted_at is null");
}
