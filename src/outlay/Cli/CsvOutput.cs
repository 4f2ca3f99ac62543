using CsvHelper;
using Outlay.Export;

namespace Outlay.Cli;

/// <summary>Writes CSV to stdout: a header, then rows whose text is safe in a spreadsheet.</summary>
internal static class CsvOutput
{
    private static readonly CsvWriterOptions s_options = new() { NewLine = "\n" };

    /// <summary>Writes rows that are there, also when the verb was cancelled meanwhile: they may be what was done before.</summary>
    public static async Task WriteAsync(CliContext cli, string[] header, IEnumerable<string[]> rows)
    {
        await using var csv = CsvWriter.Create(cli.OutStream, s_options, leaveOpen: true);
        csv.WriteHeader(header);
        foreach (var row in rows)
            // They may tell what was done.
            await csv.WriteRecordAsync([.. row.Select(FormulaGuard.Defuse)], CancellationToken.None);
        // As the rows.
        await csv.FlushAsync(CancellationToken.None);
    }
}
