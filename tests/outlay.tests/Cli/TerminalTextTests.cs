using Outlay.Expenses;
using Outlay.Tests.Harness;

namespace Outlay.Tests.Cli;

/// <summary>What crafted data holds reaches nobody's terminal as a command to it.</summary>
public sealed class TerminalTextTests
{
    /// <summary>The title of the window, a bell, C1's way to begin a sequence, and a turn of the direction.</summary>
    private const string Crafted = "Cof\u001b]0;owned\u0007fee\u009b31m\u202etxt";

    private const string Shown = "Cof ]0;owned fee 31m txt";

    private static readonly char[] s_commands = ['\u001b', '\u0007', '\u009b', '\u202e'];

    [Theory, EachEngine]
    public async Task A_description_that_came_past_the_rules_is_shown_without_its_control_characters(Engine engine)
    {
        await using var database = await CraftedAsync(engine);

        foreach (var verb in new[] { "list", "show 1", "history", "history 1", "summary --by category" })
        {
            var result = await OutlayProcess.RunAsync(verb.Split(' '), database.Environment);
            Assert.Equal(0, result.ExitCode);
            AssertPlain(result.Output + result.Error);
        }

        Assert.Contains(Shown, (await OutlayProcess.RunAsync(["list"], database.Environment)).Output, StringComparison.Ordinal);
        Assert.Contains(Shown, (await OutlayProcess.RunAsync(["show", "1"], database.Environment)).Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("csv")]
    [InlineData("json")]
    public async Task Nor_does_a_terminal_get_them_as_data(string format)
    {
        await using var database = await CraftedAsync(Engine.Sqlite);
        await using var terminal = OutlayProcess.StartInTerminal(["list", "--output", format], database.Environment);

        var result = await terminal.WaitForExitAsync();

        Assert.Contains("owned", result.Output, StringComparison.Ordinal);
        // The runtime itself switches the terminal to its keypad when a program starts.
        AssertPlain(result.Output.Replace("\u001b[?1h\u001b=", "", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Neither_do_the_rows_that_an_import_refuses_nor_the_names_of_files()
    {
        using var folder = new TestFolder();
        var file = folder.File($"{Crafted}.csv".Replace('/', '_'));
        await File.WriteAllTextAsync(file, $"date,description,amount,{Crafted}\n2026-02-19,{Crafted},3.50,x\n2026-13-19,Tea,{Crafted},x\n", Test.Token);
        await using var database = await TestDatabase.CreateAsync(Engine.Sqlite);

        var refused = await OutlayProcess.RunAsync(["import", file], database.Environment);
        var missing = await OutlayProcess.RunAsync(["import", $"{file}.none"], database.Environment);

        Assert.Equal(3, refused.ExitCode);
        Assert.Contains("line 2:", refused.Error, StringComparison.Ordinal);
        AssertPlain(refused.Error + missing.Error);
        Assert.Contains(Shown, missing.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nor_do_the_names_and_reports_of_backups()
    {
        await using var database = await TestDatabase.CreateAsync(Engine.Sqlite);
        await OutlayProcess.RunAsync(["backup", "create"], database.Environment);
        var report = Directory.GetFiles(database.Settings.BackupsDir, "*.json").Single();
        var text = await File.ReadAllTextAsync(report, Test.Token);
        await File.WriteAllTextAsync(report, text.Replace("\"failure\":null", "\"failure\":\"\\u001b]0;owned\\u0007\\u009b31m\\u202e\"", StringComparison.Ordinal)
            .Replace(database.Settings.SqliteFile, "\\u001b]0;owned\\u0007\\u009b31m\\u202e", StringComparison.Ordinal), Test.Token);

        var result = await OutlayProcess.RunAsync(["backup", "list"], database.Environment);

        Assert.Contains("owned", result.Output + result.Error, StringComparison.Ordinal);
        AssertPlain(result.Output + result.Error);
    }

    private static async Task<TestDatabase> CraftedAsync(Engine engine)
    {
        var database = await TestDatabase.CreateAsync(engine);
        await database.Expenses.AddAsync(Test.By(ExpenseService.DefaultOwner), new ExpenseDraft { Date = "2026-02-19", Description = "Coffee", Amount = "3.50", Category = "Food" }, Test.Token);
        await database.ExecuteAsync($"update expenses set description = '{Crafted}', category = '{Crafted}'");
        return database;
    }

    private static void AssertPlain(string text) => Assert.True(text.IndexOfAny(s_commands) < 0, $"It holds a command to the terminal: {Uri.EscapeDataString(text)}");
}
