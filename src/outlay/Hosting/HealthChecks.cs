using Microsoft.Extensions.Diagnostics.HealthChecks;
using Outlay.Backup;
using Outlay.Storage;

namespace Outlay.Hosting;

/// <summary>The database answers.</summary>
internal sealed class DatabaseCheck(Database database) : IHealthCheck
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
internal sealed class SchemaCheck(Migrator migrator) : IHealthCheck
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

/// <summary>The server was not asked to stop.</summary>
internal sealed class DrainCheck(Drain drain) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken) =>
        Task.FromResult(drain.HasBegun
            ? HealthCheckResult.Unhealthy("The server is stopping: it finishes what it has and wants nothing new")
            : HealthCheckResult.Healthy());
}

/// <summary>There is space to write to. A service without it goes on serving what it can.</summary>
internal sealed class DiskCheck(Settings settings) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken)
    {
        var faults = Volume.Of(settings).Select(FaultOf).OfType<string>().ToList();
        return Task.FromResult(faults.Count == 0 ? HealthCheckResult.Healthy() : HealthCheckResult.Degraded(string.Join("; ", faults)));
    }

    private static string? FaultOf(Volume volume)
    {
        try
        {
            var (free, _) = volume.Measure();
            return free < volume.MinFree
                ? $"The disk of {volume.Folder} has {SizeText.Of(free)} free, less than {volume.Setting} ({SizeText.Of(volume.MinFree)})"
                : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"The disk of {volume.Folder} cannot be measured: {SafeException.Of(e).Reason}";
        }
    }
}

/// <summary>The last backup did not fail, and is not late. A service without a fresh backup goes on serving.</summary>
internal sealed class BackupCheck(BackupStatus status, Settings settings, TimeProvider clock) : IHealthCheck
{
    private readonly DateTimeOffset _start = clock.GetUtcNow();

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken) =>
        Task.FromResult(Fault() is { } fault ? HealthCheckResult.Degraded(fault) : HealthCheckResult.Healthy());

    private string? Fault()
    {
        if (status.Last.Failure is { } failure)
            return $"The last backup failed: {failure}";
        var age = clock.GetUtcNow() - (status.LastSuccess ?? _start);
        if (age <= settings.BackupMaxAge)
            return null;
        var since = $"for {Math.Floor(age.TotalHours)} hours; one is due every {DurationText.Of(settings.BackupInterval)} (BACKUP_INTERVAL)";
        return status.LastSuccess is null ? $"No backup was made since the start, {since}" : $"No verified backup was made {since}";
    }
}
