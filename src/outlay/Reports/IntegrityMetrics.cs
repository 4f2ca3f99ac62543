using System.Data.Common;
using System.Diagnostics.Metrics;
using Outlay.Telemetry;

namespace Outlay.Reports;

/// <summary>What the last self-check found, of whichever instance made it: kept in the database, told by every server.</summary>
internal static class IntegrityMetrics
{
    private const string LastRun = "integrity_check_last_run", Duration = "integrity_check_duration_ms", Mismatches = "totals_mismatches", Faults = "history_faults";

    /// <summary>When the last check ended; null when there was none.</summary>
    public static async Task<DateTimeOffset?> LastRunAsync(DbConnection connection, CancellationToken token) =>
        (await FigureStore.AllAsync(connection, token)).TryGetValue(LastRun, out var seconds) ? DateTimeOffset.FromUnixTimeSeconds(seconds) : null;

    public static async Task KeepAsync(DbConnection connection, IntegrityResult result, CancellationToken token)
    {
        await FigureStore.SetAsync(connection, LastRun, result.Time.ToUnixTimeSeconds(), token);
        await FigureStore.SetAsync(connection, Duration, (long)result.Duration.TotalMilliseconds, token);
        await FigureStore.SetAsync(connection, Mismatches, result.Mismatches, token);
        await FigureStore.SetAsync(connection, Faults, result.Fault is null ? 0 : 1, token);
    }

    /// <summary>The totals were built anew, in the transaction of <paramref name="connection"/>: nobody has to wait for the next check to hear that they are right.</summary>
    public static Task MendedAsync(DbConnection connection, CancellationToken token) => FigureStore.SetAsync(connection, Mismatches, 0, token);

    /// <param name="interval">How long after a check the next one is made.</param>
    public static void Observe(Meter meter, StoredFigures figures, TimeSpan interval)
    {
        meter.CreateObservableGauge("outlay.totals.mismatches", () => StoredFigures.Told(Kept(Mismatches)), "{row}", "Totals that the last self-check found wrong");
        meter.CreateObservableGauge("outlay.history.faults", () => StoredFigures.Told(Kept(Faults)), "{fault}", "Faults that the last self-check found in the history: it stops at the first");
        meter.CreateObservableGauge("outlay.integrity_check.last_run.timestamp", () => StoredFigures.Told(Kept(LastRun)), "s", "When the last self-check ended, in seconds since 1970");
        meter.CreateObservableGauge("outlay.integrity_check.interval", () => interval.TotalSeconds, "s", "How long after a self-check the next one is made");
        meter.CreateObservableGauge("outlay.integrity_check.duration", () => Kept(Duration) is { } ms ? new[] { new Measurement<double>(ms / 1000.0) } : [], "s", "How long the last self-check took");

        long? Kept(string name) => figures.Now?.Kept.TryGetValue(name, out var value) is true ? value : null;
    }
}

/// <summary>What a self-check found.</summary>
/// <param name="Time">When it ended.</param>
/// <param name="Mismatches">How many totals are not what the expenses add up to.</param>
/// <param name="Fault">The first thing wrong with the history; null when nothing.</param>
internal sealed record IntegrityResult(DateTimeOffset Time, TimeSpan Duration, int Mismatches, History.HistoryFault? Fault);
