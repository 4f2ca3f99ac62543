using System.Globalization;
using System.Text;

namespace Outlay.Bench;

/// <summary>The results as Markdown.</summary>
internal sealed class Report(BenchOptions options, string arguments, IReadOnlyList<(string Name, string Value)> machine)
{
    private readonly StringBuilder _engines = new();

    /// <summary>Adds what was measured on one engine.</summary>
    public void Add(string engine, Results results)
    {
        _engines.AppendLine().AppendLine(CultureInfo.InvariantCulture, $"## {engine}").AppendLine();
        AppendRow(["", .. options.Sizes.Select(size => $"{size:N0} expenses"), ""]);
        AppendRow([":--", .. options.Sizes.Select(_ => "--:"), ":--"]);
        foreach (var measure in Measure.All)
            AppendRow([measure.Name, .. options.Sizes.Select(size => Number(results[measure, size])), measure.Unit]);

        _engines.AppendLine();
        AppendRow(["promise", "aim", "measured", "", "the original"]);
        AppendRow([":--", "--:", "--:", ":--", ":--"]);
        foreach (var promise in Promise.Of(engine, options.Sizes))
        {
            var value = promise.Value(results);
            AppendRow([promise.Work, promise.Aim, $"{Number(value)} {promise.Unit}".Trim(), promise.IsMet(value) ? "met" : "**missed**", promise.Original]);
        }
    }

    public override string ToString()
    {
        var text = new StringBuilder();
        text.AppendLine("# How fast").AppendLine();
        text.AppendLine(CultureInfo.InvariantCulture, $"Made by `./bench/run {arguments}`, with seed {SampleExpenses.Seed}. Ratios were taken side by side: the servers of all sizes ran");
        text.AppendLine("at once and took turns. Client and server share the machine.").AppendLine();
        foreach (var (name, value) in machine)
            text.AppendLine(CultureInfo.InvariantCulture, $"- {name}: {value}");
        return text.Append(_engines).ToString();
    }

    private void AppendRow(IEnumerable<string> cells) => _engines.AppendLine(CultureInfo.InvariantCulture, $"| {string.Join(" | ", cells)} |");

    /// <summary>Three figures that count.</summary>
    private static string Number(double value) => value.ToString(Math.Abs(value) switch { < 10 => "0.00", < 100 => "0.0", _ => "#,0" }, CultureInfo.InvariantCulture);
}
