using Outlay.Backup;

namespace Outlay.Hosting;

/// <summary>
/// Brings the schema up to date when the service starts, after a backup. A database that cannot be reached yet is tried again, once a
/// second, while requests are answered 503; one that does not fit the program stops the service.
/// </summary>
internal sealed partial class Startup(
    Upgrade upgrade, Exposure exposure, TimeProvider clock, IHostApplicationLifetime lifetime, ILogger<Startup> logger) : BackgroundService
{
    private static readonly TimeSpan s_retry = TimeSpan.FromSeconds(1);

    /// <summary>How often the log says again what is waited for: a fault that does not heal by itself must not scroll out of sight.</summary>
    private static readonly TimeSpan s_reminder = TimeSpan.FromSeconds(30);

    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when the schema is up to date and requests can be served.</summary>
    public Task Ready => _ready.Task;

    /// <summary>Why the service cannot start; null while it can.</summary>
    public AppException? Failure { get; private set; }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        lifetime.ApplicationStopped.Register(() => Log.Stopped(logger));
        string? reason = null;
        var (start, told) = (clock.GetTimestamp(), 0L);
        while (!Ready.IsCompleted)
        {
            try
            {
                var report = await upgrade.RunAsync(withBackup: true, stoppingToken);
                foreach (var name in report.Applied)
                    Log.MigrationApplied(logger, name);
                if (report.Adopted > 0)
                    Log.OriginalAdopted(logger, report.Adopted);
                await exposure.CheckAsync(stoppingToken);
                var waited = Math.Round(clock.GetElapsedTime(start).TotalSeconds, 1);
                if (reason is not null)
                    Log.DatabaseIsThere(logger, waited);
                _ready.SetResult();
            }
            catch (AppException e) when (e.Code is ErrorCode.Unavailable or ErrorCode.OutcomeUnknown)
            {
                // The same reason every second would only fill the log.
                if (reason != e.Message || clock.GetElapsedTime(told) >= s_reminder)
                {
                    Log.WaitingForDatabase(logger, reason = e.Message);
                    told = clock.GetTimestamp();
                }

                await Task.Delay(s_retry, clock, stoppingToken);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                // Without this the host would stop as if it had been asked to.
                Failure = e as AppException ?? new AppException(ErrorCode.Internal, "The database could not be prepared; the log has the rest.", e);
                if (Failure.Code is ErrorCode.Internal)
                    Log.StartFailed(logger, e);
                lifetime.StopApplication();
                return;
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(EventName = "migration_applied", Level = LogLevel.Information, Message = "Applied the migration {Migration}")]
        public static partial void MigrationApplied(ILogger logger, string migration);

        [LoggerMessage(EventName = "original_adopted", Level = LogLevel.Information, Message = "Took over {Count} expenses of the original system")]
        public static partial void OriginalAdopted(ILogger logger, long count);

        [LoggerMessage(EventName = "start_failed", Level = LogLevel.Critical, Message = "The database could not be prepared")]
        public static partial void StartFailed(ILogger logger, Exception exception);

        [LoggerMessage(EventName = "stopped", Level = LogLevel.Information, Message = "The server has stopped")]
        public static partial void Stopped(ILogger logger);

        [LoggerMessage(EventName = "database_is_there", Level = LogLevel.Information, Message = "The database is there: it was waited for {Seconds} s")]
        public static partial void DatabaseIsThere(ILogger logger, double seconds);

        [LoggerMessage(EventName = "waiting_for_database", Level = LogLevel.Warning, Message = "Waiting for the database: {Reason}")]
        public static partial void WaitingForDatabase(ILogger logger, string reason);
    }
}
