using CsvHelper;
using Outlay.Export;

namespace Outlay.Cli;

/// <summary>Writes CSV to stdout: a header, then rows whose text is safe in a spreadsheet.</summary>
internal static class CsvOutput
{
    private static readonly CsvWriterOptions s_options = new() { NewLine = "\n" };

    public static async Task WriteAsync(CliContext cli, string[] header, IEnumerable<string[]> rows, CancellationToken token)
    {
        await using var csv = CsvWriter.Create(cli.OutStream, s_options, leaveOpen: true);
        csv.WriteHeader(header);
        foreach (var row in rows)
            await csv.WriteRecordAsync([.. row.Select(FormulaGuard.Defuse)], token);
        await csv.FlushAsync(token);
    }
}
