using System.CommandLine;
using System.CommandLine.Help;
using Outlay.Access;
using Outlay.Backup;
using Outlay.Expenses;
using Outlay.Export;
using Outlay.History;
using Outlay.Import;
using Outlay.Reports;
using Outlay.Status;
using Outlay.Storage;
using Outlay.Trash;

namespace Outlay.Cli;

/// <summary>The verbs, and the one way from a command line to an exit code.</summary>
internal static class CommandLine
{
    /// <summary>Data goes to stdout, everything else to stderr; the exit code is 0 or one of <see cref="ErrorTable"/>.</summary>
    public static async Task<int> RunAsync(CliContext cli, string[] args, CancellationToken token)
    {
        try
        {
            // People ask for help in both ways.
            if (args is ["help", .. var verb])
                args = [.. verb, "--help"];
            var parsed = Build(cli, args).Parse(args);
            UsageErrors.ThrowIfAny(parsed);
            if ((parsed.CommandResult.Command as Verb)?.OwnerIn(parsed) is { } owner)
                cli.Owner = owner;
            return await InvokeAsync(cli, parsed, token);
        }
        catch (Exception e)
        {
            return Failure.Report(e, cli, cli.Messages);
        }
    }

    private static async Task<int> InvokeAsync(CliContext cli, ParseResult parsed, CancellationToken token)
    {
        var configuration = new InvocationConfiguration
        {
            Output = cli.Out,
            Error = cli.Messages,
            EnableDefaultExceptionHandler = false,
            ProcessTerminationTimeout = null,
        };
        try
        {
            return await parsed.InvokeAsync(configuration, token);
        }
        finally
        {
            // What was written before a cancellation still goes out.
            await cli.Out.FlushAsync(CancellationToken.None);
        }
    }

    private static RootCommand Build(CliContext cli, string[] args)
    {
        var root = new RootCommand("Records expenses, finds them again and sums them up.");
        Verb[] verbs = Verbs(cli);
        foreach (var verb in Array.Find(verbs, verb => verb.Name == args.FirstOrDefault()) is { } named ? [named] : verbs)
            verb.Define();
        foreach (var verb in verbs)
            root.Add(verb);
        root.SetAction((_, token) => OpenMenuAsync(cli, token));
        root.Options.OfType<VersionOption>().Single().Action = new VersionAction();
        var help = root.Options.OfType<HelpOption>().Single();
        // The forms of another system's shell would only crowd what a completion suggests.
        help.Aliases.Remove("/h");
        help.Aliases.Remove("/?");
        help.Action = new HelpWithExamples(cli, (HelpAction)help.Action!);
        return root;
    }

    private static Task OpenMenuAsync(CliContext cli, CancellationToken token) => cli.InputIsTerminal && cli.OutputIsTerminal
        ? Menu.RunAsync(cli, token)
        : throw new AppException(ErrorCode.Usage, "A verb is missing: outlay --help lists them. On a terminal, outlay menu opens a menu.");

    private static Verb[] Verbs(CliContext cli) =>
    [
        .. ExpenseCommands.All(cli),
        .. TrashCommands.All(cli),
        .. HistoryCommands.All(cli),
        .. ReportCommands.All(cli),
        .. ImportCommands.All(cli),
        .. ExportCommands.All(cli),
        .. BackupCommands.All(cli),
        .. StorageCommands.All(cli),
        .. StatusCommands.All(cli),
        .. SettingsCommands.All(cli),
        .. KeyCommands.All(cli),
        .. OwnerCommands.All(cli),
        .. CompletionCommands.All(cli),
        .. ServeCommands.All(cli),
        new("menu", "Opens the menu on a terminal.", verb => verb.SetAction((_, token) => OpenMenuAsync(cli, token)), "outlay menu") { ActsOnBook = true },
    ];
}
