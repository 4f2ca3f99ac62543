using System.Globalization;
using System.Text;
using Outlay.Tests.Harness;

namespace Outlay.Tests.Observability;

/// <summary>Two installations as Prometheus has seen them for hours, judged by the real rules: one keeps every objective, one has failed 1 of 100 requests.</summary>
public sealed class Budgets : IAsyncLifetime
{
    private static readonly string[] s_objectives = ["availability", "read-latency", "write-latency", "journey", "data-freshness"];

    private PrometheusServer? _kept;
    private PrometheusServer? _spent;

    public string Kept => _kept!.Address.ToString();

    public string Spent => _spent!.Address.ToString();

    public async ValueTask InitializeAsync()
    {
        if (PrometheusServer.SkipReason is not null)
            return;
        (_kept, _spent) = (await PrometheusServer.StartAsync(History()), await PrometheusServer.StartAsync(History(("availability", 0.01))));
        foreach (var server in new[] { _kept, _spent })
            await server.ResultAsync("count(slo:error_budget_remaining:ratio) == 5 and count(slo:error_ratio:rate1h) == 5");
        await _spent.ResultAsync("ALERTS{alertname=\"AvailabilityBurnsFast\",alertstate=\"firing\"}");
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var server in new[] { _kept, _spent }.OfType<PrometheusServer>())
            await server.DisposeAsync();
    }

    /// <summary>Ten events a second of each objective, for three hours.</summary>
    internal static string History(params (string Objective, double Bad)[] faults)
    {
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        var text = new StringBuilder();
        foreach (var (metric, value) in new (string, Func<string, double>)[]
            { ("slo:events_total:rate1m", _ => 10), ("slo:events_bad:rate1m", name => 10 * faults.FirstOrDefault(fault => fault.Objective == name).Bad) })
        {
            text.Append(CultureInfo.InvariantCulture, $"# TYPE {metric} gauge\n");
            foreach (var name in s_objectives)
            {
                for (var age = 3 * 60 * 60; age >= 0; age -= 30)
                    text.Append(CultureInfo.InvariantCulture, $"{metric}{{service=\"outlay\",slo=\"{name}\"}} {value(name)} {now - age}\n");
            }
        }

        return text.Append("# EOF\n").ToString();
    }
}

[CollectionDefinition(nameof(Budgets))]
public sealed class SharedBudgets : ICollectionFixture<Budgets>;
