using System.CommandLine;
using Outlay.Cli;
using Outlay.Expenses;

namespace Outlay.History;

/// <summary>The verbs that show what was changed, and take it back.</summary>
internal static class HistoryCommands
{
    private const int DefaultLimit = 50;

    /// <summary>How many expenses of a change are shown before it is taken back.</summary>
    private const int Shown = 10;

    public static IEnumerable<Verb> All(CliContext cli) =>
    [
        new("history", "Lists what was changed, when and by whom, newest first; with the id of an expense, its versions, oldest first.", verb => History(verb, cli),
            "outlay history",
            "outlay history 12",
            "outlay history --limit 500 --output csv") { ActsOnBook = true },
        new("undo", "Takes the last change back that was not taken back yet, after showing it and asking; an import with all of its expenses. Again, it takes back the one before: only --change takes back an undo.", verb => Undo(verb, cli),
            "outlay undo",
            "outlay undo --change 12",
            "outlay undo --yes") { ActsOnBook = true },
    ];

    private static void History(Verb verb, CliContext cli)
    {
        var id = Options.Id();
        id.Arity = ArgumentArity.ZeroOrOne;
        id.Description = "The id of an expense, in the trash or not. Default: the changes of all.";
        var limit = Options.Number("--limit", "N",
            $"How many to list at most, 1 to {ExpenseService.MaxPageSize}. Default: {DefaultLimit}.", 1, ExpenseService.MaxPageSize);
        var output = Options.Output();
        verb.Add(id);
        verb.Add(limit);
        verb.Add(output);
        verb.SetAction(async (parsed, token) =>
        {
            var size = (int)(parsed.GetValue(limit) ?? DefaultLimit);
            var history = await cli.HistoryAsync(token);
            var more = parsed.GetValue(id) is > 0 and var expense
                ? await WriteAsync(await history.VersionsAsync(cli.Owner, expense, 0, size, token), HistoryOutput.WriteAsync)
                : await WriteAsync(await history.ChangesAsync(cli.Owner, null, size, token), HistoryOutput.WriteAsync);
            if (more)
                await cli.TellAsync($"These are the {(parsed.GetValue(id) > 0 ? "first" : "newest")} {size}. There are more: --limit N lists more.");

            async Task<bool> WriteAsync<T>(HistoryPage<T> page, Func<CliContext, OutputFormat, IReadOnlyList<T>, CancellationToken, Task> write)
            {
                await write(cli, parsed.GetValue(output), page.Items, token);
                if (page.Items.Count == 0)
                    await cli.TellAsync("Nothing was changed yet.");
                return page.Next is not null;
            }
        });
    }

    private static void Undo(Verb verb, CliContext cli)
    {
        var change = Options.Number("--change", "SEQ",
            "Which change, as outlay history shows it, be it an undo. Default: the last that is in force and is no undo.", 1, long.MaxValue);
        var yes = Options.Yes();
        verb.Add(change);
        verb.Add(yes);
        verb.SetAction(async (parsed, token) =>
        {
            var service = await cli.UndoAsync(token);
            var target = await service.FindAsync(cli.Owner, parsed.GetValue(change), token);
            var rows = await service.ExpensesAsync(target, Shown, token);
            foreach (var line in HistoryOutput.UndoLines(target, [.. rows.Select(row => row.Expense)]))
                await cli.TellAsync(line);
            if (!parsed.GetValue(yes) && !await cli.ConfirmAsync($"Take change {target.Header.Seq} back?", token))
            {
                await cli.TellAsync("Nothing was changed.");
                return;
            }

            var undo = await ProgressBar.RunAsync(cli, "Taking it back", target.Header.Count, bar =>
                service.UndoAsync(cli.Caller, target.Header.Seq, max: null, bar.Report, token));
            await cli.TellAsync($"Taken back. To undo that: {cli.ProgramName} undo --change {undo.Header.Seq}");
        });
    }
}
