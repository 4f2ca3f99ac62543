using System.Globalization;
using System.Text.RegularExpressions;
using Outlay.Tests.Harness;
using Outlay.Tests.Telemetry;

namespace Outlay.Tests.Observability;

/// <summary>Every query of the dashboards and every series that a rule reads, asked of a Prometheus that has watched the program at work.</summary>
public sealed partial class LiveDashboardTests
{
    /// <summary>How long it is used before what has no data counts as never having any. Only a query without data gets here.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(90);

    public LiveDashboardTests() => Assert.SkipWhen(PrometheusServer.SkipReason is not null, PrometheusServer.SkipReason ?? "");

    [Theory, EachEngine]
    public async Task Every_query_of_the_dashboards_and_every_series_of_the_rules_has_data(Engine engine)
    {
        await using var server = await RunningServer.StartAsync(engine, ("INTEGRITY_CHECK_INTERVAL", "1s"));
        await using var probe = await RunningProbe.StartAsync(server.Client.BaseAddress!);
        await using var prometheus = await PrometheusServer.StartAsync(scrape: $$"""
            scrape_configs:
              - {job_name: outlay, static_configs: [{targets: ["{{server.Client.BaseAddress!.Authority}}"]}]}
              - {job_name: outlay-probe, static_configs: [{targets: ["{{probe.Address.Authority}}"]}]}
            """);
        var rules = await RulesAsync(prometheus);
        var left = GrafanaDashboard.All.SelectMany(dashboard => dashboard.Panels).SelectMany(panel => panel.Queries).Where(IsOf(engine))
            .Concat(rules.SelectMany(rule => PromQl.Selectors(rule.Query)).Where(IsOf(engine)))
            .Concat(rules.Where(rule => rule.Type == "recording").Select(rule => $"{rule.Name}{{slo=\"{rule.Objective}\"}}"))
            .Concat(GrafanaDashboard.All.SelectMany(dashboard => dashboard.Variables).Select(Variable)).ToHashSet();
        Assert.True(left.Count > 100, $"only {left.Count} queries were found");

        await BreakAsync(server);
        // A query that needs a change to be seen gets one between any two looks.
        var start = TimeProvider.System.GetTimestamp();
        while (left.Count > 0 && TimeProvider.System.GetElapsedTime(start) < s_patience)
        {
            await UseAsync(server);
            foreach (var query in left.ToList())
            {
                if (await HasDataAsync(prometheus, query))
                    left.Remove(query);
            }
        }

        Assert.Empty(left);
        Assert.All(await RulesAsync(prometheus), rule => Assert.Equal((rule.Name, "ok"), (rule.Name, rule.Health)));
    }

    [Theory]
    [InlineData("sum by (le, step) (rate(a_bucket{job=\"x\",le=\"}\"}[1m])) / on (slo) b:c:ratio or time() - max(d) > bool 2 * 3600", "a_bucket{job=\"x\",le=\"}\"} b:c:ratio d")]
    [InlineData("predict_linear(a[6h], 4 * 86400) < 0 and b / c < 0.5 and d offset 2h unless absent(e{f=\"g\"})", "a b c d e{f=\"g\"}")]
    [InlineData("count(group by (__name__) ({job=\"outlay\",__name__=~\"a|b\"})) < 14", "{job=\"outlay\",__name__=~\"a|b\"}")]
    public void What_a_query_reads_is_found(string expression, string selectors) => Assert.Equal(selectors, string.Join(' ', PromQl.Selectors(expression)));

    /// <summary>A table is away for a moment: what only a fault makes is there too.</summary>
    private static async Task BreakAsync(RunningServer server)
    {
        await server.Database.ExecuteAsync("alter table totals rename to gone");
        Assert.InRange((await server.SendAsync("GET", "/expenses/summary")).Status, 500, 599);
        Assert.InRange((await AddAsync(server, "\"broken\"")).Status, 500, 599);
        await server.Database.ExecuteAsync("alter table gone rename to totals");
    }

    private static async Task UseAsync(RunningServer server)
    {
        var expense = (await AddAsync(server, $"\"{Guid.NewGuid():N}\"")).MustBe(201).Json.GetProperty("id").GetInt64();
        (await server.SendAsync("GET", "/expenses?limit=50")).MustBe(200);
        (await server.SendAsync("GET", "/expenses/summary?group_by=month")).MustBe(200);
        (await server.SendAsync("PATCH", $"/expenses/{expense}", """{"amount":4.00}""", ("If-Match", "*"))).MustBe(200);
        (await server.SendAsync("DELETE", $"/expenses/{expense}")).MustBe(204);
        (await server.SendAsync("POST", "/expenses", "{}")).MustBe(400);
        (await server.SendAsync("GET", "/expenses/987654321")).MustBe(404);
        (await AddAsync(server, "\"again\"")).MustBe(201);
        await File.WriteAllTextAsync(Path.Combine(server.Process.Home, "import.csv"), $"date,description,amount\n2026-02-19,{Guid.NewGuid():N},3.50\n", Test.Token);
        Assert.Equal(0, (await server.RunAsync("import", Path.Combine(server.Process.Home, "import.csv"))).ExitCode);
    }

    private static Task<Answer> AddAsync(RunningServer server, string key) =>
        server.SendAsync("POST", "/expenses", """{"date":"2026-02-19","description":"Coffee","amount":3.50}""", ("Idempotency-Key", key));

    private static async Task<bool> HasDataAsync(PrometheusServer prometheus, string query)
    {
        if (query.StartsWith("api/", StringComparison.Ordinal))
            return (await prometheus.GetAsync($"/{query}")).GetArrayLength() > 0;
        var result = await prometheus.QueryAsync(query);
        return result.EnumerateArray().Any(series => double.IsFinite(double.Parse(series.GetProperty("value")[1].GetString()!, CultureInfo.InvariantCulture)));
    }

    /// <summary>Whether a query can have data on an engine: what metrics.yaml says needs something else is left out.</summary>
    private static Func<string, bool> IsOf(Engine engine)
    {
        var absent = MetricSchema.All.Where(metric => metric.When.Length > 0 && !MetricSchema.Of(engine).Contains(metric)).Select(metric => metric.Name).ToHashSet();
        return query => !PromQl.Metrics(query).Any(absent.Contains);
    }

    /// <summary>label_values(SELECTOR, LABEL) is a call of its own.</summary>
    private static string Variable(string query)
    {
        var match = LabelValues().Match(query);
        Assert.True(match.Success, query);
        return $"api/v1/label/{match.Groups["label"].Value}/values?match[]={Uri.EscapeDataString(match.Groups["selector"].Value)}";
    }

    private static async Task<List<(string Name, string Type, string Query, string Health, string? Objective)>> RulesAsync(PrometheusServer prometheus) =>
    [
        .. (await prometheus.GetAsync("/api/v1/rules")).GetProperty("groups").EnumerateArray().SelectMany(group => group.GetProperty("rules").EnumerateArray())
            .Select(rule => (rule.GetProperty("name").GetString()!, rule.GetProperty("type").GetString()!, rule.GetProperty("query").GetString()!, rule.GetProperty("health").GetString()!,
                rule.TryGetProperty("labels", out var labels) && labels.TryGetProperty("slo", out var objective) ? objective.GetString() : null)),
    ];

    [GeneratedRegex(@"^label_values\((?<selector>.+), (?<label>\w+)\)$")]
    private static partial Regex LabelValues();
}
