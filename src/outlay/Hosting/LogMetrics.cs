using System.Diagnostics.Metrics;
using Outlay.Telemetry;
using Serilog.Core;
using Serilog.Events;

namespace Outlay.Hosting;

/// <summary>Counts what is logged, and what should have been and was not.</summary>
internal sealed class LogMetrics : ILogEventSink
{
    private static readonly Counter<long> s_records = Signals.Meter.CreateCounter<long>("outlay.log.records", "{record}", "Records that were logged, by level");

    private static readonly Counter<long> s_dropped = Signals.Meter.CreateCounter<long>(
        "outlay.log.records_dropped", "{record}", "Records that the log file or the receiver of OTLP misses");

    /// <summary>Makes every series be there from the start.</summary>
    public static void Begin()
    {
        foreach (var level in Enum.GetValues<LogEventLevel>().Where(level => level is not LogEventLevel.Verbose))
            s_records.Add(0, Tag(level));
        s_dropped.Add(0);
    }

    public static void Dropped(long records) => s_dropped.Add(records);

    public void Emit(LogEvent logEvent) => s_records.Add(1, Tag(logEvent.Level));

    private static KeyValuePair<string, object?> Tag(LogEventLevel level) => new("level", JsonLogFormatter.LevelName(level));
}
