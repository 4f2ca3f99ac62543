using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Parsing;
using Outlay.Access;
using Outlay.Backup;
using Outlay.Expenses;
using Outlay.Export;
using Outlay.History;
using Outlay.Import;
using Outlay.Probe;
using Outlay.Reports;
using Outlay.Status;
using Outlay.Storage;
using Outlay.Telemetry;
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
            RefuseDamagedText(args);
            // People ask for help in both ways.
            if (args is ["help", .. var verb])
                args = [.. verb, "--help"];
            var parsed = Build(cli, args).Parse(args);
            UsageErrors.ThrowIfAny(parsed);
            if ((parsed.CommandResult.Command as Verb)?.OwnerIn(parsed) is { } owner)
                cli.Owner = owner;
            return parsed.CommandResult.Command is Verb { Name: not "serve" } && cli.SettingsAsRead.Telemetry.Otlp is not null
                ? await VerbTelemetry.RunAsync(cli, NameOf(parsed.CommandResult), () => InvokeAsync(cli, parsed, token))
                : await InvokeAsync(cli, parsed, token);
        }
        catch (Exception e)
        {
            return Failure.Report(e, cli, cli.Messages);
        }
    }

    /// <summary>Whoever passes bytes that are no UTF-8 gets replacement characters in their place, and would find those in the book.</summary>
    private static void RefuseDamagedText(string[] args)
    {
        if (Array.Find(args, CliContext.IsDamaged) is { } damaged)
            throw new AppException(ErrorCode.InvalidInput, $"'{damaged}' is not text in UTF-8. Set the terminal, or whatever runs the command, to UTF-8, and write it again.");
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

    /// <summary>The words of the verb, such as <c>outlay backup create</c>.</summary>
    private static string NameOf(CommandResult command) =>
        command.Parent is CommandResult parent ? $"{NameOf(parent)} {command.Command.Name}" : Signals.Name;

    private static RootCommand Build(CliContext cli, string[] args)
    {
        var root = new RootCommand("Records expenses, finds them again and sums them up.");
        Verb[] verbs = Verbs(cli);
        foreach (var verb in Array.Find(verbs, verb => verb.Name == args.FirstOrDefault()) is { } named ? [named] : verbs)
            verb.Define();
        foreach (var verb in verbs)
            root.Add(verb);
        root.SetAction((_, token) => OpenMenuAsync(cli, "A verb is missing: outlay --help lists them. On a terminal, outlay menu opens a menu.", token));
        root.Options.OfType<VersionOption>().Single().Action = new VersionAction();
        var help = root.Options.OfType<HelpOption>().Single();
        // The forms of another system's shell would only crowd what a completion suggests.
        help.Aliases.Remove("/h");
        help.Aliases.Remove("/?");
        help.Action = new HelpWithExamples(cli, (HelpAction)help.Action!);
        return root;
    }

    private static Task OpenMenuAsync(CliContext cli, string otherwise, CancellationToken token) => cli.InputIsTerminal && cli.OutputIsTerminal
        ? Menu.RunAsync(cli, token)
        : throw new AppException(ErrorCode.Usage, otherwise);

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
        .. ProbeCommands.All(cli),
        .. SettingsCommands.All(cli),
        .. KeyCommands.All(cli),
        .. OwnerCommands.All(cli),
        .. CompletionCommands.All(cli),
        .. ServeCommands.All(cli),
        .. HealthCommands.All(cli),
        new("menu", "Opens the menu on a terminal.", verb => verb.SetAction((_, token) => OpenMenuAsync(cli, "The menu needs a terminal to read from and to write to. Without one, use a verb: outlay --help lists them.", token)), "outlay menu") { ActsOnBook = true },
    ];
}
