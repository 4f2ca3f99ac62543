using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Outlay.Telemetry;

namespace Outlay.Backup;

/// <summary>
/// Tells how old the backups are, from what lies in the places where they are kept: also after a restart, and of those that a verb has
/// made. A place that does not answer keeps what was last known of it.
/// </summary>
internal sealed partial class BackupFigures
{
    /// <summary>How long what was seen in the places is told again.</summary>
    private static readonly TimeSpan s_maxAge = TimeSpan.FromSeconds(30);

    private readonly BackupCatalog _catalog;
    private readonly BackupStatus _status;
    private readonly ILogger _logger;
    private readonly Refresh _refresh;
    private readonly ConcurrentDictionary<string, DateTimeOffset> _newest = new();
    private DateTimeOffset? _verified;
    private long? _size;

    public BackupFigures(IMeterFactory meters, BackupCatalog catalog, BackupStatus status, TimeProvider clock, ILogger<BackupFigures> logger)
    {
        (_catalog, _status, _logger, _refresh) = (catalog, status, logger, new Refresh(s_maxAge, LookAsync, clock));
        var meter = meters.OfHost();
        meter.CreateObservableGauge("outlay.backup.last_success.timestamp", Successes, "s",
            "When a place was last known to keep a verified backup of the present state, in seconds since 1970");
        meter.CreateObservableGauge("outlay.backup.last_verified.timestamp", Verified, "s",
            "When the last verified backup was made, or a verified one was last found to hold the present state, in seconds since 1970");
        meter.CreateObservableGauge("outlay.backup.size", () => StoredFigures.Told(_status.Last.File is null ? _size : _status.Last.Size), "By", "The size of the newest backup on this machine");
    }

    /// <summary>Looks again unless it has just been done. Does not throw when a place does not answer.</summary>
    public Task RefreshAsync() => _refresh.RunAsync();

    private IEnumerable<Measurement<double>> Successes()
    {
        foreach (var destination in _catalog.All)
        {
            if (Newer(_status.KeptAt(destination), _newest.TryGetValue(destination.Kind, out var seen) ? seen : null) is { } time)
                yield return new Measurement<double>(Seconds(time), new KeyValuePair<string, object?>("destination", destination.Kind));
        }
    }

    private IEnumerable<Measurement<double>> Verified() =>
        Newer(_status.LastSuccess, _verified) is { } time ? [new Measurement<double>(Seconds(time))] : [];

    private static DateTimeOffset? Newer(DateTimeOffset? one, DateTimeOffset? other) => one is null || other > one ? other : one;

    private static double Seconds(DateTimeOffset time) => time.ToUnixTimeMilliseconds() / 1000.0;

    private async Task LookAsync(CancellationToken token)
    {
        foreach (var destination in _catalog.All)
        {
            try
            {
                var isNewest = true;
                await foreach (var (backup, _) in _catalog.OwnAsync(destination, token))
                {
                    if (_catalog.IsInTheFuture(backup.Time))
                        continue;
                    if (destination == _catalog.Disk && isNewest)
                        _size = backup.Size;
                    isNewest = false;
                    if (backup.Verdict is not BackupVerdict.Verified)
                        continue;
                    _newest[destination.Kind] = backup.Time;
                    if (destination == _catalog.Disk)
                        _verified = backup.Time;
                    break;
                }
            }
            catch (Exception e)
            {
                // A backup that cannot be kept there is counted, told by /readyz and logged as an error.
                PlaceNotSeen(_logger, destination.Name, SafeException.Of(e).Reason);
            }
        }
    }

    [LoggerMessage(LogLevel.Debug, "What backups {Destination} keeps cannot be seen now: {Reason}")]
    private static partial void PlaceNotSeen(ILogger logger, string destination, string reason);
}
