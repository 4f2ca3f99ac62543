using System.Text.RegularExpressions;
using Outlay.Tests.Harness;
using Outlay.Tests.Telemetry;

namespace Outlay.Tests.Observability;

/// <summary>The rules of Prometheus, judged by Prometheus.</summary>
public sealed partial class RuleTests
{
    /// <summary>Metrics that are only there with PostgreSQL or https, or of the prober; and what labels are called.</summary>
    private static readonly IEnumerable<string> s_notEverywhere =
    [
        .. MetricSchema.All.Where(metric => metric.When.Length > 0 || metric.IsOfProbe).Select(metric => metric.Name),
        .. MetricSchema.All.SelectMany(metric => metric.Labels),
    ];

    private static readonly string s_folder = Path.Combine(ProductCode.Root, "observability");

    public RuleTests() => Assert.SkipWhen(PrometheusServer.SkipReason is not null, PrometheusServer.SkipReason ?? "");

    [Theory]
    [InlineData("burn.yaml")]
    [InlineData("alerts.yaml")]
    public async Task Alerts_fire_for_what_they_are_meant_for_and_for_nothing_else(string tests)
    {
        await Command.RunAsync(["promtool", "check", "rules", .. Directory.GetFiles(Path.Combine(s_folder, "rules"))]);

        await Command.RunAsync("promtool", "test", "rules", Path.Combine(s_folder, "tests", tests));
    }

    [Fact]
    public async Task Every_alert_says_how_urgent_it_is_and_where_to_look_and_has_fired_in_a_test()
    {
        var tests = string.Concat(Directory.GetFiles(Path.Combine(s_folder, "tests")).Select(File.ReadAllText));
        await using var prometheus = await PrometheusServer.StartAsync();

        var alerts = await AlertsAsync(prometheus);

        Assert.Equal(20 + (3 * 5), alerts.Count);
        Assert.All(alerts, alert =>
        {
            var (labels, annotations) = (alert.GetProperty("labels"), alert.GetProperty("annotations"));
            var name = alert.GetProperty("name").GetString();
            Assert.Contains(labels.GetProperty("severity").GetString(), (string[])["page", "ticket"]);
            Assert.NotEmpty(annotations.GetProperty("summary").GetString()!);
            Assert.NotEmpty(annotations.GetProperty("description").GetString()!);
            Assert.EndsWith($"/runbooks/{name}.md", annotations.GetProperty("runbook_url").GetString(), StringComparison.Ordinal);
            Assert.Matches("^http.*/d/outlay-[a-z]+$", annotations.GetProperty("dashboard_url").GetString()!);
            Assert.Matches($"""(alertname="{name}"[^\n]*value: 1|alertname: {name}\n)""", tests);
        });
    }

    [Fact]
    public async Task An_alert_whose_metric_is_missing_is_not_silent_for_ever()
    {
        await using var prometheus = await PrometheusServer.StartAsync();
        var queries = (await AlertsAsync(prometheus)).Where(alert => !alert.GetProperty("query").GetString()!.Contains("slo:", StringComparison.Ordinal))
            .ToLookup(alert => alert.GetProperty("name").GetString() == "MetricAbsent", alert => alert.GetProperty("query").GetString()!);
        var watched = Assert.Single(queries[true]);

        var read = queries[false].SelectMany(query => Metric().Matches(query).Select(match => match.Value)).Distinct().Except(s_notEverywhere).Order().ToList();

        Assert.Equal(read, Metric().Matches(watched).Select(match => match.Value).Order());
        Assert.EndsWith($"< {read.Count}", watched, StringComparison.Ordinal);
    }

    private static async Task<List<System.Text.Json.JsonElement>> AlertsAsync(PrometheusServer prometheus) =>
        [.. (await prometheus.GetAsync("/api/v1/rules?type=alert")).GetProperty("groups").EnumerateArray().SelectMany(group => group.GetProperty("rules").EnumerateArray())];

    [GeneratedRegex(@"\b(outlay|process|db_client)_[a-z_]+\b")]
    private static partial Regex Metric();
}
