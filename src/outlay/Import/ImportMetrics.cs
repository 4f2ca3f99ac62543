using System.Data.Common;
using System.Diagnostics.Metrics;
using Outlay.Telemetry;

namespace Outlay.Import;

/// <summary>
/// Counts the rows of imports. A verb makes an import and ends, so nobody could ask it: the count is kept in the database, by the transaction of
/// the import, and told by every server. A verb that exports by OTLP tells its own rows there too, as another instance.
/// </summary>
internal static class ImportMetrics
{
    private const string Name = "outlay.import.rows", Unit = "{row}", Description = "Rows of imports, by what became of them; kept in the database";

    private static readonly Lazy<Counter<long>> s_rows = new(() => Signals.Meter.CreateCounter<long>(Name, Unit, Description));

    /// <summary>What became of a row, with the name of its figure.</summary>
    private static readonly (string Result, string Figure, Func<ImportReport, long> Count)[] s_results =
    [
        ("imported", "import_rows_imported", report => report.Imported),
        ("duplicate", "import_rows_duplicate", report => report.Known),
        ("invalid", "import_rows_invalid", report => report.Invalid),
    ];

    /// <summary>Keeps the counts of an import, in its own transaction.</summary>
    public static async Task KeepAsync(DbConnection connection, ImportReport report, CancellationToken token)
    {
        foreach (var (_, figure, count) in s_results)
        {
            if (count(report) > 0)
                await FigureStore.AddAsync(connection, figure, count(report), token);
        }
    }

    /// <summary>An import of this process was stored.</summary>
    public static void Imported(ImportReport report)
    {
        foreach (var (result, _, count) in s_results)
            s_rows.Value.Add(count(report), Tag(result));
    }

    /// <summary>Tells what is kept.</summary>
    public static void Observe(Meter meter, StoredFigures figures) => meter.CreateObservableCounter(Name, () => figures.Now is { } now
        ? s_results.Select(result => new Measurement<long>(now.Kept.GetValueOrDefault(result.Figure), Tag(result.Result)))
        : [], Unit, Description);

    private static KeyValuePair<string, object?> Tag(string result) => new("result", result);
}
