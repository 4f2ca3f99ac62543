using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Text;
using System.Text.RegularExpressions;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using Outlay.Telemetry;
using Outlay.Tests.Harness;

namespace Outlay.Tests.Telemetry;

/// <summary>The text that Prometheus gets, to the letter.</summary>
public sealed partial class ExporterTests : IDisposable
{
    private readonly ManualClock _clock = new();
    private readonly PullExporter _exporter;
    private readonly Meter _meter = new("golden");
    private readonly MeterProvider _provider;

    public ExporterTests()
    {
        _exporter = new PullExporter(_clock);
        _provider = Sdk.CreateMeterProviderBuilder()
            .SetResourceBuilder(ResourceBuilder.CreateEmpty().AddAttributes([new("service.name", "golden"), new("quoted", "a \"b\" \\ c\nd")]))
            .AddMeter(_meter.Name).SetExemplarFilter(ExemplarFilterType.TraceBased)
            .AddView(_ => new MetricStreamConfiguration { CardinalityLimit = 3 })
            .AddReader(new BaseExportingMetricReader(_exporter)).Build();
    }

    public void Dispose()
    {
        _provider.Dispose();
        _meter.Dispose();
    }

    [Theory]
    [InlineData(false, "metrics-text")]
    [InlineData(true, "metrics-openmetrics")]
    public async Task Every_kind_of_metric_is_written_as_the_formats_want_it(bool openMetrics, string snapshot)
    {
        _meter.CreateCounter<long>("work.done", "{item}", "Says \"done\"\nwith a \\").Add(7, new("a.b", "x"), new("a_b", "y"), new("flag", true), new("n", 3));
        _meter.CreateCounter<double>("cpu.time_total", "s", "Seconds").Add(0.1 + 0.2);
        _meter.CreateUpDownCounter<long>("open", "{file}", "Open").Add(-2);
        _meter.CreateGauge<double>("ratio", "1", "Not a number").Record(double.NaN);
        _meter.CreateGauge<double>("size", "By", "Large").Record(double.PositiveInfinity);
        _meter.CreateObservableGauge<long>("silent", () => [], "s", "Nothing is known");
        var seconds = _meter.CreateHistogram("took", "s", "How long", null, new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.005, 1, 2.5] });
        seconds.Record(0.001);
        using (new Activity("traced").SetIdFormat(ActivityIdFormat.W3C).Start())
        {
            Activity.Current!.ActivityTraceFlags = ActivityTraceFlags.Recorded;
            seconds.Record(2);
        }

        seconds.Record(9);
        _meter.CreateCounter<long>("work_done", "{item}", "The same name").Add(1);
        var many = _meter.CreateCounter<long>("many", "{thing}", "Too many");
        for (var i = 0; i < 9; i++)
            many.Add(1, new KeyValuePair<string, object?>("i", i));

        var text = await ScrapeAsync(openMetrics);

        Snapshot.Match(snapshot, Exemplar().Replace(text, "trace_id=\"T\",span_id=\"S\"} 2 TIME"));
        Assert.Equal(2, _exporter.Overflow);
        if (!openMetrics && PrometheusServer.SkipReason is null)
            await CheckAsync(text);
    }

    [Fact]
    public async Task Within_a_moment_the_same_answer_is_given_to_all_and_after_it_a_new_one()
    {
        var counter = _meter.CreateCounter<long>("count");
        counter.Add(1);
        var first = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => ScrapeAsync(false))));
        counter.Add(1);
        var within = await ScrapeAsync(false);
        _clock.Ticks += PullExporter.MaxAge.Ticks;
        var after = await ScrapeAsync(false);

        Assert.All(first.Append(within), text => Assert.Contains("count_total 1\n", text, StringComparison.Ordinal));
        Assert.Contains("count_total 2\n", after, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_collection_that_fails_is_an_error_and_the_next_one_works()
    {
        var fails = true;
        _meter.CreateObservableGauge("fine", () => 1);
        var collect = _exporter.Collect!;
        _exporter.Collect = limit => !fails && collect(limit);

        var error = await Assert.ThrowsAsync<AppException>(() => ScrapeAsync(false));
        fails = false;

        Assert.Equal(ErrorCode.Unavailable, error.Code);
        Assert.Contains("fine 1\n", await ScrapeAsync(false), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_metric_that_cannot_be_written_is_an_error_that_says_why_and_never_a_part_of_an_answer()
    {
        using var exporter = new PullExporter(_clock);
        using var meter = new Meter("unwritable");
        using var provider = Sdk.CreateMeterProviderBuilder().AddMeter(meter.Name)
            .AddView("took", new Base2ExponentialBucketHistogramConfiguration()).AddReader(new BaseExportingMetricReader(exporter)).Build();
        meter.CreateObservableGauge("fine", () => 1);
        meter.CreateHistogram<double>("took").Record(1);

        for (var i = 0; i < 2; i++)
        {
            var error = await Assert.ThrowsAsync<AppException>(() => exporter.ScrapeAsync(openMetrics: false, TimeSpan.FromSeconds(10), Test.Token));

            Assert.Equal(ErrorCode.Unavailable, error.Code);
            Assert.Contains("ExponentialHistogram", Assert.IsType<InvalidOperationException>(error.InnerException).Message, StringComparison.Ordinal);
        }
    }

    private async Task<string> ScrapeAsync(bool openMetrics) =>
        Encoding.UTF8.GetString(await _exporter.ScrapeAsync(openMetrics, TimeSpan.FromSeconds(10), Test.Token));

    /// <summary>Lets Prometheus' own tool look at it. It dislikes some names, and nothing else.</summary>
    internal static async Task CheckAsync(string text)
    {
        using var process = Process.Start(new ProcessStartInfo("promtool", ["check", "metrics"]) { RedirectStandardInput = true, RedirectStandardError = true, RedirectStandardOutput = true })!;
        await process.StandardInput.WriteAsync(text);
        process.StandardInput.Close();
        var complaints = (await process.StandardError.ReadToEndAsync(Test.Token)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        await process.WaitForExitAsync(Test.Token);
        // The semantic conventions of OpenTelemetry end some gauges in .count.
        Assert.DoesNotContain(complaints, line => !line.EndsWith("should not have \"_count\" suffix", StringComparison.Ordinal));
    }

    /// <summary>A stopwatch that stands still until a test sets it.</summary>
    private sealed class ManualClock : TimeProvider
    {
        public long Ticks { get; set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Ticks;
    }

    [GeneratedRegex("trace_id=\"[0-9a-f]{32}\",span_id=\"[0-9a-f]{16}\"} 2 [0-9.]+")]
    private static partial Regex Exemplar();
}
