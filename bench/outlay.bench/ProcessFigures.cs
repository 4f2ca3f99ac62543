using System.Diagnostics;
using System.Globalization;

namespace Outlay.Bench;

/// <summary>What the kernel says about a process (Linux, /proc).</summary>
internal static class ProcessFigures
{
    private static readonly TimeSpan s_glance = TimeSpan.FromMilliseconds(500);

    /// <summary>The memory that a process holds, in MB of 10^6 bytes.</summary>
    public static double ResidentMemory(Process process) => Memory(process, "VmRSS:");

    /// <summary>The most memory that a process has held so far, in MB of 10^6 bytes; 0 once it has ended.</summary>
    public static double PeakMemory(Process process)
    {
        try
        {
            return Memory(process, "VmHWM:");
        }
        catch (Exception e) when (e is IOException or InvalidOperationException)
        {
            return 0;
        }
    }

    /// <summary>Waits until a process does nothing any more.</summary>
    public static async Task WaitUntilIdleAsync(Process process, CancellationToken token)
    {
        for (var (before, now) = (TimeSpan.MinValue, Time(process)); now != before; (before, now) = (now, Time(process)))
            await Task.Delay(s_glance, token);
    }

    private static TimeSpan Time(Process process)
    {
        process.Refresh();
        return process.TotalProcessorTime;
    }

    private static double Memory(Process process, string field)
    {
        var line = File.ReadLines($"/proc/{process.Id}/status").First(line => line.StartsWith(field, StringComparison.Ordinal));
        var kilobytes = line[field.Length..].Replace("kB", "", StringComparison.Ordinal).Trim();
        return long.Parse(kilobytes, NumberStyles.None, CultureInfo.InvariantCulture) * 1024 / 1e6;
    }
}
