using Outlay.Cli;
using Outlay.History;

namespace Outlay.Reports;

/// <summary>How a diagnosis is written to stdout.</summary>
internal static class DiagnosisOutput
{
    public static void Write(CliContext cli, Diagnosis diagnosis)
    {
        cli.Out.WriteLine($"database: {diagnosis.Damage ?? "intact"}");
        cli.Out.WriteLine($"expenses: {diagnosis.Expenses}{(diagnosis.InTrash > 0 ? $", {diagnosis.InTrash} in the trash" : "")}");
        var wrong = diagnosis.Mismatches.Count;
        cli.Out.WriteLine(wrong == 0 ? "totals: agree with the expenses" : $"totals: {wrong} {Plural.Verb(wrong, "does", "do")} not agree with the expenses");

        var table = new Table(cli, new("OWNER"), new("MONTH"), new("CURRENCY"), new("CATEGORY"),
            new("KEPT", Right: true), new("COUNT", Right: true), new("RECOMPUTED", Right: true), new("COUNT", Right: true));
        foreach (var (owner, key, kept, keptCount, recomputed, recomputedCount) in diagnosis.Mismatches)
            table.Add(owner, key.Month == TotalsKey.AllMonths ? "all" : key.Month, key.Currency, key.CategoryKey, $"{kept}", $"{keptCount}", $"{recomputed}", $"{recomputedCount}");
        table.Flush();
    }

    public static void Write(CliContext cli, HistoryReport report) =>
        cli.Out.WriteLine(report.Fault is { } fault ? $"history: {fault}" : $"history: as it was written ({Plural.Of(report.Changes, "change")}, {Plural.Of(report.Rows, "version")})");
}
