using Outlay.Storage;

namespace Outlay.Expenses;

/// <summary>Removes the answers to requests with a key whose time is over, soon after the start and every hour.</summary>
/// <param name="ready">Completes when the schema is up to date.</param>
internal sealed class IdempotencyCleanup(Database database, TimeProvider clock, ILogger<IdempotencyCleanup> logger, Task ready)
    : RecurringTask(ready, clock, logger)
{
    /// <summary>How many are removed in one transaction: other writers wait for no more than that.</summary>
    private const int BatchSize = 1_000;

    private static readonly TimeSpan s_interval = TimeSpan.FromHours(1);

    private readonly TimeProvider _clock = clock;

    protected override TimeSpan FirstPause => TimeSpan.FromMinutes(1);

    protected override TimeSpan PauseAfterFailure => s_interval;

    /// <summary>Removes all whose time is over.</summary>
    public override async Task<TimeSpan> RunAsync(CancellationToken token)
    {
        int removed;
        do
        {
            removed = await database.WriteAsync(
                OwnerScope.All, connection => IdempotencyStore.RemoveExpiredAsync(connection, _clock.GetUtcNow(), BatchSize, token), token);
        }
        while (removed == BatchSize);
        return s_interval;
    }
}
