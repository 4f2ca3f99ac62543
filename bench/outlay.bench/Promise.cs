using System.Globalization;

namespace Outlay.Bench;

/// <summary>What the project promises about its speed.</summary>
/// <param name="Original">What the system that Outlay re-implements took for it on a machine with 2 cores; empty when not known.</param>
internal sealed record Promise(string Work, double Limit, bool AtLeast, string Unit, string Original, Func<Results, double> Value)
{
    private const double MaxRatio = 1.2;

    public string Aim => string.Create(CultureInfo.InvariantCulture, $"{(AtLeast ? "≥" : "≤")} {Limit:#,0.##} {Unit}");

    public bool IsMet(double value) => AtLeast ? value >= Limit : value <= Limit;

    public static IEnumerable<Promise> Of(string engine, IReadOnlyList<int> sizes)
    {
        var (smallest, largest) = (sizes[0], sizes[^1]);
        foreach (var size in sizes.Skip(1))
        {
            yield return Ratio("POST", Measure.Post, size, "13.7 s");
            yield return Ratio("page of 50", Measure.FirstPage, size, "45 s (the whole list; it had no pages)");
            yield return Ratio("deep page of 50", Measure.DeepPage, size, "");
            yield return Ratio("summary", Measure.Summary, size, "15 s");
        }

        yield return new("POST, 1 connection, smallest book", 96, true, "per second", "96 per second on an empty table", results => results[Measure.PostRate(1), smallest]);
        yield return new("CSV import, largest book", engine == "postgres" ? 100_000 : 50_000, true, "rows/s", "", results => results[Measure.Import, largest]);
        yield return AtMost("idle memory", 80, "MB", [Measure.Idle], sizes);
        yield return AtMost("start to ready", 500, "ms", [Measure.Start], sizes);
        yield return AtMost("slowest CLI verb", 100, "ms", [.. Measure.Verbs.Select(Measure.Verb)], sizes);

        Promise Ratio(string work, Measure measure, int size, string original) =>
            new($"{work}: {size:N0} against {smallest:N0} expenses", MaxRatio, false, "times", size == 1_000_000 && original.Length > 0 ? $"{original} at {size:N0}" : "",
                results => results[measure, size] / results[measure, smallest]);
    }

    private static Promise AtMost(string work, double limit, string unit, IReadOnlyList<Measure> measures, IReadOnlyList<int> sizes) =>
        new(work, limit, false, unit, "", results => sizes.SelectMany(size => measures.Select(measure => results[measure, size])).Max());
}
