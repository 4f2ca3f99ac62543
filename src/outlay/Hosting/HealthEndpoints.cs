using System.Text.Json;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Outlay.Backup;
using Outlay.Expenses;
using Outlay.Http;
using Outlay.Storage;

namespace Outlay.Hosting;

/// <summary>Says whether the process lives, has started, and can serve.</summary>
internal static class HealthEndpoints
{
    public static void AddHealth(this IServiceCollection services) => services.AddHealthChecks()
        .AddCheck<DatabaseCheck>("database")
        .AddCheck<SchemaCheck>("schema")
        .AddCheck<BackupCheck>("backup");

    public static void MapHealth(this IEndpointRouteBuilder routes)
    {
        var probes = routes.MapGroup("").WithMetadata(new NeedsNoDatabase()).DisableHttpMetrics();
        probes.MapMethods("/livez", Reading.Methods, Live);
        probes.MapMethods("/startupz", Reading.Methods, Started);
        probes.MapMethods("/readyz", Reading.Methods, ReadyAsync);
    }

    private static IResult Live() => Status("ok", StatusCodes.Status200OK);

    private static IResult Started(Startup startup) =>
        startup.Ready.IsCompleted ? Status("ok", StatusCodes.Status200OK) : Status("starting", StatusCodes.Status503ServiceUnavailable);

    private static async Task ReadyAsync(HttpContext context, HealthCheckService checks)
    {
        var report = await checks.CheckHealthAsync(context.RequestAborted);
        context.Response.StatusCode = report.Status is HealthStatus.Unhealthy ? StatusCodes.Status503ServiceUnavailable : StatusCodes.Status200OK;
        context.Response.ContentType = "application/json";
        await using var writer = new Utf8JsonWriter(context.Response.BodyWriter, ExpenseJson.Format);
        writer.WriteStartObject();
        writer.WriteString("status", NameOf(report.Status));
        writer.WriteStartObject("checks");
        foreach (var (name, entry) in report.Entries)
        {
            writer.WriteStartObject(name);
            writer.WriteString("status", NameOf(entry.Status));
            writer.WriteString("reason", entry.Description);
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private static IResult Status(string status, int code) =>
        Results.Content($$"""{"status":"{{status}}"}""", "application/json", statusCode: code);

    private static string NameOf(HealthStatus status) => status switch
    {
        HealthStatus.Healthy => "ok",
        HealthStatus.Degraded => "degraded",
        _ => "unavailable",
    };

    /// <summary>The database answers.</summary>
    private sealed class DatabaseCheck(Database database) : IHealthCheck
    {
        public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken)
        {
            try
            {
                await database.ProbeAsync(cancellationToken);
                return HealthCheckResult.Healthy();
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                return HealthCheckResult.Unhealthy(SafeException.Of(e).Reason);
            }
        }
    }

    /// <summary>The schema is the one that this program knows.</summary>
    private sealed class SchemaCheck(Migrator migrator) : IHealthCheck
    {
        public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken)
        {
            try
            {
                return await migrator.IsCurrentAsync(cancellationToken)
                    ? HealthCheckResult.Healthy()
                    : HealthCheckResult.Unhealthy("The schema is not up to date yet");
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                return HealthCheckResult.Unhealthy(SafeException.Of(e).Reason);
            }
        }
    }

    /// <summary>The last backup did not fail. A service without a fresh backup goes on serving.</summary>
    private sealed class BackupCheck(BackupStatus status) : IHealthCheck
    {
        public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken) =>
            Task.FromResult(status.Last.Failure is { } failure
                ? HealthCheckResult.Degraded($"The last backup failed: {failure}")
                : HealthCheckResult.Healthy());
    }
}
