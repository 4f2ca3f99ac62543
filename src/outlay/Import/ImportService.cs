using System.Data.Common;
using System.Runtime.CompilerServices;
using Outlay.Expenses;
using Outlay.Storage;
using Outlay.Telemetry;

namespace Outlay.Import;

/// <summary>How to import.</summary>
internal sealed record ImportOptions
{
    /// <summary>Leave rows out that break the rules, instead of importing nothing.</summary>
    public bool SkipInvalid { get; init; }

    /// <summary>Check everything and write nothing.</summary>
    public bool DryRun { get; init; }

    /// <summary>Record also what the book has already, or what was deleted.</summary>
    public bool AllowDuplicates { get; init; }

    /// <summary>What amounts of rows that name no currency are in; null for the currency of the owner.</summary>
    public Currency? Currency { get; init; }
}

/// <summary>A row that is not recorded again.</summary>
/// <param name="Line">The line of the file, from 1, where the row begins.</param>
internal sealed record KnownRow(long Line, ExpenseContent Content, KnownPlace Place);

/// <summary>Checks the rows of a file against the rules of an expense, and records those that the book does not have: all or nothing.</summary>
internal sealed class ImportService(ExpenseService expenses, Database database)
{
    /// <summary>How many rows lie between two reports of progress.</summary>
    private const int ProgressStep = 1000;

    /// <summary>
    /// Imports in one transaction. Every row that breaks the rules is reported; unless those are skipped,
    /// nothing is imported then and <see cref="ErrorCode.InvalidInput"/> is thrown after the last row. Cancelling imports nothing.
    /// </summary>
    /// <param name="onFault">Told of each row that breaks the rules, when it is read; on another thread than the caller's.</param>
    /// <param name="onKnown">Told of each row that is left out, because the book has it or it was deleted.</param>
    /// <param name="onProgress">Told now and then how many rows were read, as <paramref name="onFault"/> is; null for nobody.</param>
    public async Task<ImportReport> ImportAsync(
        Caller caller, ImportReader reader, ImportOptions options, Action<ImportFault> onFault, Action<KnownRow> onKnown, Action<long>? onProgress,
        CancellationToken token)
    {
        using var span = Signals.Source.StartActivity("import");
        var currency = options.Currency ?? await expenses.CurrencyAsync(caller.Owner, token);
        var report = new ImportReport();
        var known = options.AllowDuplicates ? null : new KnownExpenses(caller.Owner);
        var good = CheckAsync(reader, currency, options, report, onFault, onProgress, token);
        if (options.DryRun)
        {
            await database.SnapshotAsync(OwnerScope.Of(caller.Owner), async connection =>
            {
                await foreach (var batch in good.InBatchesAheadAsync(ExpenseService.BatchSize, token))
                    await ChooseAsync(connection, batch);
                return report;
            }, token);
        }
        else
        {
            await expenses.AddManyAsync(caller, good, ChooseAsync, connection => ImportMetrics.KeepAsync(connection, report, token), token);
            ImportMetrics.Imported(report);
        }

        return report;

        async Task<IReadOnlyList<ExpenseContent>> ChooseAsync(DbConnection connection, GoodRow[] batch)
        {
            var fresh = new List<ExpenseContent>(batch.Length);
            if (known is not null)
                await known.LoadAsync(connection, batch.Min(row => row.Content.Date), batch.Max(row => row.Content.Date), token);
            foreach (var (line, content) in batch)
            {
                if (known?.Match(content) is { } place and not KnownPlace.None)
                {
                    report.CountKnown(place);
                    onKnown(new KnownRow(line, content, place));
                }
                else
                {
                    report.CountImported(content);
                    fresh.Add(content);
                }
            }

            return fresh;
        }
    }

    /// <summary>The rows that are good, until a bad one decides that none is imported; then the rest is only checked.</summary>
    private static async IAsyncEnumerable<GoodRow> CheckAsync(
        ImportReader reader, Currency currency, ImportOptions options, ImportReport report,
        Action<ImportFault> onFault, Action<long>? onProgress, [EnumeratorCancellation] CancellationToken token)
    {
        await foreach (var row in reader.ReadAsync(token))
        {
            token.ThrowIfCancellationRequested();
            if (report.Read % ProgressStep == 0)
                onProgress?.Invoke(report.Read);
            if (row.LeftOut is { } reason)
            {
                report.CountLeftOut(reason);
            }
            else if (Check(row, currency, out var fault) is { } content)
            {
                report.CountGood();
                if (report.Invalid == 0 || options.SkipInvalid)
                    yield return new GoodRow(row.Line, content);
            }
            else
            {
                report.CountInvalid();
                onFault(fault!);
            }
        }

        if (report.Invalid > 0 && !options.SkipInvalid)
            throw new AppException(ErrorCode.InvalidInput,
                $"{(report.Read == 1 ? "The only row" : $"{report.Invalid} of {report.Read} rows")} {Plural.Verb(report.Invalid, "breaks", "break")} the rules, nothing was imported: correct {Plural.Verb(report.Invalid, "it, or leave it", "them, or leave them")} out with --skip-invalid.");
    }

    private static ExpenseContent? Check(ImportRow row, Currency currency, out ImportFault? fault)
    {
        fault = row.Fault;
        if (row.Draft is not { } draft)
            return null;
        var faults = new Faults();
        var content = ExpenseRules.Check(draft, currency, faults);
        if (content is null)
            fault = ImportFault.Of(row.Line, faults.ByField);
        return content;
    }

    /// <summary>A row that keeps the rules, with its line in the file.</summary>
    private sealed record GoodRow(long Line, ExpenseContent Content);
}
