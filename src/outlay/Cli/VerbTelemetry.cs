using Microsoft.Extensions.Logging.Abstractions;
using Outlay.Hosting;
using Outlay.Telemetry;

namespace Outlay.Cli;

/// <summary>Sends what a verb does, and how long that takes, to the receiver of OTLP.</summary>
internal static class VerbTelemetry
{
    /// <param name="name">The name of the span: the words of the verb, without what follows them.</param>
    public static async Task<int> RunAsync(CliContext cli, string name, Func<Task<int>> verb)
    {
        var settings = cli.SettingsAsRead.Telemetry;
        var providers = new TelemetryProviders(
            settings, TelemetryProviders.ResourceOf(settings, RunId.New(cli.Clock).Value), exporter: null, meters: null, NullLogger.Instance);
        try
        {
            using var span = Signals.Source.StartActivity(name);
            try
            {
                return await verb();
            }
            catch (Exception e)
            {
                span?.Fail(e);
                throw;
            }
        }
        finally
        {
            providers.Dispose();
            if (providers.IsFailing)
                await cli.TellAsync("What was measured could not be sent: check OTEL_EXPORTER_OTLP_ENDPOINT, and whether the receiver runs.");
        }
    }
}
