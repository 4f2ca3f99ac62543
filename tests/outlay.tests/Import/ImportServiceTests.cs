using System.Text.Json;
using Outlay.Expenses;
using Outlay.Import;
using Outlay.Reports;
using Outlay.Tests.Harness;

namespace Outlay.Tests.Import;

public sealed class ImportServiceTests
{
    private const string Owner = ExpenseService.DefaultOwner;

    private static readonly byte[] s_partlyBad = ImportFile.Bytes(
        "date,description,amount,currency,notes\n" +
        "2026-01-01,good,1.00,,\n" +
        "2026-01-01,bad,\"1,00\",,\n" +
        "2026-02-30,,0,EUR,\"two\nlines\"\n" +
        "2026-01-01,good,2,JPY,\n" +
        "2026-01-01,bad,1,XYZ,\n");

    [Theory, EachEngine]
    public async Task The_household_of_2025_adds_up_to_the_cent(Engine engine)
    {
        await using var database = await TestDatabase.CreateAsync(engine);
        var sample = Path.Combine(AppContext.BaseDirectory, "samples", "household-2025");
        using var sums = JsonDocument.Parse(await File.ReadAllTextAsync($"{sample}.sums.json"));

        var report = await ImportFile.ImportAsync(database, Owner, await File.ReadAllBytesAsync($"{sample}.csv"));

        Assert.Equal(sums.RootElement.GetProperty("rows").GetInt64(), report.Imported);
        var expected = Expected(sums.RootElement, "by_currency");
        Assert.Equal(expected, report.Totals.Select(line => $"{line.Key} {line.Total} {line.Count}"));
        Assert.Equal(expected, (await SummariseAsync(database, null)).Totals.Select(line => $"{line.Key} {line.Total} {line.Count}"));
        foreach (var (name, group) in new[] { ("month", SummaryGroup.Month), ("category", SummaryGroup.Category), ("tag", SummaryGroup.Tag) })
        {
            var groups = (await SummariseAsync(database, group)).Groups!;
            Assert.Equal(
                Expected(sums.RootElement, $"by_currency_{name}"),
                groups.Select(line => $"{line.Total.Currency} {line.Key} {line.Total} {line.Count}").Order(StringComparer.Ordinal));
        }

        Assert.True((await database.Doctor.ExamineAsync(Test.Token)).IsHealthy);
    }

    [Theory, EachEngine]
    public async Task One_bad_row_keeps_all_from_being_imported_and_every_bad_row_is_told(Engine engine)
    {
        await using var database = await TestDatabase.CreateAsync(engine);
        var faults = new List<ImportFault>();

        var failure = await Assert.ThrowsAsync<AppException>(() => ImportFile.ImportAsync(database, Owner, s_partlyBad, faults: faults));

        Assert.Equal(ErrorCode.InvalidInput, failure.Code);
        Assert.StartsWith("3 of 5 rows break the rules, nothing was imported", failure.Message, StringComparison.Ordinal);
        Assert.Equal(
            [
                "3 Amount is '1,00': use digits with a point before the decimals, like 3.50, and no comma, sign, exponent or currency. Did you mean 1.00?",
                "4 date: 2026-02-30 is not a day of the calendar",
                "4 Description is required",
                "4 Amount must be greater than 0",
                "7 Currency must be a code of ISO 4217, like EUR, USD or JPY",
            ],
            faults.SelectMany(fault => fault.Reasons.Select(reason => $"{fault.Line} {reason}")));
        Assert.Equal(0, await CountAsync(database));
    }

    [Theory, EachEngine]
    public async Task Fields_of_NDJSON_that_are_not_known_or_of_another_type_are_told(Engine engine)
    {
        await using var database = await TestDatabase.CreateAsync(engine);
        var faults = new List<ImportFault>();

        await Assert.ThrowsAsync<AppException>(
            () => ImportFile.ImportAsync(database, Owner, ImportFile.Bytes("{\"datum\":1,\"description\":\"a\",\"date\":1,\"amount\":true}\n"), faults: faults));

        var reasons = Assert.Single(faults).Reasons;
        Assert.Contains(reasons, reason => reason.StartsWith("datum: There is no field 'datum'", StringComparison.Ordinal));
        Assert.Contains("'date' must be a string", reasons);
        Assert.Contains("'amount' must be a number or a string", reasons);
    }

    [Theory, EachEngine]
    public async Task Bad_rows_can_be_left_out(Engine engine)
    {
        await using var database = await TestDatabase.CreateAsync(engine);
        var faults = new List<ImportFault>();

        var report = await ImportFile.ImportAsync(database, Owner, s_partlyBad, new ImportOptions { SkipInvalid = true, Currency = Currency.Of("CHF") }, faults);

        Assert.Equal((5, 2, 3), (report.Read, report.Imported, report.Invalid));
        Assert.Equal([3, 4, 7], faults.Select(fault => fault.Line));
        Assert.Equal(["CHF 1.00 1", "JPY 2 1"], report.Totals.Select(line => $"{line.Key} {line.Total} {line.Count}"));
        Assert.Equal(2, await CountAsync(database));
    }

    [Theory, EachEngine]
    public async Task A_dry_run_counts_and_writes_nothing(Engine engine)
    {
        await using var database = await TestDatabase.CreateAsync(engine);
        var dryRun = new ImportOptions { DryRun = true };

        var report = await ImportFile.ImportAsync(database, Owner, s_partlyBad, dryRun with { SkipInvalid = true });
        await Assert.ThrowsAsync<AppException>(() => ImportFile.ImportAsync(database, Owner, s_partlyBad, dryRun));

        Assert.Equal(2, report.Imported);
        Assert.Equal(["EUR 1.00 1", "JPY 2 1"], report.Totals.Select(line => $"{line.Key} {line.Total} {line.Count}"));
        Assert.Equal(0, await CountAsync(database));
    }

    [Theory, EachEngine]
    public async Task Cancelling_between_two_batches_leaves_nothing(Engine engine)
    {
        await using var database = await TestDatabase.CreateAsync(engine);
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Test.Token);
        var rows = string.Concat(Enumerable.Repeat("2026-01-01,Coffee,3.50\n", 4 * ExpenseService.BatchSize));
        using var stream = new MemoryStream(ImportFile.Bytes($"date,description,amount\n{rows}"));
        await using var reader = await ImportReader.OpenAsync(stream, "file", Owner, cancel.Token);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => new ImportService(database.Expenses, database.Database).ImportAsync(
            Test.By(Owner), reader, new ImportOptions(), _ => { }, _ => { }, read => Cancel(cancel, read), cancel.Token));

        Assert.Equal(0, await CountAsync(database));
        Assert.Equal(1, (await ImportFile.ImportAsync(database, Owner, ImportFile.Bytes("date,description,amount\n2026-01-01,Tea,1\n"))).Imported);
    }

    [Theory, EachEngine]
    public async Task Imported_rows_are_stored_as_added_ones_are(Engine engine)
    {
        await using var database = await TestDatabase.CreateAsync(engine);
        database.Clock.Now = new DateTimeOffset(2026, 2, 19, 10, 30, 0, 120, TimeSpan.Zero);
        var draft = new ExpenseDraft { Date = "2026-02-19", Description = "Café", Amount = "3.50", Category = "Food", Tags = ["B", "a"], Notes = "n" };
        await database.Expenses.AddAsync(Test.By(Owner), draft, Test.Token);

        await ImportFile.ImportAsync(database, Owner, ImportFile.Bytes("date,description,amount,category,tags,notes\n2026-02-19,Café,3.50,Food,B;a,n\n"),
            new ImportOptions { AllowDuplicates = true });

        const string Columns = "owner, date, description, amount, currency, category, category_key, notes, search_text, version, created_at, updated_at";
        Assert.Equal(2, await CountAsync(database));
        Assert.Equal(1, await database.ScalarAsync<long>($"select count(*) from (select distinct {Columns} from expenses) as rows"));
        Assert.Equal(2, await database.ScalarAsync<long>("select count(*) from (select distinct tag_key, tag from expense_tags) as rows"));
        Assert.Equal(4, await database.ScalarAsync<long>("select count(*) from expense_tags"));
    }

    private static void Cancel(CancellationTokenSource cancel, long read)
    {
        if (read > 2 * ExpenseService.BatchSize)
            cancel.Cancel();
    }

    private static Task<long> CountAsync(TestDatabase database) => database.ScalarAsync<long>("select count(*) from expenses");

    private static Task<Summary> SummariseAsync(TestDatabase database, SummaryGroup? group) =>
        database.Reports.SummariseAsync(Owner, new ExpenseFilter(), group, Test.Token);

    private static IEnumerable<string> Expected(JsonElement sums, string name) => sums.GetProperty(name).EnumerateArray()
        .Select(sum => $"{string.Join(' ', sum.GetProperty("key").EnumerateArray())} {sum.GetProperty("total")} {sum.GetProperty("count")}")
        .Order(StringComparer.Ordinal);
}
