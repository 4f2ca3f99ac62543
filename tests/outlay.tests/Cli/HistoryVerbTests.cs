using System.Text.RegularExpressions;
using Outlay.Tests.Harness;

namespace Outlay.Tests.Cli;

/// <summary>The verbs that show what was changed, and take it back.</summary>
public sealed partial class HistoryVerbTests
{
    [Theory, EachEngine]
    public async Task The_history_has_one_line_for_each_change(Engine engine)
    {
        await using var book = await CreateAsync(engine);
        await book.RunAsync("undo", "--change", "3", "--yes");

        Snapshot.Match("cli-history", Steady(await book.RunAsync("history")));
    }

    [Theory, EachEngine]
    public async Task The_history_of_an_expense_shows_each_field_that_changed(Engine engine)
    {
        await using var book = await CreateAsync(engine);

        Snapshot.Match("cli-history-of-expense", Steady(await book.RunAsync("history", "1")));
    }

    [Theory, EachEngine]
    public async Task The_history_goes_out_as_json_and_csv_too(Engine engine)
    {
        await using var book = await CreateAsync(engine);

        Assert.StartsWith("""[{"seq":4,"action":"delete","undoes":null,"undone_by":null,"count":1,"actor":"cli """, await book.RunAsync("history", "--output", "json"), StringComparison.Ordinal);
        Assert.StartsWith("""[{"version":1,"action":"create","change":1,""", await book.RunAsync("history", "1", "--output", "json"), StringComparison.Ordinal);
        Assert.StartsWith("change,at,actor,action,expenses,what\n4,", await book.RunAsync("history", "--output", "csv"), StringComparison.Ordinal);
        var versions = await book.RunAsync("history", "1", "--output", "csv");
        Assert.StartsWith("version,at,actor,action,change,field,before,after\n1,", versions, StringComparison.Ordinal);
        Assert.Matches("(?m)^2,.*,update,3,amount,3.50,4.20$", versions);
    }

    [Theory, EachEngine]
    public async Task A_cut_history_says_that_there_are_more(Engine engine)
    {
        await using var book = await CreateAsync(engine);

        Assert.Contains("There are more", (await book.FailAsync(0, "history", "--limit", "3")).Error, StringComparison.Ordinal);
        Assert.Empty((await book.FailAsync(0, "history", "--limit", "4")).Error);
        await book.FailAsync(4, "history", "99");
    }

    [Theory, EachEngine]
    public async Task An_undo_shows_what_it_will_do(Engine engine)
    {
        await using var book = await CreateAsync(engine);

        var last = await book.FailAsync(0, "undo", "--yes");
        var redo = await book.FailAsync(0, "undo", "--change", "5", "--yes");
        var edit = await book.FailAsync(0, "undo", "--change", "3", "--yes");

        Snapshot.Match("cli-undo", Steady($"{last.Error}{redo.Error}{edit.Error}"));
        Assert.Empty(last.Output);
        Assert.Contains("3.50", await book.RunAsync("show", "1"), StringComparison.Ordinal);
    }

    [Theory, EachEngine]
    public async Task Cannot_undo_without_an_answer(Engine engine)
    {
        await using var book = await CreateAsync(engine);

        var refused = await book.FailAsync(2, "undo");

        Assert.Contains("--yes", refused.Error, StringComparison.Ordinal);
        Assert.Contains("delete", (await book.RunAsync("history", "--limit", "1")).Split('\n')[1], StringComparison.Ordinal);
    }

    [Theory, EachEngine]
    public async Task An_undo_asks_at_a_terminal(Engine engine)
    {
        await using var book = await CreateAsync(engine);

        await using var refusing = book.OpenInTerminal("undo");
        await refusing.WaitForOutputAsync("Take change 4 back? [y/N] ");
        await refusing.WriteLineAsync("n");

        Assert.Contains("Nothing was changed", (await refusing.WaitForExitAsync()).Output, StringComparison.Ordinal);
    }

    [Theory, EachEngine]
    public async Task An_edit_that_came_too_late_is_shown_both_sides(Engine engine)
    {
        await using var book = await CreateAsync(engine);

        var stale = await book.FailAsync(5, "edit", "1", "--amount", "5", "--if-version", "1");

        Snapshot.Match("cli-conflict", Steady(stale.Error));
    }

    /// <summary>Coffee and lunch, of which the coffee was edited and the lunch deleted.</summary>
    private static async Task<Book> CreateAsync(Engine engine)
    {
        var book = await Book.CreateAsync(engine);
        await book.RunAsync("add", "3.50", "Coffee", "--date", "2026-02-19", "--tag", "b", "--tag", "a");
        await book.RunAsync("add", "8.00", "Lunch", "--date", "2026-02-20");
        await book.RunAsync("edit", "1", "--amount", "4.20", "--category", "Food", "--no-tags");
        await book.RunAsync("delete", "2", "--yes");
        return book;
    }

    /// <summary>The text without what differs from run to run; the name of the user makes its column as wide as it is.</summary>
    private static string Steady(string text) =>
        Gap().Replace(Time().Replace(text.Replace($"cli {Environment.UserName}", "cli ana", StringComparison.Ordinal), "2026-02-19 10:30:00Z"), "  ");

    [GeneratedRegex(" {2,}")]
    private static partial Regex Gap();

    [GeneratedRegex(@"\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ")]
    private static partial Regex Time();
}
