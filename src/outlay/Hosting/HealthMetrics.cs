using System.Diagnostics.Metrics;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Outlay.Telemetry;

namespace Outlay.Hosting;

/// <summary>Tells in figures what /readyz tells in words.</summary>
internal sealed class HealthMetrics
{
    private readonly Readiness _readiness;
    private readonly IReadOnlyList<Volume> _volumes;

    public HealthMetrics(IMeterFactory meters, Readiness readiness, Settings settings)
    {
        (_readiness, _volumes) = (readiness, Volume.Of(settings));
        var meter = meters.OfHost();
        meter.CreateObservableGauge("outlay.database.up", () => StoredFigures.Told(IsUp()), "", "Whether the database answers: 1 or 0");
        meter.CreateObservableGauge("outlay.health.status", Statuses, "", "What each check of /readyz says: 1 ok, 0.5 degraded, 0 unavailable");
        meter.CreateObservableGauge("outlay.disk.free", () => Measure(disk => disk.Free), "By", "Bytes that can still be written, by disk");
        meter.CreateObservableGauge("outlay.disk.size", () => Measure(disk => disk.Size), "By", "Bytes that the disk holds in all");
    }

    /// <summary>Checks again unless it has just been done. Does not throw when something is wrong.</summary>
    // Nobody cancels it: probes wait for the same check.
    public Task RefreshAsync() => _readiness.CheckAsync(CancellationToken.None);

    private long? IsUp() => _readiness.Last is { } last ? (last.Entries[HealthEndpoints.Database].Status is HealthStatus.Unhealthy ? 0 : 1) : null;

    private IEnumerable<Measurement<double>> Statuses() => _readiness.Last?.Entries.Select(entry =>
        new Measurement<double>((int)entry.Value.Status / 2.0, new KeyValuePair<string, object?>("check", entry.Key))) ?? [];

    private List<Measurement<long>> Measure(Func<(long Free, long Size), long> choose)
    {
        var all = new List<Measurement<long>>();
        foreach (var volume in _volumes)
        {
            try
            {
                all.Add(new Measurement<long>(choose(volume.Measure()), new KeyValuePair<string, object?>("volume", volume.Name)));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // A disk that cannot be measured has no figure; /readyz says why.
            }
        }

        return all;
    }
}
