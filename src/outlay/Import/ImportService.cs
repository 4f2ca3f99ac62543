using System.Runtime.CompilerServices;
using Outlay.Expenses;

namespace Outlay.Import;

/// <summary>How to import.</summary>
internal sealed record ImportOptions
{
    /// <summary>Leave rows out that break the rules, instead of importing nothing.</summary>
    public bool SkipInvalid { get; init; }

    /// <summary>Check everything and write nothing.</summary>
    public bool DryRun { get; init; }

    /// <summary>What amounts of rows that name no currency are in; null for the currency of the owner.</summary>
    public Currency? Currency { get; init; }
}

/// <summary>Checks the rows of a file against the rules of an expense, and records them: all or nothing.</summary>
internal sealed class ImportService(ExpenseService expenses)
{
    /// <summary>How many rows lie between two reports of progress.</summary>
    private const int ProgressStep = 1000;

    /// <summary>
    /// Imports in one transaction, at constant memory. Every row that breaks the rules is reported; unless those are skipped,
    /// nothing is imported then and <see cref="ErrorCode.InvalidInput"/> is thrown after the last row. Cancelling imports nothing.
    /// </summary>
    /// <param name="onFault">Told of each row that breaks the rules, when it is read; on another thread than the caller's.</param>
    /// <param name="onProgress">Told now and then how many rows were read, likewise; null for nobody.</param>
    public async Task<ImportReport> ImportAsync(
        Caller caller, ImportReader reader, ImportOptions options, Action<ImportFault> onFault, Action<long>? onProgress, CancellationToken token)
    {
        var currency = options.Currency ?? await expenses.CurrencyAsync(caller.Owner, token);
        var report = new ImportReport();
        var good = CheckAsync(reader, currency, options, report, onFault, onProgress, token);
        if (options.DryRun)
            await foreach (var content in good)
                _ = content;
        else
            await expenses.AddManyAsync(caller, good, token);
        return report;
    }

    /// <summary>The rows that are good, until a bad one decides that none is imported; then the rest is only checked.</summary>
    private static async IAsyncEnumerable<ExpenseContent> CheckAsync(
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
                report.CountImported(content);
                if (report.Invalid == 0 || options.SkipInvalid)
                    yield return content;
            }
            else
            {
                report.CountInvalid();
                onFault(fault!);
            }
        }

        if (report.Invalid > 0 && !options.SkipInvalid)
            throw new AppException(ErrorCode.InvalidInput,
                $"{report.Invalid} of {Plural.Of(report.Read, "row")} {Plural.Verb(report.Invalid, "breaks", "break")} the rules, nothing was imported: correct {Plural.Verb(report.Invalid, "it, or leave it", "them, or leave them")} out with --skip-invalid.");
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
}
