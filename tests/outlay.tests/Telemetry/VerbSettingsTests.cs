using Outlay.Tests.Harness;

namespace Outlay.Tests.Telemetry;

/// <summary>Verbs that are to help where the settings are wrong do so with telemetry too.</summary>
public sealed class VerbSettingsTests
{
    [Fact]
    public async Task A_bad_setting_takes_neither_help_nor_the_other_settings_away()
    {
        using var folder = new TestFolder();
        await using var receiver = await OtlpReceiver.StartAsync();
        var environment = new Dictionary<string, string>
        {
            ["DATA_DIR"] = folder.Path,
            ["OTEL_EXPORTER_OTLP_ENDPOINT"] = receiver.Http,
            ["LOG_LEVEL"] = "bogus",
        };

        var config = await OutlayProcess.RunAsync(["config"], environment);
        var help = await OutlayProcess.RunAsync(["add", "--help"], environment);

        Assert.Equal((78, 0), (config.ExitCode, help.ExitCode));
        Assert.Contains("DATA_DIR", config.Output, StringComparison.Ordinal);
        Assert.Contains("LOG_LEVEL is 'bogus'", config.Error, StringComparison.Ordinal);
        Assert.Contains("outlay add 3.50 Coffee", help.Output, StringComparison.Ordinal);
    }
}
