using System.Globalization;
using System.Text;

namespace Outlay.Bench;

/// <summary>The results as Markdown.</summary>
internal static class Report
{
    /// <summary>What was run, and on what.</summary>
    public static string Head(BenchOptions options, IReadOnlyList<(string Name, string Value)> machine)
    {
        var text = new StringBuilder();
        text.AppendLine("# How fast").AppendLine();
        text.AppendLine(CultureInfo.InvariantCulture, $"Made by `{options.Command}`, with seed {SampleExpenses.Seed}. The servers of all sizes ran at once and took turns, so");
        text.AppendLine("that the ratios between them hold on a machine that does other things too. Client and server share it.").AppendLine();
        foreach (var (name, value) in machine)
            text.AppendLine(CultureInfo.InvariantCulture, $"- {name}: {value}");
        return text.ToString();
    }

    /// <summary>What was measured on one engine, and whether the promises were kept there.</summary>
    public static string Of(string engine, IReadOnlyList<int> sizes, Results results)
    {
        var text = new StringBuilder();
        text.AppendLine().AppendLine(CultureInfo.InvariantCulture, $"## {engine}").AppendLine();
        Row("", [.. sizes.Select(size => $"{size:N0} expenses"), ""]);
        Row(":--", [.. sizes.Select(_ => "--:"), ":--"]);
        foreach (var measure in Measure.All)
            Row(measure.Name, [.. sizes.Select(size => Number(results[measure, size])), measure.Unit]);

        text.AppendLine();
        Row("promise", "aim", "measured", "", "the original");
        Row(":--", "--:", "--:", ":--", ":--");
        foreach (var promise in Promise.Of(engine, sizes))
        {
            var value = promise.Value(results);
            Row(promise.Work, promise.Aim, $"{Number(value)} {promise.Unit}", promise.IsMet(value) ? "met" : "**missed**", promise.Original);
        }

        return text.ToString();

        void Row(string name, params string[] cells) => text.AppendLine(CultureInfo.InvariantCulture, $"| {name} | {string.Join(" | ", cells)} |");
    }

    /// <summary>Three figures that count.</summary>
    private static string Number(double value) => value.ToString(value switch { < 10 => "0.00", < 100 => "0.0", _ => "#,0" }, CultureInfo.InvariantCulture);
}
