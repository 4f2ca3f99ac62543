using Outlay.Tests.Harness;

namespace Outlay.Tests.Cli;

/// <summary>The verbs that add up expenses, check the book, and bring its schema up to date.</summary>
public sealed class ReportVerbTests
{
    [Theory, EachEngine]
    public async Task A_summary_adds_up_each_currency_for_itself(Engine engine)
    {
        await using var book = await Book.CreateAsync(engine);
        await book.RunAsync("add", "3.50", "Coffee", "--date", "2026-01-31", "--category", "Food", "--tag", "work");
        await book.RunAsync("add", "8.10", "Lunch", "--date", "2026-02-01", "--category", "food");
        await book.RunAsync("add", "1200", "Ramen", "--date", "2026-02-01", "--currency", "JPY");

        Snapshot.Match("cli-summary", string.Join('\n',
            await book.RunAsync("summary"),
            await book.RunAsync("summary", "--by", "month"),
            await book.RunAsync("summary", "--by", "category", "--from", "2026-02-01"),
            await book.RunAsync("summary", "--by", "tag", "--output", "csv"),
            await book.RunAsync("summary", "--by", "currency"),
            await book.RunAsync("summary", "--by", "currency", "--output", "csv"),
            await book.RunAsync("summary", "--by", "currency", "--output", "json")));
    }

    [Theory, EachEngine]
    public async Task Sums_by_tag_say_why_they_are_not_the_total(Engine engine)
    {
        await using var book = await Book.CreateAsync(engine);
        await book.RunAsync("add", "3.50", "Coffee", "--tag", "work", "--tag", "bar");

        Assert.Contains("under each of its tags", (await book.FailAsync(0, "summary", "--by", "tag")).Error, StringComparison.Ordinal);
        Assert.Empty((await book.FailAsync(0, "summary", "--by", "category")).Error);
    }

    [Theory, EachEngine]
    public async Task The_doctor_finds_totals_that_do_not_agree_and_repairs_them(Engine engine)
    {
        await using var book = await Book.CreateAsync(engine);
        await book.RunAsync("add", "3.50", "Coffee", "--date", "2026-02-19");
        Assert.Contains("totals: agree", await book.RunAsync("doctor"), StringComparison.Ordinal);
        await book.ExecuteAsync("update totals set amount = amount + 1");

        var ill = await book.FailAsync(65, "doctor");

        Assert.Contains("2026-02", ill.Output, StringComparison.Ordinal);
        Assert.Contains("3.51", ill.Output, StringComparison.Ordinal);
        Assert.Contains("doctor --repair", ill.Error, StringComparison.Ordinal);
        await book.RunAsync("doctor", "--repair");
        await book.RunAsync("doctor");
    }

    [Theory, EachEngine]
    public async Task Totals_that_were_repaired_are_no_longer_told_as_wrong_before_the_next_self_check(Engine engine)
    {
        await using var book = await Book.CreateAsync(engine);
        await book.RunAsync("add", "3.50", "Coffee", "--date", "2026-02-19");
        await book.ExecuteAsync("update totals set amount = amount + 1");
        await book.ExecuteAsync("insert into figures (name, value) values ('totals_mismatches', 2)");

        await book.RunAsync("doctor", "--repair");

        Assert.Equal(0, await book.ScalarAsync<long>("select value from figures where name = 'totals_mismatches'"));
    }

    [Theory, EachEngine]
    public async Task The_doctor_repairs_nothing_when_an_expense_was_changed_past_the_program(Engine engine)
    {
        await using var book = await Book.CreateAsync(engine);
        await book.RunAsync("add", "3.50", "Coffee", "--date", "2026-02-19");
        await book.ExecuteAsync("update expenses set amount = 349");

        var refused = await book.FailAsync(65, "doctor", "--repair");

        Assert.Contains("it was changed past the program", refused.Output, StringComparison.Ordinal);
        Assert.StartsWith("The totals were not built anew: the history is not as the program wrote it", refused.Error, StringComparison.Ordinal);
        Assert.Contains("do not agree", (await book.FailAsync(65, "doctor")).Error, StringComparison.Ordinal);
        Assert.Contains("3.50", await book.RunAsync("summary"), StringComparison.Ordinal);
    }

    [Theory, EachEngine]
    public async Task The_doctor_counts_what_is_in_the_trash_and_says_what_it_did_not_look_for(Engine engine)
    {
        await using var book = await Book.CreateAsync(engine);
        await book.RunAsync("add", "3.50", "Coffee");
        await book.RunAsync("add", "8.00", "Lunch");
        await book.RunAsync("delete", "1", "--yes");

        var plain = await book.FailAsync(0, "doctor");

        Assert.Contains("expenses: 2, 1 in the trash\n", plain.Output, StringComparison.Ordinal);
        Assert.Contains("outlay doctor --deep", plain.Error, StringComparison.Ordinal);
        Assert.Empty((await book.FailAsync(0, "doctor", "--deep")).Error);
    }

    [Theory, EachEngine]
    public async Task A_migration_says_what_it_applied(Engine engine)
    {
        await using var database = await TestDatabase.CreateAsync(engine, migrated: false);

        var first = await OutlayProcess.RunAsync(["migrate"], database.Environment);
        var second = await OutlayProcess.RunAsync(["migrate"], database.Environment);

        Assert.Contains("applied 0001_core", first.Output, StringComparison.Ordinal);
        Assert.Equal("the schema is up to date\n", second.Output);
    }

    [Theory, EachEngine]
    public async Task A_book_of_the_original_is_taken_over_by_any_verb(Engine engine)
    {
        await using var database = await TestDatabase.CreateAsync(engine, migrated: false);
        await database.ExecuteAsync("create table expenses (id integer primary key, date date not null, description text not null, amount numeric(10, 2) not null)");
        await database.ExecuteAsync("insert into expenses (id, date, description, amount) values (7, '2026-02-19', 'Coffee', 3.50)");

        var list = await OutlayProcess.RunAsync(["list", "--output", "csv"], database.Environment);

        Assert.Equal(0, list.ExitCode);
        Assert.Contains("7,2026-02-19,Coffee,3.50,EUR", list.Output, StringComparison.Ordinal);
        Assert.Contains("Took over 1 expense of", list.Error, StringComparison.Ordinal);
    }
}
