using Outlay.Expenses;
using Outlay.Reports;

namespace Outlay.Cli;

/// <summary>
/// The menu for a person at a terminal. What is wrong is explained and asked again; an empty answer goes back to the menu, as
/// the end of the input (Ctrl-D) does, which also leaves the menu itself.
/// </summary>
internal sealed class Menu(CliContext cli, ExpenseService expenses, ReportService reports, Currency currency)
{
    /// <summary>How many expenses are shown.</summary>
    private const int Shown = 20;

    private const string Choices =
        """

        1. Add an expense
        2. Show expenses
        3. Delete an expense
        4. Summary
        5. Exit
        """;

    /// <summary>Runs until the person leaves. Throws <see cref="OperationCanceledException"/> on Ctrl-C.</summary>
    public static async Task RunAsync(CliContext cli, CancellationToken token)
    {
        var expenses = await cli.ExpensesAsync(token);
        var currency = await expenses.CurrencyAsync(cli.Owner, token);
        await new Menu(cli, expenses, await cli.ReportsAsync(token), currency).ChooseAsync(token);
    }

    private async Task ChooseAsync(CancellationToken token)
    {
        while (true)
        {
            cli.Out.WriteLine(Choices);
            var choice = await AskAsync("Your choice: ", token);
            if (choice is "5" or null)
                return;
            try
            {
                await DoAsync(choice, token);
            }
            catch (AppException e)
            {
                Failure.Report(e, cli, cli.Out);
            }
        }
    }

    private async Task DoAsync(string choice, CancellationToken token)
    {
        switch (choice)
        {
            case "1":
                await AddAsync(token);
                break;
            case "2":
                await ShowAsync(token);
                break;
            case "3":
                await DeleteAsync(token);
                break;
            case "4":
                var summary = await reports.SummariseAsync(cli.Owner, new ExpenseFilter(), SummaryGroup.Category, token);
                await SummaryOutput.WriteAsync(cli, OutputFormat.Table, summary, SummaryGroup.Category, token);
                break;
            default:
                cli.Out.WriteLine("Choose a number from 1 to 5.");
                break;
        }
    }

    private async Task AddAsync(CancellationToken token)
    {
        if (await FillInAsync($"Date ({DateWords.Forms}) [today]: ", "date", "today", new ExpenseDraft(), Dated, token) is { } dated &&
            await FillInAsync("Description (Enter goes back): ", "description", "", dated, (draft, text) => draft with { Description = text }, token) is { } described &&
            await FillInAsync($"Amount in {currency}, like 3.50 (Enter goes back): ", "amount", "", described, (draft, text) => draft with { Amount = text }, token) is { } whole)
            cli.Out.WriteLine($"Added {Line(await expenses.AddAsync(cli.Caller, whole, token))}");
        else
            cli.Out.WriteLine("Nothing was added.");

        ExpenseDraft Dated(ExpenseDraft draft, string text)
        {
            var misread = new Faults();
            return draft with { Date = DateWords.Resolve(text, cli.Clock, "date", misread), Misread = misread };
        }
    }

    private async Task ShowAsync(CancellationToken token)
    {
        var page = await expenses.PageAsync(cli.Owner, new ExpenseFilter(), null, Shown, token);
        foreach (var expense in page.Expenses)
            cli.Out.WriteLine(Line(expense));
        if (page.Expenses.Count == 0)
            cli.Out.WriteLine("There are no expenses yet.");
        if (page.Next is not null)
            cli.Out.WriteLine($"These are the newest {Shown}: {cli.ProgramName} list --all shows them all.");
    }

    private async Task DeleteAsync(CancellationToken token)
    {
        if (await FindAsync(token) is not { } expense)
            return;
        cli.Out.WriteLine(Line(expense));
        if (await cli.ConfirmAsync("Delete this expense?", token))
        {
            await expenses.DeleteAsync(cli.Caller, expense.Id, [expense.Version], token);
            cli.Out.WriteLine($"Deleted. To undo it: {cli.ProgramName} restore {expense.Id}");
        }
        else
        {
            cli.Out.WriteLine("Nothing was deleted.");
        }
    }

    /// <summary>Asks for an expense until there is one; null to go back.</summary>
    private async Task<Expense?> FindAsync(CancellationToken token)
    {
        while (await AskAsync("Id of the expense (Enter goes back): ", token) is { Length: > 0 } text)
        {
            try
            {
                if (long.TryParse(text, out var id))
                    return await expenses.GetAsync(cli.Owner, id, token);
                cli.Out.WriteLine("The id is the whole number in front of an expense: choice 2 shows it.");
            }
            catch (AppException e) when (e.Code is ErrorCode.NotFound)
            {
                cli.Out.WriteLine(e.Message);
            }
        }

        return null;
    }

    /// <summary>Asks for a field until it keeps the rules; null to go back.</summary>
    /// <param name="otherwise">What an empty answer stands for; empty when it goes back.</param>
    private async Task<ExpenseDraft?> FillInAsync(
        string question, string field, string otherwise, ExpenseDraft draft, Func<ExpenseDraft, string, ExpenseDraft> set, CancellationToken token)
    {
        while (await AskAsync(question, token) is { } answer && (answer.Length > 0 ? answer : otherwise) is { Length: > 0 } text)
        {
            var filled = set(draft, text);
            var faults = new Faults();
            ExpenseRules.Check(filled, currency, faults);
            if (!faults.ByField.TryGetValue(field, out var messages))
                return filled;
            foreach (var message in messages)
                cli.Out.WriteLine(message);
        }

        return null;
    }

    private static string Line(Expense expense) => ExpenseOutput.Line(expense);

    private async Task<string?> AskAsync(string question, CancellationToken token) => (await cli.AskAsync(question, token))?.Trim();
}
