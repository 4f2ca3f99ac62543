using System.Net;
using System.Text.Json;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Outlay.Expenses;
using Outlay.Http;

namespace Outlay.Hosting;

/// <summary>Says whether the process lives, has started, and can serve.</summary>
internal static class HealthEndpoints
{
    /// <summary>The check that asks whether the database answers.</summary>
    public const string Database = "database";

    private const string NotForAnybody = "The log says why; so does this address where it is asked on the machine itself, or at MANAGEMENT_LISTEN";

    /// <summary>What proxies add to the requests of others.</summary>
    private static readonly string[] s_forwarded = ["X-Forwarded-For", "Forwarded", "Via", "X-Real-IP"];

    public static void AddHealth(this IServiceCollection services)
    {
        services.AddSingleton<Readiness>();
        services.AddSingleton<Drain>();
        services.AddHostedService(provider => provider.GetRequiredService<Drain>());
        services.AddSingleton<BackupCheck>();
        services.AddHealthChecks()
            .AddCheck<DatabaseCheck>(Database)
            .AddCheck<SchemaCheck>("schema")
            .AddCheck<DrainCheck>("drain")
            .AddCheck<DiskCheck>("disk")
            .AddCheck<BackupCheck>("backup");
    }

    public static void MapHealth(this IEndpointRouteBuilder routes)
    {
        // Who asks all the time would hide what users see in the figures.
        var probes = routes.MapGroup("").WithMetadata(new NeedsNoDatabase()).DisableHttpMetrics();
        probes.MapMethods("/livez", Reading.Methods, Live);
        probes.MapMethods("/startupz", Reading.Methods, Started);
        probes.MapMethods("/readyz", Reading.Methods, ReadyAsync);
    }

    private static IResult Live() => Status("ok", StatusCodes.Status200OK);

    private static IResult Started(Startup startup) =>
        startup.Ready.IsCompleted ? Status("ok", StatusCodes.Status200OK) : Status("starting", StatusCodes.Status503ServiceUnavailable);

    private static async Task ReadyAsync(HttpContext context, Readiness readiness)
    {
        var report = await readiness.CheckAsync(context.RequestAborted);
        context.Response.StatusCode = report.Status is HealthStatus.Unhealthy ? StatusCodes.Status503ServiceUnavailable : StatusCodes.Status200OK;
        context.Response.ContentType = "application/json";
        await using var writer = new Utf8JsonWriter(context.Response.BodyWriter, ExpenseJson.Format);
        writer.WriteStartObject();
        writer.WriteString("status", NameOf(report.Status));
        writer.WriteStartObject("checks");
        var tellsWhy = IsForOperators(context);
        foreach (var (name, entry) in report.Entries)
        {
            writer.WriteStartObject(name);
            writer.WriteString("status", NameOf(entry.Status));
            writer.WriteString("reason", entry.Description is null || tellsWhy ? entry.Description : NotForAnybody);
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    /// <summary>Whether whoever runs the service asks. Reasons name hosts, logins and folders.</summary>
    private static bool IsForOperators(HttpContext context) =>
        ManagementPort.Took(context) ||
        (context.Connection.RemoteIpAddress is { } peer && IPAddress.IsLoopback(peer.IsIPv4MappedToIPv6 ? peer.MapToIPv4() : peer) &&
         !TrustedProxies.Sent(context) && !Array.Exists(s_forwarded, context.Request.Headers.ContainsKey));

    private static IResult Status(string status, int code) =>
        Results.Content($$"""{"status":"{{status}}"}""", "application/json", statusCode: code);

    private static string NameOf(HealthStatus status) => status switch
    {
        HealthStatus.Healthy => "ok",
        HealthStatus.Degraded => "degraded",
        _ => "unavailable",
    };
}
