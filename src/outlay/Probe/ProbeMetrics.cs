using System.Diagnostics.Metrics;
using Outlay.Telemetry;

namespace Outlay.Probe;

/// <summary>Counts journeys and measures their steps.</summary>
internal sealed class ProbeMetrics
{
    private static readonly TimeSpan s_grace = TimeSpan.FromMinutes(1);

    private static readonly Counter<long> s_journeys = Signals.Meter.CreateCounter<long>("outlay.probe.journeys", "{journey}", "Journeys, by how they ended");

    private static readonly Histogram<double> s_duration = Signals.Meter.CreateHistogram("outlay.probe.journey.duration", "s",
        "How long the steps of a journey took, and the whole of it", advice: new InstrumentAdvice<double>
        {
            HistogramBucketBoundaries = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10],
        });

    private readonly TimeSpan _longestWait;
    private readonly TimeProvider _clock;
    private DateTimeOffset? _lastSuccess;
    /// <summary>In milliseconds since 1970.</summary>
    private long _due;
    private long _since;

    /// <param name="interval">From the start of one journey to the start of the next.</param>
    public ProbeMetrics(Journey journey, TimeSpan interval, TimeProvider clock)
    {
        (_longestWait, _clock) = (interval + journey.LongestDuration, clock);
        ExpectNext();
        Signals.Meter.CreateObservableGauge("outlay.probe.journey.due.timestamp", () => Interlocked.Read(ref _due) / 1000.0, "s", "When the next journey is over at the latest, in seconds since 1970");
        Signals.Meter.CreateObservableGauge("outlay.probe.last_success.timestamp", () => Told(_lastSuccess), "s", "When a journey last went well, in seconds since 1970");
        Signals.Meter.CreateObservableGauge("outlay.probe.certificate.not_after.timestamp", () => Told(journey.CertificateNotAfter), "s",
            "When the certificate ends that the service shows, in seconds since 1970");
        // Both are there from the start, so that the first failure shows as a change.
        Count("success", 0);
        Count("failure", 0);
    }

    /// <summary>Whether a journey that should be over by far is not, whatever keeps it: no step takes that long.</summary>
    public bool IsStuck => _clock.GetElapsedTime(Interlocked.Read(ref _since)) > _longestWait + s_grace;

    public static void Took(string step, TimeSpan duration) => s_duration.Record(duration.TotalSeconds, new KeyValuePair<string, object?>("step", step));

    public void Succeeded()
    {
        _lastSuccess = _clock.GetUtcNow();
        Count("success", 1);
        ExpectNext();
    }

    public void Failed()
    {
        Count("failure", 1);
        ExpectNext();
    }

    private void ExpectNext()
    {
        // A clock that is set must not look like a journey that hangs.
        Interlocked.Exchange(ref _since, _clock.GetTimestamp());
        Interlocked.Exchange(ref _due, (_clock.GetUtcNow() + _longestWait).ToUnixTimeMilliseconds());
    }

    private static void Count(string result, long count) => s_journeys.Add(count, new KeyValuePair<string, object?>("result", result));

    private static IEnumerable<Measurement<double>> Told(DateTimeOffset? time) =>
        time is { } known ? [new Measurement<double>(known.ToUnixTimeMilliseconds() / 1000.0)] : [];
}
