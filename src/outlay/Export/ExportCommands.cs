using Outlay.Cli;
using Outlay.Expenses;

namespace Outlay.Export;

/// <summary>The verb that writes expenses to a file.</summary>
internal static class ExportCommands
{
    public static IEnumerable<Verb> All(CliContext cli) =>
    [
        new("export",
            "Writes expenses as CSV or NDJSON, oldest first. Importing the file gives the same expenses.",
            verb => Export(verb, cli),
            "outlay export > expenses.csv",
            "outlay export --to expenses-2026.ndjson --from 2026-01-01 --until 2026-12-31",
            "outlay export --category Groceries --format ndjson | jq .amount") { ActsOnBook = true },
    ];

    private static void Export(Verb verb, CliContext cli)
    {
        var format = Options.Choice<ExportFormat?>("--format",
            "How to write them: csv or ndjson (one JSON object a line). Default: as the ending of the file says; csv where it has none.",
            ("csv", ExportFormat.Csv), ("ndjson", ExportFormat.Ndjson));
        var to = Options.Text("--to", "FILE", "The file to write. Default: standard output.").WithFiles();
        var yes = Options.Yes();
        var filter = new FilterOptions(lastDay: "--until");
        verb.Add(format);
        verb.Add(to);
        verb.Add(yes);
        filter.AddTo(verb);
        verb.SetAction(async (parsed, token) =>
        {
            var wanted = filter.Read(parsed, cli.Clock);
            var file = parsed.GetValue(to);
            if (ExpenseRules.TryParseDate(file, out _))
                throw new AppException(ErrorCode.Usage, $"--to names the file to write, and '{file}' is a date: the last day is --until.");
            if (Directory.Exists(file))
                throw new AppException(ErrorCode.InvalidInput, $"{file} is a folder: name a file in it.");
            var form = parsed.GetValue(format) ?? FormatOf(file);
            if (file is null)
            {
                await WriteAsync(cli, cli.OutStream, form, wanted, token);
                return;
            }

            var replace = File.Exists(file);
            if (replace && !parsed.GetValue(yes) && !await MayReplaceAsync(cli, file, token))
            {
                await cli.TellAsync("Nothing was written.");
                return;
            }

            var count = 0L;
            await AtomicFile.WriteAsync(file, replace, async output => count = await WriteAsync(cli, output, form, wanted, token));
            await cli.TellAsync($"Wrote {Plural.Of(count, "expense")} to {file}.");
        });
    }

    private static ExportFormat FormatOf(string? file) => Path.GetExtension(file)?.ToLowerInvariant() switch
    {
        null or "" or ".csv" => ExportFormat.Csv,
        ".ndjson" or ".jsonl" => ExportFormat.Ndjson,
        var ending => throw new AppException(ErrorCode.Usage,
            $"'{ending}' is no format that is known here: let the file end in .csv or .ndjson, or say which it is with --format csv or --format ndjson."),
    };

    private static Task<bool> MayReplaceAsync(CliContext cli, string file, CancellationToken token) =>
        cli is { InputIsTerminal: true, MessagesAreOnTerminal: true }
            ? cli.ConfirmAsync($"{file} is there already. Replace it?", token)
            : throw new AppException(ErrorCode.Conflict, $"{file} is there already: name another file, or add --yes to replace it.");

    private static async Task<long> WriteAsync(CliContext cli, Stream output, ExportFormat format, ExpenseFilter filter, CancellationToken token)
    {
        var expenses = await cli.ExpensesAsync(token);
        await using var writer = ExpenseWriter.Over(output, format);
        var all = expenses.ExportAsync(cli.Owner, filter, token);
        // A bar would stand between the rows that a person reads on the same terminal.
        if (output == cli.OutStream && cli.OutputIsTerminal)
            return await writer.WriteAllAsync(all, null, token);
        return await ProgressBar.RunAsync(cli, "Exporting", null, bar => writer.WriteAllAsync(all, bar.Report, token));
    }
}
