using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Outlay.Bench;

/// <summary>What the figures were taken on.</summary>
internal static class Machine
{
    private const int Syncs = 200;

    public static async Task<IReadOnlyList<(string Name, string Value)>> DescribeAsync(BenchOptions options, CancellationToken token)
    {
        var facts = new List<(string, string)>
        {
            ("date", TimeProvider.System.GetUtcNow().ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture)),
            ("machine", $"{Field("/proc/cpuinfo", "model name")}, {Environment.ProcessorCount} cores, {GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 1e9:F0} GB, {RuntimeInformation.OSDescription}"),
            ("write and flush 4 KiB", string.Create(CultureInfo.InvariantCulture, $"{FlushTime():F2} ms (p50): no durable write is faster")),
            ("versions", $"outlay {Product.Version}, {RuntimeInformation.FrameworkDescription}"),
        };
        foreach (var engine in options.Engines)
            facts.Add((engine, await Book.EngineVersionAsync(options, engine, token)));
        return facts;
    }

    private static string Field(string file, string name) =>
        File.Exists(file) && File.ReadLines(file).FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal)) is { } line
            ? line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim()
            : "unknown";

    /// <summary>What the disk of the books takes to keep a small write, in milliseconds.</summary>
    private static double FlushTime()
    {
        var path = Path.GetTempFileName();
        try
        {
            using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Write);
            var page = new byte[4096];
            var times = new double[Syncs];
            for (var i = 0; i < Syncs; i++)
            {
                var clock = Stopwatch.StartNew();
                RandomAccess.Write(file, page, (long)i * page.Length);
                RandomAccess.FlushToDisk(file);
                times[i] = clock.Elapsed.TotalMilliseconds;
            }

            return Samples.Median(times);
        }
        finally
        {
            File.Delete(path);
        }
    }
}
