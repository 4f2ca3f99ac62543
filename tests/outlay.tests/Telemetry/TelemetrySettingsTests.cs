namespace Outlay.Tests.Telemetry;

public sealed class TelemetrySettingsTests
{
    [Theory]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT", "127.0.0.1:4318", "OTEL_EXPORTER_OTLP_ENDPOINT is '127.0.0.1:4318': use an address like http://127.0.0.1:4318.")]
    [InlineData("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json", "OTEL_EXPORTER_OTLP_PROTOCOL is 'http/json': use one of http/protobuf, grpc.")]
    [InlineData("OTEL_EXPORTER_OTLP_HEADERS", "secret", "OTEL_EXPORTER_OTLP_HEADERS has a part without =: write key=value, with commas between several.")]
    [InlineData("OTEL_EXPORTER_OTLP_TIMEOUT", "0", "OTEL_EXPORTER_OTLP_TIMEOUT is '0': use a whole number from 1 to 300000.")]
    [InlineData("OTEL_METRIC_EXPORT_INTERVAL", "60s", "OTEL_METRIC_EXPORT_INTERVAL is '60s': use a whole number from 100 to 3600000.")]
    [InlineData("OTEL_TRACES_SAMPLER", "some", "OTEL_TRACES_SAMPLER is 'some': use one of parentbased_always_on, parentbased_always_off, parentbased_traceidratio, always_on, always_off, traceidratio.")]
    [InlineData("OTEL_TRACES_SAMPLER_ARG", "1.5", "OTEL_TRACES_SAMPLER_ARG is '1.5': use the share of traces to record, from 0 to 1, like 0.1.")]
    [InlineData("OTEL_SDK_DISABLED", "yes", "OTEL_SDK_DISABLED is 'yes': use one of true, false.")]
    [InlineData("INTEGRITY_CHECK_INTERVAL", "0s", "INTEGRITY_CHECK_INTERVAL is '0s': use a number and a unit, like 15m, 24h or 7d, from 1s to 366d.")]
    public void A_value_that_cannot_be_used_is_named_with_its_cure(string name, string value, string fault)
    {
        var source = new SettingsSource(asked => asked == name ? value : asked == "DATA_DIR" ? "/books" : null);

        Settings.From(source);

        Assert.Equal(fault, Assert.Single(source.Faults));
    }

    [Fact]
    public void Headers_are_masked_and_signals_get_the_paths_of_the_protocol()
    {
        var environment = new Dictionary<string, string>
        {
            ["DATA_DIR"] = "/books",
            ["OTEL_EXPORTER_OTLP_ENDPOINT"] = "https://otlp.example/tenant/",
            ["OTEL_EXPORTER_OTLP_HEADERS"] = "authorization=quokka",
        };
        var settings = Settings.From(new SettingsSource(environment.GetValueOrDefault));
        var grpc = Settings.From(new SettingsSource(new Dictionary<string, string>(environment) { ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "grpc" }.GetValueOrDefault));

        Assert.Equal("https://otlp.example/tenant/v1/traces", settings.Telemetry.Otlp!.AddressOf("traces").AbsoluteUri);
        Assert.Equal("https://otlp.example/tenant/", grpc.Telemetry.Otlp!.AddressOf("traces").AbsoluteUri);
        Assert.DoesNotContain(settings.Report, setting => setting.Value.Contains("quokka", StringComparison.Ordinal));
    }
}
