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
                await JsonOutput.WriteAsync(cli, writer => SummaryJson.Write(writer, summary));
                break;
            case OutputFormat.Csv:
                await CsvOutput.WriteAsync(cli, [.. Keys(group), "currency", "total", "count"], (summary.Groups ?? summary.Totals).Select(line => Cells(line, group)));
                break;
            default:
                WriteTable(cli, summary, group);
                break;
        }
    }

    private static void WriteTable(CliContext cli, Summary summary, SummaryGroup? group)
    {
        string[] keys = [.. Keys(group)];
        var table = new Table(cli, [.. keys.Select(key => new Column(key.ToUpperInvariant())), new("CURRENCY"), new("TOTAL", Right: true), new("COUNT", Right: true)]);
        foreach (var line in keys.Length > 0 ? summary.Groups! : [])
            table.Add(Cells(line, group));
        foreach (var line in Totals(summary))
            table.Add(Cells(line with { Key = "Total" }, group));
        table.Flush();
    }

    private static string[] Cells(SummaryLine line, SummaryGroup? group) =>
        [.. Keys(group).Select(_ => line.Key), line.Total.Currency.Code, line.Total.ToString(), $"{line.Count}"];

    /// <summary>What stands before the currency: nothing where that is what the sums are broken down by.</summary>
    private static IEnumerable<string> Keys(SummaryGroup? group) => group is null or SummaryGroup.Currency ? [] : [$"{group}".ToLowerInvariant()];

    /// <summary>The sum in the owner's currency first, even when it is zero.</summary>
    private static IEnumerable<SummaryLine> Totals(Summary summary) =>
    [
        new(summary.Total.Currency.Code, summary.Total, summary.Count),
        .. summary.Totals.Where(line => line.Total.Currency != summary.Total.Currency),
    ];
}
