namespace Outlay.Bench;

/// <summary>Repeated measurements of one thing.</summary>
internal static class Samples
{
    public static double Median(IEnumerable<double> values) => Percentile(values, 50);

    /// <summary>The smallest value that is not below the given share of all (nearest rank).</summary>
    public static double Percentile(IEnumerable<double> values, double percent)
    {
        var sorted = values.Order().ToArray();
        return sorted[Math.Max(0, (int)Math.Ceiling(percent / 100 * sorted.Length) - 1)];
    }

    /// <summary>
    /// Lets the targets take turns, and gathers what each yields: whatever else the machine does in the meantime is shared by
    /// all, so that the ratios between them hold.
    /// </summary>
    public static async Task<IReadOnlyList<(T Target, List<double> Values)>> TakeTurnsAsync<T>(
        IReadOnlyList<T> targets, int rounds, Func<T, Task<IEnumerable<double>>> round)
    {
        var gathered = targets.Select(target => (Target: target, Values: new List<double>())).ToList();
        for (var i = 0; i < rounds; i++)
        {
            foreach (var (target, values) in gathered)
                values.AddRange(await round(target));
        }

        return gathered;
    }
}
