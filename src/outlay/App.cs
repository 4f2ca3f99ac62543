using Microsoft.AspNetCore.Server.Kestrel.Core;
using Outlay.Access;
using Outlay.Backup;
using Outlay.Expenses;
using Outlay.History;
using Outlay.Hosting;
using Outlay.Http;
using Outlay.Limits;
using Outlay.Reports;
using Outlay.Storage;
using Outlay.Telemetry;
using Outlay.Trash;

namespace Outlay;

/// <summary>The server: its table of contents, one line per concern.</summary>
internal static class App
{
    /// <summary>The largest request body, in bytes as it is sent: the lengths between the chunks of one without Content-Length count.</summary>
    public const int MaxBodySize = 64 * 1024;

    /// <summary>Builds the server without starting it.</summary>
    public static WebApplication Build(Settings settings, TimeProvider clock)
    {
        StartCheck.ThrowIfFaulty(settings);
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = "outlay" });
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            Listeners.Open(kestrel, settings);
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = MaxBodySize;
            kestrel.Limits.MaxConcurrentConnections = settings.Limits.Connections;
            kestrel.Limits.RequestHeadersTimeout = LimitSettings.HeaderTime;
            kestrel.Limits.KeepAliveTimeout = settings.Access.TrustedProxies.Count > 0 ? LimitSettings.IdleTimeOfProxies : LimitSettings.IdleTime;
            // Whoever reads a long list keeps a connection to the database. The megabytes that fit between the two count as sent, and buy
            // time at this rate; after that, each piece has the grace period to arrive, so that a slow line suffices.
            kestrel.Limits.MinResponseDataRate = new MinDataRate(bytesPerSecond: 256 * 1024, gracePeriod: TimeSpan.FromSeconds(5));
        });

        var runId = RunId.New(clock);
        builder.AddOutlayLogging(settings.Log, settings.Telemetry, runId.Value);
        builder.Services.AddRoutingCore();
        builder.Services.AddSingleton(clock);
        builder.Services.AddSingleton(settings);
        builder.Services.AddSingleton(runId);
        builder.Services.AddHostedService<SecretWatch>();
        if (settings.Tls is { } tls)
        {
            builder.Services.AddSingleton(services => ActivatorUtilities.CreateInstance<TlsCertificate>(services, tls));
            builder.Services.AddHostedService(services => services.GetRequiredService<TlsCertificate>());
        }

        builder.Services.AddSingleton(_ => Database.Open(settings, settings.PatienceOfRequests, clock));
        builder.Services.AddSingleton<Migrator>();
        builder.Services.AddSingleton<OwnerService>();
        builder.Services.AddSingleton<KeyService>();
        builder.Services.AddSingleton<KeyRing>();
        builder.Services.AddSingleton<ExpenseService>();
        builder.Services.AddSingleton<HistoryService>();
        builder.Services.AddSingleton<UndoService>();
        builder.Services.AddSingleton<ReportService>();
        builder.Services.AddSingleton<Upgrade>();
        builder.Services.AddSingleton<WholeLists>();
        builder.Services.AddSingleton<Exposure>();
        builder.Services.AddSingleton<Startup>();
        builder.Services.AddHostedService(services => services.GetRequiredService<Startup>());
        builder.Services.AddHostedService(services =>
            ActivatorUtilities.CreateInstance<KeyUsage>(services, services.GetRequiredService<Startup>().Ready));
        builder.Services.AddSingleton<BackupStatus>();
        builder.Services.AddSingleton(services => new BackupCatalog(settings, clock)
        {
            Book = token => BackupCatalog.BookOfAsync(services.GetRequiredService<Database>(), token),
        });
        builder.Services.AddSingleton(services => ActivatorUtilities.CreateInstance<BackupService>(services, runId.Value));
        builder.Services.AddHostedService(services =>
            ActivatorUtilities.CreateInstance<BackupSchedule>(services, services.GetRequiredService<Startup>().Ready));
        builder.Services.AddHostedService(services =>
            ActivatorUtilities.CreateInstance<IdempotencyCleanup>(services, services.GetRequiredService<Startup>().Ready));
        builder.Services.AddSingleton<TrashService>();
        builder.Services.AddSingleton<TrashClock>();
        builder.Services.AddHostedService(services =>
            ActivatorUtilities.CreateInstance<TrashRetention>(services, services.GetRequiredService<Startup>().Ready));
        builder.Services.AddHostedService(services =>
            ActivatorUtilities.CreateInstance<IntegrityCheck>(services, services.GetRequiredService<Startup>().Ready));
        builder.Services.AddHealth();
        builder.Services.AddTelemetry(settings.Telemetry);
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = settings.ShutdownTimeout);

        var app = builder.Build();
        app.UseMiddleware<RequestLog>();
        app.UseMiddleware<SecurityHeaders>();
        app.UseMiddleware<Problems>();
        app.UseMiddleware<FramingGuard>();
        app.UseTrustedProxies(settings);
        app.UseMiddleware<HostGuard>();
        if (settings.Management is not null)
            app.UseMiddleware<ManagementPort>();
        app.UseMiddleware<CrossSiteGuard>();
        var drain = app.Services.GetRequiredService<Drain>();
        app.Use((context, next) =>
        {
            // A client that keeps its connection would go on using it until it is closed under a request.
            if (drain.HasBegun)
                context.Response.Headers.Connection = "close";
            Database.LimitRequest(settings.RequestTimeout, clock);
            return next(context);
        });
        app.UseRouting();
        app.UseSwaggerUI(ui =>
        {
            ui.RoutePrefix = "docs";
            ui.DocumentTitle = "Outlay API";
            ui.SwaggerEndpoint("/openapi.json", "Outlay");
        });
        app.UseMiddleware<StartupGate>();
        app.UseMiddleware<RefusalLimit>();
        app.UseMiddleware<LoadShedding>();
        app.UseMiddleware<Authentication>();
        app.UseMiddleware<RateLimits>();
        app.MapStatic();
        app.MapHealth();
        if (!settings.Telemetry.Disabled)
            app.MapMetrics();
        app.MapExpenses();
        app.MapHistory();
        app.MapReports();
        app.MapKeys();
        return app;
    }

    /// <summary>Runs the server until the token or a signal stops it. Throws an <see cref="AppException"/> when it cannot start.</summary>
    /// <param name="announce">Told the addresses once the service is ready: that of LISTEN first, that of MANAGEMENT_LISTEN last.</param>
    public static async Task RunAsync(Settings settings, Action<IReadOnlyList<Uri>> announce, CancellationToken token)
    {
        await using var app = Build(settings, TimeProvider.System);
        var startup = app.Services.GetRequiredService<Startup>();
        (Uri, string)[] addresses = [(settings.Listen, "LISTEN"), .. settings.Management is { } management ? [(management, "MANAGEMENT_LISTEN")] : Array.Empty<(Uri, string)>()];
        try
        {
            await Listeners.StartAsync(app, addresses, token);
        }
        catch (OperationCanceledException) when (startup.Failure is not null)
        {
            // What stops the server can be found before all of it has started.
            throw startup.Failure;
        }

        // Whoever waits twice has it leave twice.
        var end = app.WaitForShutdownAsync(token);
        await Task.WhenAny(startup.Ready, end);
        if (startup.Ready.IsCompletedSuccessfully)
            announce([.. app.Urls.Select(url => new Uri(url))]);
        await end;
        if (startup.Failure is { } failure)
            throw failure;
        // One that fails stops the server: whoever started it must see that, and start it again.
        foreach (var service in app.Services.GetServices<IHostedService>().OfType<BackgroundService>())
        {
            if (service.ExecuteTask is { IsFaulted: true } failed)
                await failed;
        }
    }
}
