using System.CommandLine;
using Outlay.Cli;

namespace Outlay.Expenses;

/// <summary>The verbs that record, find, correct and delete expenses.</summary>
internal static class ExpenseCommands
{
    public static IEnumerable<Verb> All(CliContext cli) =>
    [
        new("add", "Records an expense, and shows it with its id.", verb => Add(verb, cli),
            "outlay add 3.50 Coffee",
            "outlay add 64.20 Groceries for the week --date yesterday --category Food --tag household",
            "outlay add 1200 Ramen --currency JPY --notes 'With the team'") { ActsOnBook = true },
        new("list", "Lists expenses, newest first.", verb => List(verb, cli),
            "outlay list",
            "outlay list --from 2026-01-01 --to 2026-01-31 --category food",
            "outlay list --all --output json") { ActsOnBook = true },
        new("show", "Shows everything about an expense.", verb => Show(verb, cli),
            "outlay show 12",
            "outlay show 12 --output json") { ActsOnBook = true },
        new("edit", "Changes fields of an expense; what is not named stays as it is.", verb => Edit(verb, cli),
            "outlay edit 12 --amount 4.20",
            "outlay edit 12 --date yesterday --category Food --no-notes",
            "outlay edit 12 --description 'Coffee for two' --if-version 1") { ActsOnBook = true },
        new("delete", "Puts expenses into the trash, after showing them and asking.", verb => Delete(verb, cli),
            "outlay delete 12",
            "outlay delete 12 13 14 --yes") { ActsOnBook = true },
        new("restore", "Takes expenses out of the trash.", verb => Restore(verb, cli),
            "outlay restore 12",
            "outlay restore 12 13 14") { ActsOnBook = true },
    ];

    private static void Add(Verb verb, CliContext cli)
    {
        var amount = new Argument<string>("AMOUNT") { Description = "How much, greater than 0, with a point before the decimals: 3.50." };
        var words = new Argument<string[]>("DESCRIPTION")
        {
            Description = $"What for, 1 to {ExpenseRules.MaxDescriptionLength} characters; several words need no quotes.",
            Arity = ArgumentArity.OneOrMore,
        };
        var date = Options.Text("--date", "DATE", $"When: {DateWords.Forms}. Default: today, in your time zone.");
        var fields = new ExpenseFields(stays: false);
        var output = Options.Output();
        verb.Add(amount);
        verb.Add(words);
        verb.Add(date);
        foreach (var option in fields.All)
            verb.Add(option);
        verb.Add(output);
        verb.SetAction(async (parsed, token) =>
        {
            var (first, last) = (parsed.GetValue(amount)!, parsed.GetValue(words)![^1]);
            if (!first.Any(char.IsAsciiDigit) && Money.Fault(last, null) is null)
                throw new AppException(ErrorCode.Usage, $"'{first}' is no amount. The amount comes first: {cli.ProgramName} add {last} {first}");
            var misread = new Faults();
            var draft = fields.Apply(new ExpenseDraft(), parsed) with
            {
                Date = DateWords.Resolve(parsed.GetValue(date) ?? "today", cli.Clock, "date", misread),
                Amount = first,
                Description = string.Join(' ', parsed.GetValue(words)!),
                Misread = misread,
            };
            var expenses = await cli.ExpensesAsync(token);
            var expense = await expenses.AddAsync(cli.Caller, draft, token);
            await ExpenseOutput.WriteAsync(cli, parsed.GetValue(output), expense);
            if (parsed.GetValue(words) is [var code, _, ..] && !code.Any(char.IsAsciiLetterLower) && Currency.TryGet(code, out _) && draft.Currency is null)
                await cli.TellAsync($"{code} was taken for a word of the description. To make it the currency: {cli.ProgramName} edit {expense.Id} --currency {code} --description TEXT");
        });
    }

    private static void List(Verb verb, CliContext cli)
    {
        const int DefaultLimit = 50;
        var filter = new FilterOptions();
        var limit = Options.Number("--limit", "N",
            $"How many to list at most, 1 to {ExpenseService.MaxPageSize}. Default: {DefaultLimit}.", 1, ExpenseService.MaxPageSize);
        var all = new Option<bool>("--all") { Description = "List them all. Default: as many as --limit says." };
        var trash = new Option<bool>("--trash") { Description = "List what was deleted. Default: what counts." };
        var output = Options.Output();
        filter.AddTo(verb);
        verb.Add(limit);
        verb.Add(all);
        verb.Add(trash);
        verb.Add(output);
        verb.Validators.Add(result =>
        {
            if (result.GetValue(all) && result.GetValue(limit) is not null)
                result.AddError("--all and --limit exclude each other.");
        });
        verb.SetAction(async (parsed, token) =>
        {
            if (parsed.GetValue(trash) && parsed.GetValue(output) is OutputFormat.Csv)
                throw new AppException(ErrorCode.Usage, "CSV does not say that an expense is in the trash: list the trash with --output json.");
            var wanted = filter.Read(parsed, cli.Clock) with { InTrash = parsed.GetValue(trash) };
            var expenses = await cli.ExpensesAsync(token);
            if (parsed.GetValue(all))
            {
                var found = false;
                await ExpenseOutput.WriteAsync(cli, parsed.GetValue(output), expenses.ListAsync(cli.Owner, wanted, token).Select(expense =>
                {
                    found = true;
                    return expense;
                }), token);
                if (!found)
                    await ExpenseOutput.WriteNoneAsync(cli, wanted, token);
                return;
            }

            var size = (int)(parsed.GetValue(limit) ?? DefaultLimit);
            var page = await expenses.PageAsync(cli.Owner, wanted, null, size, token);
            await ExpenseOutput.WriteAsync(cli, parsed.GetValue(output), page.Expenses.ToAsyncEnumerable(), token);
            if (page.Next is not null)
                await cli.TellAsync($"{(size == 1 ? "This is the newest one" : $"These are the newest {size}")}. There are more: --limit N lists more, --all lists them all.");
            else if (page.Expenses.Count == 0)
                await ExpenseOutput.WriteNoneAsync(cli, wanted, token);
        });
    }

    private static void Show(Verb verb, CliContext cli)
    {
        var id = Options.Id();
        var output = Options.Output();
        verb.Add(id);
        verb.Add(output);
        verb.SetAction(async (parsed, token) =>
        {
            var expenses = await cli.ExpensesAsync(token);
            await ExpenseOutput.WriteAsync(cli, parsed.GetValue(output), await expenses.GetAsync(cli.Owner, parsed.GetValue(id), token));
        });
    }

    private static void Edit(Verb verb, CliContext cli)
    {
        var id = Options.Id();
        var changes = new ExpenseChanges();
        var version = Options.Number("--if-version", "N",
            "Change it only if this is its version now, as outlay show says. Default: change it whatever its version is.", 1, long.MaxValue);
        var output = Options.Output();
        verb.Add(id);
        changes.AddTo(verb);
        verb.Add(version);
        verb.Add(output);
        verb.SetAction(async (parsed, token) =>
        {
            var expenses = await cli.ExpensesAsync(token);
            long[]? versions = parsed.GetValue(version) is { } expected ? [expected] : null;
            var (expense, madeVersion) = await expenses.ChangeAsync(cli.Caller, parsed.GetValue(id), versions, draft => changes.Apply(draft, parsed, cli.Clock), token);
            if (!madeVersion)
                await cli.TellAsync("Nothing was changed: it is so already.");
            await ExpenseOutput.WriteAsync(cli, parsed.GetValue(output), expense);
        });
    }

    private static void Delete(Verb verb, CliContext cli)
    {
        var ids = Options.Ids();
        var yes = Options.Yes();
        verb.Add(ids);
        verb.Add(yes);
        verb.SetAction(async (parsed, token) =>
        {
            var service = await cli.ExpensesAsync(token);
            var expenses = new List<Expense>();
            foreach (var id in parsed.GetValue(ids)!)
                expenses.Add(await service.GetAsync(cli.Owner, id, token));

            expenses.ForEach(expense => cli.Messages.WriteLine(ExpenseOutput.Line(expense)));
            var many = expenses.Count == 1 ? "this expense" : $"these {expenses.Count} expenses";
            if (!parsed.GetValue(yes) && !await cli.ConfirmAsync($"Delete {many}?", token))
            {
                await cli.TellAsync("Nothing was deleted.");
                return;
            }

            await service.DeleteAsync(cli.Caller, [.. expenses.Select(expense => (expense.Id, (IReadOnlyCollection<long>?)[expense.Version]))], token);
            await cli.TellAsync($"Deleted. To undo it: {cli.ProgramName} restore {string.Join(' ', expenses.Select(expense => expense.Id))}");
        });
    }

    private static void Restore(Verb verb, CliContext cli)
    {
        var ids = Options.Ids("outlay list --trash");
        var output = Options.Output();
        verb.Add(ids);
        verb.Add(output);
        verb.SetAction(async (parsed, token) =>
        {
            var expenses = await cli.ExpensesAsync(token);
            var restored = await expenses.RestoreAsync(cli.Caller, parsed.GetValue(ids)!, token);
            if (restored is [var one])
                await ExpenseOutput.WriteAsync(cli, parsed.GetValue(output), one);
            else
                await ExpenseOutput.WriteAsync(cli, parsed.GetValue(output), restored.ToAsyncEnumerable(), token);
        });
    }
}
