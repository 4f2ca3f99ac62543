using System.Globalization;
using System.Text.RegularExpressions;
using Outlay.Tests.Harness;

namespace Outlay.Tests.Observability;

/// <summary>The whole of what watches the service, started by its one command.</summary>
public sealed partial class UpTests
{
    [Fact]
    public async Task Everything_is_scraped_and_evaluated_and_takes_less_memory_than_the_limit()
    {
        Assert.SkipWhen(PrometheusServer.SkipReason is not null, PrometheusServer.SkipReason ?? "");
        using var folder = new TestFolder();
        var environment = new Dictionary<string, string> { ["DATA_DIR"] = folder.File("data"), ["STATE_DIR"] = folder.File("state") };
        foreach (var port in (string[])["PORT", "PROBE_PORT", "PROMETHEUS_PORT", "ALERTMANAGER_PORT"])
            environment[port] = PostgresCluster.FreePort().ToString(CultureInfo.InvariantCulture);

        var up = await OutlayProcess.RunScriptAsync($"'{Path.Combine(ProductCode.Root, "observability", "up")}' --check", environment);

        Assert.True(up.ExitCode == 0, $"exit code {up.ExitCode}\n{up.Output}\n{up.Error}");
        Assert.InRange(int.Parse(Memory().Match(up.Output).Groups[1].Value, CultureInfo.InvariantCulture), 1, 1024);
    }

    [GeneratedRegex("^Everything is up, scraped and evaluated, in ([0-9]+) MiB of memory")]
    private static partial Regex Memory();
}
