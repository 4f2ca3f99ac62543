using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Outlay.Telemetry;

/// <summary>What the process is doing, under the names of OpenTelemetry's semantic conventions.</summary>
internal sealed class ProcessMetrics
{
    /// <summary>Here as gauges: the runtime's own of these names are counters by mistake (dotnet/runtime 112077).</summary>
    public const string ThreadCount = "dotnet.thread_pool.thread.count", ThreadQueue = "dotnet.thread_pool.queue.length";

    private const string OpenFiles = "/proc/self/fd";

    public ProcessMetrics(IMeterFactory meters, PullExporter exporter, TimeProvider clock)
    {
        var meter = meters.OfHost();
        var start = Start();
        meter.CreateObservableGauge("process.start_time", () => start, "s", "When the process started, in seconds since 1970");
        meter.CreateObservableCounter("process.cpu.time", () => Environment.CpuUsage.TotalTime.TotalSeconds, "s", "Time of processors that the process has used");
        meter.CreateObservableUpDownCounter("process.memory.usage", () => Environment.WorkingSet, "By", "Physical memory that the process holds");
        if (Directory.Exists(OpenFiles))
            meter.CreateObservableUpDownCounter("process.open_file_descriptor.count", () => Directory.GetFileSystemEntries(OpenFiles).Length, "{file_descriptor}", "Files, sockets and pipes that the process has open");
        meter.CreateObservableUpDownCounter(ThreadCount, () => ThreadPool.ThreadCount, "{thread}", "Threads of the thread pool");
        meter.CreateObservableUpDownCounter(ThreadQueue, () => ThreadPool.PendingWorkItemCount, "{work_item}", "Work items that wait for a thread of the pool");
        meter.CreateObservableGauge("outlay.time", () => clock.GetUtcNow().ToUnixTimeMilliseconds() / 1000.0, "s", "The clock of the service, in seconds since 1970: to compare with that of Prometheus");
        meter.CreateObservableGauge("outlay.scrape.duration", () => exporter.LastDuration.TotalSeconds, "s", "How long the last collection of metrics took");
        meter.CreateObservableGauge("outlay.metrics.overflow", () => exporter.Overflow, "{series}", "Series that could not be told apart, or not told at all, in the last collection");
    }

    private static double Start()
    {
        using var process = Process.GetCurrentProcess();
        return new DateTimeOffset(process.StartTime).ToUnixTimeMilliseconds() / 1000.0;
    }
}
