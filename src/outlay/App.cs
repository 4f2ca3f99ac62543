using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.HostFiltering;
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
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = MaxBodySize;
            kestrel.Limits.MaxConcurrentConnections = settings.Limits.Connections;
            kestrel.Limits.RequestHeadersTimeout = LimitSettings.HeaderTime;
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
        builder.Services.Configure<HostFilteringOptions>(options =>
        {
            options.AllowedHosts = AllowedHosts(settings);
            options.IncludeFailureMessage = false;
        });

        var app = builder.Build();
        app.Urls.Add(settings.Listen.GetLeftPart(UriPartial.Authority));
        app.UseMiddleware<RequestLog>();
        app.UseMiddleware<SecurityHeaders>();
        app.UseMiddleware<Problems>();
        app.UseMiddleware<FramingGuard>();
        app.UseTrustedProxies(settings);
        app.UseHostFiltering();
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
    /// <param name="announce">Told the address once the service is ready.</param>
    public static async Task RunAsync(Settings settings, Action<Uri> announce, CancellationToken token)
    {
        await using var app = Build(settings, TimeProvider.System);
        var startup = app.Services.GetRequiredService<Startup>();
        await ListenAsync(app, settings.Listen, "LISTEN", token);
        await Task.WhenAny(startup.Ready, app.WaitForShutdownAsync(token));
        if (startup.Ready.IsCompletedSuccessfully)
            announce(new Uri(app.Urls.First()));
        await app.WaitForShutdownAsync(token);
        if (startup.Failure is { } failure)
            throw failure;
        // One that fails stops the server: whoever started it must see that, and start it again.
        foreach (var service in app.Services.GetServices<IHostedService>().OfType<BackgroundService>())
        {
            if (service.ExecuteTask is { IsFaulted: true } failed)
                await failed;
        }
    }

    /// <summary>Begins to listen. Throws <see cref="ErrorCode.BadConfiguration"/> when it cannot.</summary>
    /// <param name="setting">Where the address was given.</param>
    public static async Task ListenAsync(WebApplication app, Uri address, string setting, CancellationToken token)
    {
        try
        {
            await app.StartAsync(token);
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            throw new AppException(ErrorCode.BadConfiguration,
                $"Cannot listen on {address}: {ReasonOf(e)}. Set {setting} to an address of this machine and a port that no other program uses, for example http://127.0.0.1:{address.Port + 1}.", e);
        }
    }

    /// <summary>What the system says, in words of our own: those of the web server name the address a second time.</summary>
    private static string ReasonOf(Exception exception)
    {
        var cause = exception;
        while (cause is not SocketException && cause.InnerException is { } inner)
            cause = inner;
        return (cause as SocketException)?.SocketErrorCode switch
        {
            SocketError.AddressAlreadyInUse => "another program listens there",
            SocketError.AddressNotAvailable => "this machine has no such address",
            SocketError.AccessDenied => "the system does not allow it; ports below 1024 are for the superuser",
            _ when exception.InnerException is AddressInUseException => "another program listens there",
            _ => cause.Message.TrimEnd('.'),
        };
    }

    /// <summary>
    /// Without keys, a page of a stranger must not reach the service through the browser of its owner, under a name that the
    /// stranger lets point to this machine.
    /// </summary>
    private static string[] AllowedHosts(Settings settings) =>
        settings.Access.AllowAnonymous || !settings.IsPrivate ? ["*"] : ["localhost", "127.0.0.1", "[::1]", settings.Listen.Host];
}
