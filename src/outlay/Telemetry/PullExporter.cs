using OpenTelemetry;
using OpenTelemetry.Metrics;

namespace Outlay.Telemetry;

/// <summary>
/// Hands out metrics to whoever asks: one collection at a time, and the same answer to all who ask within <see cref="MaxAge"/>.
/// </summary>
[ExportModes(ExportModes.Pull)]
internal sealed class PullExporter(TimeProvider clock) : BaseExporter<Metric>, IPullMetricExporter
{
    /// <summary>How long an answer is given again.</summary>
    public static readonly TimeSpan MaxAge = TimeSpan.FromMilliseconds(300);

    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly Dictionary<bool, (long Time, byte[] Text)> _answers = [];
    private PrometheusWriter _writer = new(openMetrics: false);
    private Exception? _failure;

    /// <summary>Set by the reader: collects, and calls <see cref="Export"/>.</summary>
    public Func<int, bool>? Collect { get; set; }

    /// <summary>How long the last collection took; zero before the first.</summary>
    public TimeSpan LastDuration { get; private set; }

    /// <summary>How many series the last collection could not tell apart, or not tell at all.</summary>
    public int Overflow { get; private set; }

    /// <summary>All metrics as text. Throws <see cref="ErrorCode.Unavailable"/> when they cannot be collected in time.</summary>
    /// <param name="openMetrics">Whether as OpenMetrics, with exemplars.</param>
    /// <param name="limit">How long the collection may take.</param>
    public async Task<byte[]> ScrapeAsync(bool openMetrics, TimeSpan limit, CancellationToken token)
    {
        await _gate.WaitAsync(token);
        try
        {
            var start = clock.GetTimestamp();
            if (_answers.TryGetValue(openMetrics, out var last) && clock.GetElapsedTime(last.Time, start) < MaxAge)
                return last.Text;
            (_writer, _failure) = (new PrometheusWriter(openMetrics), null);
            if (Collect is null || !Collect((int)limit.TotalMilliseconds))
                throw new AppException(ErrorCode.Unavailable, $"The metrics could not be collected within {limit.TotalSeconds} s", _failure);
            var text = _writer.End();
            (LastDuration, Overflow) = (clock.GetElapsedTime(start), _writer.Overflow);
            _answers[openMetrics] = (clock.GetTimestamp(), text);
            return text;
        }
        finally
        {
            _gate.Release();
        }
    }

    public override ExportResult Export(in Batch<Metric> batch)
    {
        try
        {
            _writer.Write(ParentProvider.GetResource());
            foreach (var metric in batch)
                _writer.Write(metric);
            return ExportResult.Success;
        }
        catch (Exception e)
        {
            // The reader would swallow it; whoever asked throws it.
            _failure = e;
            return ExportResult.Failure;
        }
    }

    protected override void Dispose(bool disposing)
    {
        _gate.Dispose();
        base.Dispose(disposing);
    }
}
