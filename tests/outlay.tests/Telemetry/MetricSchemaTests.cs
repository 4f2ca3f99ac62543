using System.Text.RegularExpressions;
using Outlay.Tests.Harness;

namespace Outlay.Tests.Telemetry;

/// <summary>observability/metrics.yaml lists what is told, all of it and nothing else, and no request makes it more.</summary>
public sealed partial class MetricSchemaTests
{
    private const string Coffee = """{"date":"2026-02-19","description":"Coffee","amount":3.50}""";

    [Theory, EachEngine]
    public async Task Every_metric_and_label_that_a_server_tells_is_listed_and_the_other_way_round(Engine engine)
    {
        await using var server = await RunningServer.StartAsync(engine, ("INTEGRITY_CHECK_INTERVAL", "1s"));
        await UseAsync(server);
        await Eventually.TrueAsync("backup and self-check are told", async () =>
            await server.ScrapeAsync() is var now && now.Families.ContainsKey("outlay_totals_mismatches") && now.Families.ContainsKey("outlay_backup_duration_seconds") &&
            now.Families.ContainsKey("outlay_backup_last_verified_timestamp_seconds"));

        MustBe(MetricSchema.Of(engine), await server.ScrapeAsync());
        Assert.Equal(MetricSchema.All.Count, await LinesAsync());
        Assert.Equal(MetricSchema.All.Count, MetricSchema.All.Select(metric => metric.Name).Distinct().Count());
    }

    [Fact]
    public async Task Every_metric_and_label_that_a_prober_tells_is_listed_and_the_other_way_round()
    {
        await using var server = await RunningServer.StartAsync(Engine.Sqlite);
        await using var probe = await RunningProbe.StartAsync(server.Client.BaseAddress!);
        await Eventually.TrueAsync("a journey succeeds", async () => (await probe.ScrapeAsync())["outlay_probe_journeys_total", "success"] > 0);
        // What it tells of itself as a process is what the server tells too.
        var process = MetricSchema.Of(Engine.Sqlite).Select(metric => metric.Name).ToHashSet();

        var scrape = await probe.ScrapeAsync();

        MustBe([.. MetricSchema.All.Where(metric => metric.IsOfProbe && metric.When.Length == 0)], scrape, process);
    }

    [Fact]
    public async Task No_path_method_header_or_name_makes_more_series()
    {
        await using var server = await RunningServer.StartAsync(Engine.Sqlite);
        await FuzzAsync(server, "a");
        var before = await server.ScrapeAsync();

        await FuzzAsync(server, "b");
        var after = await server.ScrapeAsync();

        Assert.Empty(after.Series.Except(before.Series).Order());
        Assert.Equal(0, after["outlay_metrics_overflow"]);
        Assert.DoesNotContain(after.Series, series => series.Contains("quokka", StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task No_owner_makes_more_series()
    {
        await using var server = await RunningServer.StartAsync(Engine.Sqlite, ("TRUSTED_PROXIES", "127.0.0.1"), ("AUTH_HEADER", "Remote-User"));
        await AddAsync("quokka0");
        var before = await server.ScrapeAsync();

        for (var i = 1; i < 20; i++)
            await AddAsync($"quokka{i}");
        var after = await server.ScrapeAsync();

        Assert.Equal(20, after["outlay_expense_changes_total", "action=\"created\""]);
        Assert.Empty(after.Series.Except(before.Series).Order());
        Assert.DoesNotContain(after.Series, series => series.Contains("quokka", StringComparison.OrdinalIgnoreCase));

        async Task AddAsync(string owner) => (await server.SendAsync("POST", "/expenses", Coffee, ("Remote-User", owner))).MustBe(201);
    }

    [Fact]
    public async Task A_live_Prometheus_reads_it_and_its_exemplars_lead_to_spans()
    {
        Assert.SkipWhen(PrometheusServer.SkipReason is not null, PrometheusServer.SkipReason ?? "");
        await using var receiver = await OtlpReceiver.StartAsync();
        await using var server = await RunningServer.StartAsync(Engine.Sqlite, ("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.Http));
        await using var prometheus = await PrometheusServer.StartAsync(
            scrape: $"scrape_configs: [{{job_name: outlay, static_configs: [{{targets: ['{server.Client.BaseAddress!.Authority}']}}]}}]", withRules: false);
        await UseAsync(server);

        await prometheus.ResultAsync("outlay_expense_changes_total{action=\"created\"} > 0");
        await Eventually.TrueAsync("Prometheus has exemplars", async () => (await ExemplarsAsync(prometheus)).Count > 0);

        var target = (await prometheus.GetAsync("/api/v1/targets")).GetProperty("activeTargets")[0];
        Assert.Equal(("up", ""), (target.GetProperty("health").GetString(), target.GetProperty("lastError").GetString()));
        var exemplar = (await ExemplarsAsync(prometheus))[0];
        await Eventually.TrueAsync("the span of the exemplar is there", () => Task.FromResult(
            receiver.Spans.Any(span => span.TraceId == exemplar.TraceId && span.SpanId == exemplar.SpanId)));
        await ExporterTests.CheckAsync((await server.SendAsync("GET", "/metrics")).Body);
    }

    private static async Task<List<(string? TraceId, string? SpanId)>> ExemplarsAsync(PrometheusServer prometheus)
    {
        var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        var data = await prometheus.GetAsync($"/api/v1/query_exemplars?query=http_server_request_duration_seconds_bucket&start={now - 300}&end={now + 60}");
        return [.. data.EnumerateArray().SelectMany(series => series.GetProperty("exemplars").EnumerateArray())
            .Select(exemplar => exemplar.GetProperty("labels")).Select(labels => (labels.GetProperty("trace_id").GetString(), labels.GetProperty("span_id").GetString()))];
    }

    private static void MustBe(IReadOnlyList<MetricSchema> schema, Scrape scrape, HashSet<string>? beside = null)
    {
        var told = scrape.Families.Where(family => beside?.Contains(family.Key) != true).ToDictionary();
        var labels = scrape.Labels.Where(label => beside?.Contains(label.Family) != true).ToHashSet();
        Assert.Equal(schema.Select(metric => (metric.Name, metric.Type)).Order(), told.Select(family => (family.Key, family.Value)).Order());
        Assert.Empty(labels.Except(schema.SelectMany(metric => metric.Labels.Concat(metric.Rare).Select(label => (metric.Name, label)))).Order());
        Assert.Empty(schema.SelectMany(metric => metric.Labels.Select(label => (metric.Name, label))).Except(labels).Order());
    }

    private static async Task UseAsync(RunningServer server)
    {
        (await server.SendAsync("POST", "/expenses", Coffee)).MustBe(201);
        (await server.SendAsync("GET", "/expenses/77")).MustBe(404);
        // A connection is measured when it ends.
        (await server.SendAsync("GET", "/expenses", null, ("Connection", "close"))).MustBe(200);
    }

    private static async Task FuzzAsync(RunningServer server, string salt)
    {
        for (var i = 0; i < 20; i++)
        {
            var word = $"quokka{salt}{i}";
            await server.SendAsync("GET", $"/{word}");
            await server.SendAsync("GET", $"/expenses/{word}");
            await server.SendAsync(word, "/expenses", null, ("X-API-Key", word), ("User-Agent", word));
            await server.SendAsync("GET", $"/expenses?category={word}&{word}=1", null, ("Host", word));
            await server.SendAsync("GET", $"/expenses/9999{i}{(salt == "a" ? 1 : 2)}");
            await server.SendAsync("POST", "/expenses", Coffee.Replace("Coffee", word, StringComparison.Ordinal), ("Idempotency-Key", word));
            await server.SendAsync("GET", $"/problems/{word}");
        }
    }

    private static async Task<int> LinesAsync() =>
        (await File.ReadAllLinesAsync(Path.Combine(ProductCode.Root, "observability", "metrics.yaml"), Test.Token)).Count(line => Item().IsMatch(line));

    [GeneratedRegex("^ *- ")]
    private static partial Regex Item();
}
