using System.Text.RegularExpressions;
using Outlay.Expenses;
using Outlay.Tests.Harness;
using Outlay.Trash;

namespace Outlay.Tests.History;

/// <summary>The chain is documented well enough for anyone to check it: the script in the decision is run as it stands there.</summary>
public sealed partial class ChainWithoutTheProgramTests
{
    private static readonly string s_script = Script().Match(File.ReadAllText(Path.Combine(ProductCode.Root, "docs", "adr", "0012-history-is-a-chain.md"))).Groups[1].Value;

    [Fact]
    public async Task The_script_of_the_decision_finds_what_was_tampered_with()
    {
        await using var database = await TestDatabase.CreateAsync(Engine.Sqlite);
        var me = Test.By(ExpenseService.DefaultOwner);
        database.Clock.Advance(TimeSpan.FromMilliseconds(123));
        await database.Expenses.AddAsync(me, new ExpenseDraft { Date = "2026-02-19", Description = "Café", Amount = "3.50" }, Test.Token);
        await database.Expenses.DeleteAsync(me, 1, null, Test.Token);
        await new TrashService(database.Database, database.Expenses, database.Clock).PurgeAsync(me, TimeSpan.Zero, null, Test.Token);

        Assert.Equal("default: 3 changes are as they were written\n", (await RunAsync(database)).Output);
        await database.ExecuteAsync("update history set content = replace(content, '3.50', '3.51') where version = 2");
        var tampered = await RunAsync(database);

        Assert.Equal((1, "default: change 2, row 1, expense 1 is not as it was written\n"), (tampered.ExitCode, tampered.Error));
    }

    private static async Task<ProcessResult> RunAsync(TestDatabase database)
    {
        var file = Path.Combine(database.Folder, "check.py");
        await File.WriteAllTextAsync(file, s_script, Test.Token);
        Assert.SkipWhen(!HasPython, "Python is not installed.");
        return await OutlayProcess.RunScriptAsync($"python3 '{file}' '{database.Settings.SqliteFile}'", new Dictionary<string, string>());
    }

    private static bool HasPython =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, "python3")));

    [GeneratedRegex(@"^```python\n(.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Script();
}
