using Outlay.Cli;

namespace Outlay.Reports;

/// <summary>How a summary is written to stdout.</summary>
internal static class SummaryOutput
{
    public static async Task WriteAsync(CliContext cli, OutputFormat format, Summary summary, SummaryGroup? group, CancellationToken token)
    {
        switch (format)
        {
            case OutputFormat.Json:
                await JsonOutput.WriteAsync(cli, writer => SummaryJson.Write(writer, summary), token);
                break;
            case OutputFormat.Csv:
                string[] header = [group is { } by ? Name(by) : "totals", "currency", "total", "count"];
                await CsvOutput.WriteAsync(cli, header, (summary.Groups ?? summary.Totals).Select(Cells), token);
                break;
            default:
                WriteTable(cli, summary, group);
                break;
        }
    }

    private static void WriteTable(CliContext cli, Summary summary, SummaryGroup? group)
    {
        var table = new Table(cli, new(group is { } by ? Name(by).ToUpperInvariant() : ""), new("CURRENCY"), new("TOTAL", Right: true), new("COUNT", Right: true));
        foreach (var line in summary.Groups ?? [])
            table.Add(Cells(line));
        foreach (var line in Totals(summary))
            table.Add(Cells(line with { Key = "Total" }));
        table.Flush();
    }

    private static string[] Cells(SummaryLine line) => [line.Key, line.Total.Currency.Code, line.Total.ToString(), $"{line.Count}"];

    private static string Name(SummaryGroup group) => $"{group}".ToLowerInvariant();

    /// <summary>The sum in the owner's currency first, even when it is zero.</summary>
    private static IEnumerable<SummaryLine> Totals(Summary summary) =>
    [
        new(summary.Total.Currency.Code, summary.Total, summary.Count),
        .. summary.Totals.Where(line => line.Total.Currency != summary.Total.Currency),
    ];
}
