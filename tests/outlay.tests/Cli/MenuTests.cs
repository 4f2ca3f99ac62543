using Outlay.Tests.Harness;

namespace Outlay.Tests.Cli;

/// <summary>The menu, driven through a pseudo-terminal.</summary>
public sealed class MenuTests
{
    private const string Prompt = "Your choice: ";

    [Theory, EachEngine]
    public async Task A_person_adds_finds_sums_up_and_deletes(Engine engine)
    {
        await using var book = await Book.CreateAsync(engine);
        await book.RunAsync("add", "1200", "Ramen", "--date", "2026-02-18", "--currency", "JPY");
        await using var menu = book.OpenInTerminal();

        await TypeAsync(menu, (Prompt, "1"), ("[today]: ", "2026-02-19"), ("Description (", "Coffee"), ("Amount in EUR", "3.50"));
        await TypeAsync(menu, ("Added 2. 2026-02-19 - Coffee - 3.50", ""), ("Choose a number", "2"));
        await TypeAsync(menu, ("1. 2026-02-18 - Ramen - 1200 JPY", "4"), ("Total ", "3"), ("Id of the expense (", "2"), ("[y/N] ", "y"));
        await TypeAsync(menu, ("outlay restore 2", "5"));

        Assert.Equal(0, (await menu.WaitForExitAsync()).ExitCode);
        Assert.DoesNotContain("Coffee", await book.RunAsync("list"), StringComparison.Ordinal);
        Assert.Contains("Coffee", await book.RunAsync("list", "--trash"), StringComparison.Ordinal);
    }

    [Theory, EachEngine]
    public async Task Bad_input_is_explained_and_asked_again(Engine engine)
    {
        await using var book = await Book.CreateAsync(engine);
        await using var menu = book.OpenInTerminal();

        await TypeAsync(menu, (Prompt, "9"), ("Choose a number from 1 to 5.", "1"));
        await TypeAsync(menu, ("[today]: ", "19.2.2026"), ("Use YYYY-MM-DD", "yesterday"));
        await TypeAsync(menu, ("Description (", new string('x', 501)), ("at most 500 characters", "Coffee"));
        await TypeAsync(menu, ("Amount in EUR", "3,50"), ("Did you mean 3.50?", "0"), ("greater than 0", "3.50"));
        await TypeAsync(menu, ("Added 1.", "3"), ("Id of the expense (", "x"), ("The id is the whole number", "7"), ("Expense with id 7 not found", "1"));
        await TypeAsync(menu, ("[y/N] ", "no"), ("Nothing was deleted.", "5"));

        Assert.Equal(0, (await menu.WaitForExitAsync()).ExitCode);
        Assert.Contains("Coffee", await book.RunAsync("list"), StringComparison.Ordinal);
    }

    [Theory, EachEngine]
    public async Task An_empty_answer_goes_back_to_the_menu(Engine engine)
    {
        await using var book = await Book.CreateAsync(engine);
        await using var menu = book.OpenInTerminal();

        await TypeAsync(menu, (Prompt, "3"), ("Id of the expense (Enter goes back): ", ""), ("5. Exit", "1"));
        await TypeAsync(menu, ("[today]: ", ""), ("Description (Enter goes back): ", ""), ("Nothing was added.", "1"));
        await TypeAsync(menu, ("[today]: ", ""), ("Description (", "Coffee"), ("like 3.50 (Enter goes back): ", ""), ("Nothing was added.", "5"));

        Assert.Equal(0, (await menu.WaitForExitAsync()).ExitCode);
        Assert.Equal("", await book.RunAsync("list"));
    }

    [Theory]
    [InlineData("\u0004", 0)]
    [InlineData("\u0003", 130)]
    public async Task Control_D_and_control_C_leave_without_a_trace(string key, int exitCode)
    {
        await using var book = await Book.CreateAsync(Engine.Sqlite);
        await using var menu = book.OpenInTerminal();
        await menu.WaitForOutputAsync(Prompt);

        await menu.WriteAsync(key);
        var result = await menu.WaitForExitAsync();

        Assert.Equal(exitCode, result.ExitCode);
        Assert.DoesNotContain("   at ", result.Output, StringComparison.Ordinal);
    }

    /// <summary>Types each answer when the terminal shows what comes before it.</summary>
    private static async Task TypeAsync(OutlayProcess menu, params (string Shown, string Answer)[] dialogue)
    {
        foreach (var (shown, answer) in dialogue)
        {
            await menu.WaitForOutputAsync(shown);
            await menu.WriteLineAsync(answer);
        }
    }
}
