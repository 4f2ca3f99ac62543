using Outlay.Tests.Harness;
using Outlay.Tests.Telemetry;

namespace Outlay.Tests.Observability;

/// <summary>The program, scraped by Prometheus, judged by the rules: what the rules ask for is what the program reports.</summary>
public sealed class LiveObjectiveTests
{
    public LiveObjectiveTests() => Assert.SkipWhen(PrometheusServer.SkipReason is not null, PrometheusServer.SkipReason ?? "");

    [Theory, EachEngine]
    public async Task What_users_do_becomes_events_of_the_objectives(Engine engine)
    {
        await using var server = await RunningServer.StartAsync(engine);
        await using var prometheus = await PrometheusServer.StartAsync(scrape:
            $"scrape_configs: [{{job_name: outlay, static_configs: [{{targets: [\"{server.Client.BaseAddress!.Authority}\"]}}]}}]");
        await prometheus.ResultAsync("up == 1");

        // Faults of the client are events too, and good ones. What increases before Prometheus has seen a series for the first time is not counted.
        await Eventually.TrueAsync("there are events of three objectives", async () =>
        {
            (await server.SendAsync("POST", "/expenses", """{"date":"2026-02-19","description":"Coffee","amount":3.50}""")).MustBe(201);
            (await server.SendAsync("GET", "/expenses?limit=5")).MustBe(200);
            (await server.SendAsync("GET", "/expenses/7777")).MustBe(404);
            (await server.SendAsync("GET", "/nowhere")).MustBe(404);
            return await CountAsync("slo:events_total:rate1m{slo=~\"availability|read-latency|write-latency\"} > 0") == 3;
        });
        await prometheus.ResultAsync("slo:error_budget_remaining:ratio{slo=\"availability\"} == 1");
        await prometheus.ResultAsync("slo:error_budget_remaining:ratio{slo=\"data-freshness\"} == 1");
        var status = await server.RunAsync("status", "--url", server.Client.BaseAddress!.ToString(), "--prometheus", prometheus.Address.ToString());

        Assert.Matches("\nobjective +availability +kept +100.0 % of the budget left", status.Output);
        // Nobody makes journeys here.
        Assert.Matches("\nobjective +journey +unknown +nothing is counted yet", status.Output);
        Assert.Equal(1, status.ExitCode);

        async Task<int> CountAsync(string expression) => (await prometheus.QueryAsync(expression)).GetArrayLength();
    }
}
