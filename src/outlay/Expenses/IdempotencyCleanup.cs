using Outlay.Storage;

namespace Outlay.Expenses;

/// <summary>Removes the answers to requests with a key whose time is over, every hour.</summary>
/// <param name="ready">Completes when the schema is up to date.</param>
internal sealed partial class IdempotencyCleanup(Database database, TimeProvider clock, ILogger<IdempotencyCleanup> logger, Task ready) : BackgroundService
{
    /// <summary>How many are removed in one transaction: other writers wait for no more than that.</summary>
    private const int BatchSize = 1_000;

    private static readonly TimeSpan s_interval = TimeSpan.FromHours(1);

    /// <summary>Removes all whose time is over.</summary>
    public async Task RunAsync(CancellationToken token)
    {
        int removed;
        do
        {
            removed = await database.WriteAsync(
                connection => IdempotencyStore.RemoveExpiredAsync(connection, clock.GetUtcNow(), BatchSize, token), token);
        }
        while (removed == BatchSize);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await ready.WaitAsync(stoppingToken);
        using var timer = new PeriodicTimer(s_interval, clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await RunAsync(stoppingToken);
            }
            catch (AppException e)
            {
                Log.CleanupFailed(logger, e.Message);
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(EventName = "idempotency_cleanup_failed", Level = LogLevel.Warning,
            Message = "Answers that are kept no longer could not be removed, and will be in an hour: {Reason}")]
        public static partial void CleanupFailed(ILogger logger, string reason);
    }
}
