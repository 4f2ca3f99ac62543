using FsCheck;
using FsCheck.Fluent;
using Outlay.Expenses;
using Outlay.Export;
using Outlay.Reports;
using Outlay.Tests.Harness;

namespace Outlay.Tests.Import;

public sealed class RoundTripTests
{
    private static readonly string[] s_pieces =
    [
        "=cmd|' /C calc'!A0", "'", "''", "+", "-", "@", "\"", "\"\"", ",", ";", " ", "\u00A0", "a", "Z", "0", "é", "e\u0301", "Ж", "日本", "👩‍👩‍👧",
        "\u202Etfel\u202C", "\uFEFF", "\uFFFF", "\U0010FFFF", "\\", "\\\"", "{", "null", "<b>", "%", "_",
    ];

    private static readonly string[] s_lines = ["\n", "\r", "\r\n", "\t", "\n=1", "\"\n"];

    [Theory, EachEngine]
    public Task What_is_exported_as_CSV_comes_back_as_it_was(Engine engine) => ComesBackAsync(engine, ExportFormat.Csv);

    [Theory, EachEngine]
    public Task What_is_exported_as_NDJSON_comes_back_as_it_was(Engine engine) => ComesBackAsync(engine, ExportFormat.Ndjson);

    private static async Task ComesBackAsync(Engine engine, ExportFormat format)
    {
        await using var database = await TestDatabase.CreateAsync(engine);
        var cases = 0;

        await AsyncProperty.HoldsAsync(Contents().ArrayOf(), 40, async contents =>
        {
            var (from, to) = ($"from {++cases}", $"to {cases}");
            await database.ExecuteAsync($"insert into owners (name) values ('{from}'), ('{to}')");
            await database.Expenses.AddManyAsync(Test.By(from), contents.ToAsyncEnumerable(), Test.Token);

            await ImportFile.ImportAsync(database, to, await ExportAsync(database, from, format), name: $"file.{format}");

            Assert.Equal(contents.Select(Describe).Order(StringComparer.Ordinal), await RowsAsync(database, to));
            foreach (var group in Enum.GetValues<SummaryGroup>())
                Assert.Equal(await SumsAsync(database, from, group), await SumsAsync(database, to, group));
        });
    }

    private static async Task<byte[]> ExportAsync(TestDatabase database, string owner, ExportFormat format)
    {
        using var output = new MemoryStream();
        await using (var writer = ExpenseWriter.Over(output, format))
            await writer.WriteAllAsync(database.Expenses.ListAsync(owner, new ExpenseFilter(), Test.Token), null, Test.Token);
        return output.ToArray();
    }

    private static async Task<List<string>> RowsAsync(TestDatabase database, string owner)
    {
        var expenses = await database.Expenses.ListAsync(owner, new ExpenseFilter(), Test.Token).ToListAsync(Test.Token);
        return [.. expenses.Select(expense => Describe(expense.Content)).Order(StringComparer.Ordinal)];
    }

    private static async Task<IReadOnlyList<SummaryLine>> SumsAsync(TestDatabase database, string owner, SummaryGroup group) =>
        (await database.Reports.SummariseAsync(owner, new ExpenseFilter(), group, Test.Token)).Groups!;

    private static string Describe(ExpenseContent content) =>
        $"{content.Date:O}|{content.Description}|{content.Amount} {content.Amount.Currency}|{content.Category}|{string.Join(';', content.Tags)}|{content.Notes ?? "none"}";

    private static Gen<ExpenseContent> Contents()
    {
        var text = Gen.Elements(s_pieces).ArrayOf().Select(string.Concat);
        var lines = Gen.Elements([.. s_pieces, .. s_lines]).ArrayOf().Select(string.Concat);
        var drafts =
            from day in Gen.Choose(0, ExpenseRules.MaxDate.DayNumber - ExpenseRules.MinDate.DayNumber)
            from description in text
            from currency in Gen.Elements(Currency.All.ToArray())
            from minor in Gen.OneOf(Gen.Choose(1, int.MaxValue).Select(minor => (long)minor), Gen.Constant(Money.MaxMinor))
            from category in text
            from tags in text.ArrayOf()
            from notes in lines
            select new ExpenseDraft
            {
                Date = ExpenseRules.FormatDate(ExpenseRules.MinDate.AddDays(day)),
                Description = description,
                Amount = new Money(minor, currency).ToString(),
                Currency = currency.Code,
                Category = category,
                Tags = tags,
                Notes = notes,
            };
        return drafts.Select(draft => ExpenseRules.Check(draft, Currency.Of("EUR"), new Faults())).Where(content => content is not null).Select(content => content!);
    }
}
