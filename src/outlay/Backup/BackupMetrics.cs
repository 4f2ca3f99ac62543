using System.Diagnostics.Metrics;
using Outlay.Telemetry;

namespace Outlay.Backup;

/// <summary>Measures the backups of this process: what a run took, and what failed.</summary>
internal static class BackupMetrics
{
    private static readonly Gauge<double> s_duration = Signals.Meter.CreateGauge<double>("outlay.backup.duration", "s", "How long each phase of the last backup took");

    private static readonly Counter<long> s_failures = Signals.Meter.CreateCounter<long>("outlay.backup.failures", "{backup}", "Backups that could not be made or kept, by place");

    private static readonly Counter<long> s_notVerified = Signals.Meter.CreateCounter<long>("outlay.backup.verification_failures", "{backup}", "Backups that were not found good when they were restored");

    /// <summary>Makes every series be there from the start.</summary>
    public static void Begin(BackupCatalog catalog)
    {
        foreach (var destination in catalog.All)
            s_failures.Add(0, Tag(destination));
        s_notVerified.Add(0);
    }

    /// <param name="phase">write, verify or copy.</param>
    public static void Took(string phase, TimeSpan duration) => s_duration.Record(duration.TotalSeconds, new KeyValuePair<string, object?>("phase", phase));

    public static void Failed(IBackupDestination destination) => s_failures.Add(1, Tag(destination));

    public static void NotVerified() => s_notVerified.Add(1);

    private static KeyValuePair<string, object?> Tag(IBackupDestination destination) => new("destination", destination.Kind);
}
