using System.Text.Json;
using Outlay.Tests.Harness;

namespace Outlay.Tests.Cli;

/// <summary>The verbs that record, find, correct and delete expenses.</summary>
public sealed class ExpenseVerbTests
{
    [Theory, EachEngine]
    public async Task An_added_expense_is_shown_with_its_id(Engine engine)
    {
        await using var book = await Book.CreateAsync(engine);

        var added = await book.RunAsync("add", "64.20", "Groceries", "for", "the", "week", "--date", "2026-02-19",
            "--category", "Food", "--tag", "household", "--tag", "Market", "--notes", "Two bags", "--output", "json");

        using var expense = JsonDocument.Parse(added);
        Assert.Equal(1, expense.RootElement.GetProperty("id").GetInt64());
        Assert.Equal("Groceries for the week", expense.RootElement.GetProperty("description").GetString());
        Assert.Equal("64.20", expense.RootElement.GetProperty("amount").GetRawText());
        Assert.Equal(["household", "Market"], expense.RootElement.GetProperty("tags").EnumerateArray().Select(tag => tag.GetString()));
        Assert.Equal(added, await book.RunAsync("show", "1", "--output", "json"));
    }

    [Theory, EachEngine]
    public async Task A_currency_among_the_words_is_pointed_out(Engine engine)
    {
        await using var book = await Book.CreateAsync(engine);

        var added = await book.FailAsync(0, "add", "3.50", "USD", "Coffee");

        Assert.Equal("USD was taken for a word of the description. To make it the currency: outlay edit 1 --currency USD --description TEXT\n", added.Error);
        foreach (var words in new[] { "All Coffee", "all Coffee", "EUR", "USD Coffee --currency EUR" })
            Assert.Empty((await book.FailAsync(0, ["add", "3.50", .. words.Split(' ')])).Error);
    }

    [Theory, EachEngine]
    public async Task A_list_is_a_table_whose_columns_line_up_in_every_script(Engine engine)
    {
        await using var book = await Book.CreateAsync(engine);
        await book.RunAsync("add", "3.50", "Coffee", "--date", "2026-02-19");
        await book.RunAsync("add", "1200", "ラーメン", "食べた", "--date", "2026-02-20", "--currency", "JPY", "--category", "外食", "--tag", "旅");
        await book.RunAsync("add", "999999999999.99", "A yacht 🛥️", "--date", "2026-02-18", "--category", "Boats", "--tag", "b", "--tag", "a");

        Snapshot.Match("cli-list", await book.RunAsync("list"));
    }

    [Theory, EachEngine]
    public async Task A_list_holds_what_the_filter_lets_pass_newest_first(Engine engine)
    {
        await using var book = await Book.CreateAsync(engine);
        await book.RunAsync("add", "3.50", "Coffee", "--date", "2026-02-19", "--category", "Food");
        await book.RunAsync("add", "8.00", "Lunch", "--date", "2026-02-20", "--category", "food", "--tag", "work");
        await book.RunAsync("add", "20.00", "Train", "--date", "2026-02-21", "--category", "Travel");

        Assert.Equal("3 2 1", await IdsAsync(book));
        Assert.Equal("2 1", await IdsAsync(book, "--category", "FOOD"));
        Assert.Equal("2", await IdsAsync(book, "--tag", "Work"));
        Assert.Equal("3", await IdsAsync(book, "--search", "rai"));
        Assert.Equal("2", await IdsAsync(book, "--from", "2026-02-20", "--to", "2026-02-20"));
        Assert.Equal("2", await IdsAsync(book, "--min", "3.51", "--max", "19.99"));
        Assert.Equal("", await IdsAsync(book, "--currency", "USD"));
    }

    [Theory, EachEngine]
    public async Task A_cut_list_says_that_there_are_more(Engine engine)
    {
        await using var book = await Book.CreateAsync(engine);
        foreach (var description in new[] { "One", "Two", "Three" })
            await book.RunAsync("add", "1", description);

        var cut = await book.FailAsync(0, "list", "--limit", "2", "--output", "csv");
        var all = await book.FailAsync(0, "list", "--all", "--output", "csv");

        Assert.Equal(3, cut.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.Contains("There are more", cut.Error, StringComparison.Ordinal);
        Assert.Equal(4, all.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.Empty(all.Error);
    }

    [Theory, EachEngine]
    public async Task An_edit_changes_what_it_names_and_nothing_else(Engine engine)
    {
        await using var book = await Book.CreateAsync(engine);
        await book.RunAsync("add", "3.50", "Coffee", "--date", "2026-02-19", "--category", "Food", "--tag", "a", "--tag", "b", "--notes", "Hot");

        await book.RunAsync("edit", "1", "--amount", "4.20", "--tag", "c", "--no-notes");

        var line = (await book.RunAsync("list", "--output", "csv")).Split('\n')[1];
        Assert.StartsWith("1,2026-02-19,Coffee,4.20,EUR,Food,c,,2,", line, StringComparison.Ordinal);
    }

    [Theory, EachEngine]
    public async Task An_edit_that_changes_nothing_says_so_and_makes_no_version(Engine engine)
    {
        await using var book = await Book.CreateAsync(engine);
        await book.RunAsync("add", "3.50", "Coffee", "--tag", "b", "--tag", "a");

        var edit = await book.FailAsync(0, "edit", "1", "--amount", "3.5", "--tag", "a", "--tag", "b");

        Assert.Equal("Nothing was changed: it is so already.\n", edit.Error);
        Assert.Contains("version      1", edit.Output, StringComparison.Ordinal);
        Assert.Equal(2, (await book.RunAsync("history")).Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.Empty((await book.FailAsync(0, "edit", "1", "--amount", "3.60")).Error);
    }

    [Theory]
    [InlineData(60)]
    [InlineData(80)]
    public async Task A_narrow_terminal_shows_amounts_and_descriptions_before_all_else(int columns)
    {
        await using var book = await Book.CreateAsync(Engine.Sqlite);
        await book.RunAsync("add", "64.20", "Groceries", "for", "the", "week", "--date", "2026-02-19", "--category", "Food and household", "--tag", "household", "--tag", "with the children");
        await book.RunAsync("add", "1200", "ラーメン", "食べた", "--date", "2026-02-20", "--currency", "JPY", "--category", "外食", "--tag", "旅");

        await using var terminal = OutlayProcess.StartInTerminal(["list"], new Dictionary<string, string>(book.Environment) { ["NO_COLOR"] = "1" }, columns);
        var list = (await terminal.WaitForExitAsync()).Output.Replace("\e[?1h\e=", "", StringComparison.Ordinal);

        Assert.All(list.Split("\r\n"), line => Assert.True(line.Length <= columns, line));
        Snapshot.Match($"cli-list-{columns}", list);
    }

    [Theory, EachEngine]
    public async Task Cannot_edit_a_version_that_is_no_more(Engine engine)
    {
        await using var book = await Book.CreateAsync(engine);
        await book.RunAsync("add", "3.50", "Coffee");
        await book.RunAsync("edit", "1", "--amount", "4.00", "--if-version", "1");

        var stale = await book.FailAsync(5, "edit", "1", "--amount", "5.00", "--if-version", "1");

        Assert.Contains("at version 2 now", stale.Error, StringComparison.Ordinal);
        Assert.Contains("4.00", await book.RunAsync("show", "1"), StringComparison.Ordinal);
    }

    [Theory, EachEngine]
    public async Task A_deleted_expense_lies_in_the_trash_until_it_is_restored(Engine engine)
    {
        await using var book = await Book.CreateAsync(engine);
        await book.RunAsync("add", "3.50", "Coffee");
        await book.RunAsync("add", "8.00", "Lunch");

        await book.RunAsync("delete", "1", "2", "--yes");

        Assert.Equal("", await IdsAsync(book));
        Assert.Equal("2 1", await IdsAsync(book, "--trash"));
        Assert.Equal("Expense with id 1 not found: it is in the trash, and can be restored.\noutlay restore 1 brings it back.\n", (await book.FailAsync(4, "show", "1")).Error);
        Assert.Equal("Expense with id 3 not found.\noutlay list shows the ids.\n", (await book.FailAsync(4, "show", "3")).Error);
        await book.RunAsync("restore", "1");
        Assert.Equal("1", await IdsAsync(book));
    }

    [Theory, EachEngine]
    public async Task What_was_deleted_together_is_restored_together_or_not_at_all(Engine engine)
    {
        await using var book = await Book.CreateAsync(engine);
        foreach (var description in new[] { "One", "Two", "Three" })
            await book.RunAsync("add", "1", description);

        var deleted = await book.FailAsync(0, "delete", "3", "1", "--yes");

        Assert.EndsWith("To undo it: outlay restore 3 1\n", deleted.Error, StringComparison.Ordinal);
        Assert.Contains("id 2 is not in the trash", (await book.FailAsync(4, "restore", "1", "2")).Error, StringComparison.Ordinal);
        Assert.Equal("2", await IdsAsync(book));
        Assert.Contains("Three", await book.RunAsync("restore", "3", "1"), StringComparison.Ordinal);
        Assert.Equal("3 2 1", await IdsAsync(book));
    }

    [Theory, EachEngine]
    public async Task An_empty_book_says_which_one_it_is_and_a_filter_that_lets_nothing_pass_says_so(Engine engine)
    {
        await using var book = await Book.CreateAsync(engine);

        foreach (var verb in new[] { "list", "list --all", "summary" })
            Assert.Matches(@"^There are no expenses in \S+: outlay add 3\.50 Coffee records one\.\n$", (await book.FailAsync(0, verb.Split(' '))).Error);
        foreach (var verb in new[] { "list", "list --all", "summary", "summary --by month" })
        {
            var none = await book.FailAsync(0, [.. verb.Split(' '), "--category", "nosuch"]);
            Assert.Equal(("", "There are no such expenses.\n"), (none.Output, none.Error));
        }

        Assert.StartsWith("""{"total":0.00,""", await book.RunAsync("summary", "--category", "nosuch", "--output", "json"), StringComparison.Ordinal);
        Assert.Equal("The trash is empty.\n", (await book.FailAsync(0, "list", "--trash")).Error);
        Assert.Equal("The trash is empty.\n", (await book.FailAsync(0, "purge", "--yes")).Error);
        Assert.Equal("Nothing in the trash was deleted 1 day ago or earlier.\n", (await book.FailAsync(0, "purge", "--older-than", "1", "--yes")).Error);
    }

    [Fact]
    public async Task A_bad_filter_is_told_by_the_names_of_its_options()
    {
        await using var book = await Book.CreateAsync(Engine.Sqlite);

        var list = await book.FailAsync(3, "list", "--search", new string('x', 101), "--min", "x", "--from", "today", "--to", "yesterday");
        var export = await book.FailAsync(3, "export", "--from", "today", "--until", "yesterday");

        Assert.Equal(
            "'--search' can have at most 100 characters, this one has 101\n" +
            "'--min' must be an amount like 3.50, with at most 3 decimals\n" +
            "'--from' must not be after '--to'\n", list.Error);
        Assert.Equal("'--from' must not be after '--until'\n", export.Error);
    }

    [Fact]
    public async Task What_is_said_of_a_list_stands_behind_it_in_a_file_of_both()
    {
        await using var book = await Book.CreateAsync(Engine.Sqlite);
        await book.RunAsync("add", "1", "One");
        await book.RunAsync("add", "1", "Two");

        var both = await OutlayProcess.RunScriptAsync("outlay list --limit 1 2>&1", book.Environment);

        Assert.Matches(@"Two\nThis is the newest one\. There are more", both.Output);
    }

    [Theory, EachEngine]
    public async Task Cannot_delete_without_an_answer(Engine engine)
    {
        await using var book = await Book.CreateAsync(engine);
        await book.RunAsync("add", "3.50", "Coffee");

        var refused = await book.FailAsync(2, "delete", "1");

        Assert.Contains("--yes", refused.Error, StringComparison.Ordinal);
        Assert.Equal("1", await IdsAsync(book));
    }

    [Theory, EachEngine]
    public async Task A_deletion_asks_at_a_terminal(Engine engine)
    {
        await using var book = await Book.CreateAsync(engine);
        await book.RunAsync("add", "3.50", "Coffee", "--date", "2026-02-19");

        await using var refusing = book.OpenInTerminal("delete", "1");
        await refusing.WaitForOutputAsync("[y/N] ");
        await refusing.WriteLineAsync("n");
        var refused = await refusing.WaitForExitAsync();
        await using var agreeing = book.OpenInTerminal("delete", "1");
        await agreeing.WaitForOutputAsync("[y/N] ");
        await agreeing.WriteLineAsync("y");
        var agreed = await agreeing.WaitForExitAsync();

        Assert.Contains("1. 2026-02-19 - Coffee - 3.50 EUR", refused.Output, StringComparison.Ordinal);
        Assert.Contains("Nothing was deleted", refused.Output, StringComparison.Ordinal);
        Assert.Contains("outlay restore 1", agreed.Output, StringComparison.Ordinal);
        Assert.Equal("", await IdsAsync(book));
    }

    [Theory, EachEngine]
    public async Task Every_fault_of_an_expense_is_told_at_once(Engine engine)
    {
        await using var book = await Book.CreateAsync(engine);

        var refused = await book.FailAsync(3, "add", "3,50", " ", "--date", "19.2.2026", "--currency", "Euro");

        Assert.Empty(refused.Output);
        Assert.Equal(
            "date: Invalid date format. Use YYYY-MM-DD, today, yesterday or tomorrow.\n" +
            "Description is required\n" +
            "Currency must be a code of ISO 4217, like EUR, USD or JPY\n" +
            "Amount is '3,50': use digits with a point before the decimals, like 3.50, and no comma, sign, exponent or currency. Did you mean 3.50?\n", refused.Error);
        Assert.Equal("", await IdsAsync(book));
    }

    /// <summary>The ids in a list, in its order.</summary>
    private static async Task<string> IdsAsync(Book book, params string[] filter)
    {
        using var list = JsonDocument.Parse(await book.RunAsync(["list", "--output", "json", .. filter]));
        return string.Join(' ', list.RootElement.EnumerateArray().Select(expense => expense.GetProperty("id").GetInt64()));
    }
}
