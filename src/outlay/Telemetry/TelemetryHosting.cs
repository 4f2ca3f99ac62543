using System.Diagnostics.Metrics;
using Outlay.Hosting;

namespace Outlay.Telemetry;

/// <summary>Puts telemetry into the server.</summary>
internal static class TelemetryHosting
{
    public static void AddTelemetry(this IServiceCollection services, TelemetrySettings settings)
    {
        if (settings.Disabled)
            return;
        services.AddSingleton<PullExporter>();
        services.AddSingleton<ServerMetrics>();
        services.AddSingleton(provider => new TelemetryProviders(
            settings, TelemetryProviders.ResourceOf(settings, provider.GetRequiredService<RunId>().Value),
            provider.GetRequiredService<PullExporter>(), provider.GetRequiredService<IMeterFactory>(), provider.GetRequiredService<ILogger<TelemetryProviders>>()));
        services.AddHostedService<Start>();
        if (settings.Otlp is { } otlp)
            services.AddHostedService(provider => ActivatorUtilities.CreateInstance<MetricRefresh>(provider, otlp.MetricInterval));
    }

    /// <summary>
    /// Begins to collect before the first request, as a part of the start that the schema does not wait for: it takes a tenth of a second.
    /// </summary>
    private sealed class Start(IServiceProvider services) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken)
        {
            services.GetRequiredService<TelemetryProviders>();
            services.GetRequiredService<ServerMetrics>();
            return Task.CompletedTask;
        }

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }

    /// <summary>Keeps metrics up to date that are sent without anybody asking.</summary>
    /// <param name="interval">How often they are sent.</param>
    private sealed class MetricRefresh(ServerMetrics metrics, Startup startup, TimeProvider clock, ILogger<MetricRefresh> logger, TimeSpan interval)
        : RecurringTask(startup.Ready, clock, logger)
    {
        protected override TimeSpan PauseAfterFailure => interval;

        public override async Task<TimeSpan> RunAsync(CancellationToken token)
        {
            await metrics.RefreshAsync();
            return interval;
        }
    }
}
