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
    public async Task Undo_again_and_again_goes_back_step_by_step_and_only_by_name_forward(Engine engine)
    {
        await using var book = await CreateAsync(engine);

        // The delete, which is 4: 5 takes it back, and only 5 by its name brings it back.
        Assert.StartsWith("Change 4: delete", (await book.FailAsync(0, "undo", "--yes")).Error, StringComparison.Ordinal);
        Assert.StartsWith("Change 3: update", (await book.FailAsync(0, "undo", "--yes")).Error, StringComparison.Ordinal);
        Assert.StartsWith("Change 5: undo", (await book.FailAsync(0, "undo", "--change", "5", "--yes")).Error, StringComparison.Ordinal);
        Assert.StartsWith("Change 7: redo", (await book.FailAsync(0, "undo", "--yes")).Error, StringComparison.Ordinal);
        Assert.StartsWith("Change 2: create", (await book.FailAsync(0, "undo", "--yes")).Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(60)]
    [InlineData(80)]
    public async Task A_narrow_terminal_shows_what_was_done_before_who_did_it(int columns)
    {
        await using var book = await CreateAsync(Engine.Sqlite);
        await book.RunAsync("delete", "1", "--yes");
        await book.RunAsync("restore", "1", "2");

        await using var terminal = OutlayProcess.StartInTerminal(["history"], new Dictionary<string, string>(book.Environment) { ["NO_COLOR"] = "1" }, columns);
        var history = (await terminal.WaitForExitAsync()).Output.Replace("\e[?1h\e=", "", StringComparison.Ordinal);

        Assert.All(history.Split("\r\n"), line => Assert.True(line.Length <= columns, line));
        Snapshot.Match($"cli-history-{columns}", Steady(history));
    }

    [Theory, EachEngine]
    public async Task After_a_purge_undo_goes_on_with_what_is_left_and_says_why_not_the_rest(Engine engine)
    {
        await using var book = await CreateAsync(engine);
        await book.RunAsync("purge", "--yes");

        var impossible = await book.FailAsync(5, "undo", "--change", "4", "--yes");
        var blocked = await book.FailAsync(5, "undo", "--change", "1");
        var next = await book.FailAsync(0, "undo", "--yes");
        var last = await book.FailAsync(0, "undo", "--yes");

        Assert.Equal("Change 4 cannot be taken back: expense 2 was removed for good by change 5. Nothing was changed\n", impossible.Error);
        Assert.Equal("Change 1 cannot be taken back: expense 1 was changed since by change 3. Nothing was changed\n", blocked.Error);
        Assert.StartsWith("Change 3: update", next.Error, StringComparison.Ordinal);
        // What an undo has made as it was is no obstacle.
        Assert.StartsWith("Change 1: create", last.Error, StringComparison.Ordinal);
        Assert.Contains("There is no change that could be taken back", (await book.FailAsync(4, "undo", "--yes")).Error, StringComparison.Ordinal);
        await book.RunAsync("doctor", "--deep");
    }

    [Theory, EachEngine]
    public async Task Times_for_programs_have_one_form(Engine engine)
    {
        await using var book = await CreateAsync(engine);

        foreach (var command in new[] { "list --output json", "list --output csv", "list --trash --output json", "history --output json", "history --output csv", "history 2 --output json", "history 2 --output csv", "export", "export --format ndjson" })
        {
            var times = AnyTime().Matches(await book.RunAsync(command.Split(' '))).Select(time => time.Value).ToList();
            Assert.NotEmpty(times);
            Assert.All(times, time => Assert.Matches(@"T\d\d:\d\d:\d\d\.\d{3}Z$", time));
        }
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

    [GeneratedRegex(@"\d{4}-\d\d-\d\d(T| \d)[^"",\n]*")]
    private static partial Regex AnyTime();

    [GeneratedRegex(" {2,}")]
    private static partial Regex Gap();

    [GeneratedRegex(@"\d{4}-\d\d-\d\d \d\d:\d\d(:\d\d)?Z")]
    private static partial Regex Time();
}
