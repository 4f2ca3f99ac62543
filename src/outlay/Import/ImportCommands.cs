using System.CommandLine;
using Outlay.Cli;
using Outlay.Expenses;
using Outlay.Storage;

namespace Outlay.Import;

/// <summary>The verb that records the expenses of a file.</summary>
internal static class ImportCommands
{
    /// <summary>The name that stands for standard input.</summary>
    private const string StandardInput = "-";

    public static IEnumerable<Verb> All(CliContext cli) =>
    [
        new("import",
            "Records every expense of a CSV or NDJSON file that the book does not have yet, or none of them when a row breaks the rules. " +
            "CSV needs a header with date, description and amount, and may have currency, category, tags (with ';' between them) and notes.",
            verb => Import(verb, cli),
            "outlay import expenses.csv",
            "outlay import bank.csv --dry-run",
            "gunzip -c old.csv.gz | outlay import -") { ActsOnBook = true },
    ];

    private static void Import(Verb verb, CliContext cli)
    {
        var file = new Argument<string>("FILE") { Description = "The file; - for standard input." }.WithFiles();
        var skip = new Option<bool>("--skip-invalid") { Description = "Leave out the rows that break the rules. Default: one such row, and nothing is imported." };
        var dryRun = new Option<bool>("--dry-run") { Description = $"Check every row and say what would be imported, and what is there already. Default: import it." };
        var duplicates = new Option<bool>("--allow-duplicates")
        {
            Description = "Record also what the book or its trash has already: as many expenses of the same day, amount, currency and description. Default: leave it out.",
        };
        var currency = Options.Currency("The currency of rows that name none: a code of ISO 4217, like EUR. Default: yours.");
        verb.Add(file);
        verb.Add(skip);
        verb.Add(dryRun);
        verb.Add(duplicates);
        verb.Add(currency);
        verb.SetAction(async (parsed, token) =>
        {
            var options = new ImportOptions
            {
                SkipInvalid = parsed.GetValue(skip),
                DryRun = parsed.GetValue(dryRun),
                AllowDuplicates = parsed.GetValue(duplicates),
                Currency = parsed.GetValue(currency) is { } code ? CurrencyOf(code) : null,
            };
            try
            {
                WriteReport(cli, await ImportAsync(cli, parsed.GetValue(file)!, options, token), options);
            }
            catch (OperationCanceledException e)
            {
                throw new AppException(ErrorCode.Cancelled, "Cancelled. Nothing was imported.", e);
            }
            catch (AppException e) when (e.Code is ErrorCode.Unavailable)
            {
                throw new AppException(e.Code, $"{e.Message} Nothing was imported.", e);
            }
            catch (AppException e) when (e.Code is ErrorCode.OutcomeUnknown && !options.AllowDuplicates)
            {
                throw new AppException(e.Code, e.Message, e) { Hint = "Import it again: what is there already is left out." };
            }
        });
    }

    private static async Task<ImportReport> ImportAsync(CliContext cli, string file, ImportOptions options, CancellationToken token)
    {
        await using var stream = file == StandardInput ? await CopyInputAsync(cli, token) : Open(file);
        await using var reader = await ImportReader.OpenAsync(stream, file == StandardInput ? "Standard input" : file, cli.Owner, token);
        if (reader.UnknownColumns.Count > 0)
            await cli.TellAsync($"Left out, because no such column is known: {string.Join(", ", reader.UnknownColumns)}");

        var import = new ImportService(await cli.ExpensesAsync(token), cli.Database);
        var size = stream.CanSeek ? stream.Length : (long?)null;
        return await ProgressBar.RunAsync(cli, "Importing", size, async bar =>
        {
            var (faults, known) = (new FirstLines(cli, bar), new FirstLines(cli, bar));
            try
            {
                return await import.ImportAsync(
                    cli.Caller, reader, options, fault => WriteFault(faults, fault), row => WriteKnown(known, row, options),
                    read => bar.Report(size is null ? read : stream.Position), token);
            }
            finally
            {
                faults.End("rows that break the rules");
                known.End("rows");
            }
        });
    }

    private static Currency CurrencyOf(string code) =>
        Currency.TryGet(code.Trim(), out var currency)
            ? currency
            : throw new AppException(ErrorCode.InvalidInput, $"--currency is '{code}': use a code of ISO 4217, like EUR, USD or JPY.");

    /// <summary>
    /// All of standard input, in a file of its own that has no name any more. What writes it may take its time, and nobody else could write
    /// to an embedded database meanwhile.
    /// </summary>
    private static async Task<Stream> CopyInputAsync(CliContext cli, CancellationToken token)
    {
        var copy = PrivateFile.CreateNameless();
        await cli.InStream.CopyToAsync(copy, token);
        copy.Position = 0;
        return copy;
    }

    private static Stream Open(string file)
    {
        if (Directory.Exists(file))
            throw new AppException(ErrorCode.InvalidInput, $"{file} is a folder: name a file in it.");
        try
        {
            return new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0, FileOptions.SequentialScan);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new AppException(ErrorCode.InvalidInput, $"{file} is not there: check the path.", e);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new AppException(ErrorCode.InvalidInput, $"{file} cannot be read: check its permissions.", e);
        }
    }

    private static void WriteFault(FirstLines lines, ImportFault fault) => lines.Write(fault.Reasons.Select(reason => $"line {fault.Line}: {reason}"));

    private static void WriteKnown(FirstLines lines, KnownRow row, ImportOptions options)
    {
        if (options.DryRun)
            lines.Write([$"line {row.Line}: {(row.Place is KnownPlace.Trash ? "in the trash" : "already there")}: {ExpenseOutput.Line(row.Content)}"]);
    }

    private static void WriteReport(CliContext cli, ImportReport report, ImportOptions options)
    {
        WriteLeftOut(cli, report.Invalid, $"that {Plural.Verb(report.Invalid, "breaks", "break")} the rules");
        WriteLeftOut(cli, report.OfOtherOwners, "of other owners");
        WriteLeftOut(cli, report.InTrash, "from the trash");
        var known = report.Known == 0 ? "" : $", {report.Known} {(options.DryRun ? Plural.Verb(report.Known, "is", "are") : Plural.Verb(report.Known, "was", "were"))} already there";
        var deleted = report.Deleted == 0 ? "" : $", {report.Deleted} {Plural.Verb(report.Deleted, "is", "are")} in the trash";
        cli.Out.WriteLine($"{(options.DryRun ? "Would import" : "Imported")} {Plural.Of(report.Imported, "expense")}{known}{deleted}.");
        if (report.Deleted > 0)
            cli.Messages.WriteLine($"What is in the trash was left out: {cli.ProgramName} list --trash shows it, {cli.ProgramName} restore brings it back, --allow-duplicates records it again.");
        foreach (var line in report.Totals)
            cli.Out.WriteLine($"{line.Total} {line.Key} in {Plural.Of(line.Count, "expense")}");
    }

    private static void WriteLeftOut(CliContext cli, long count, string which)
    {
        if (count > 0)
            cli.Messages.WriteLine($"Left out: {Plural.Of(count, "row")} {which}.");
    }
}
