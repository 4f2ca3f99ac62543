using Outlay.Tests.Harness;

namespace Outlay.Tests.Observability;

/// <summary>Two of the drills, as an operator runs them: the alert fires on a live Prometheus and Alertmanager, and its runbook ends it.</summary>
[Collection(nameof(Alone))]
public sealed class DrillTests
{
    [Theory]
    [InlineData("12-metric-renamed")]
    [InlineData("14-alerts-stop")]
    public async Task An_alert_fires_and_its_runbook_ends_it(string drill)
    {
        Assert.SkipWhen(PrometheusServer.SkipReason is not null, PrometheusServer.SkipReason ?? "");
        var root = ProductCode.Root;

        await Command.RunAsync("env", $"OUTLAY={OutlayProcess.Program}", Path.Combine(root, "drills", "run"), drill);

        var report = await File.ReadAllTextAsync(Path.Combine(root, "artifacts", "drills", drill, "report.md"), Test.Token);
        Assert.Contains("Recovery: no alert fires", report, StringComparison.Ordinal);
        Assert.Contains("## Postmortem (draft)", report, StringComparison.Ordinal);
    }
}
