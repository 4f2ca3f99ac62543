using Outlay.Storage;

namespace Outlay.Trash;

/// <summary>
/// Empties the trash of all owners of what was in it too long: when the service has started, and once a day from then on. Of several
/// instances on one database one does it, and the others look again soon.
/// </summary>
/// <param name="ready">Completes when the schema is up to date.</param>
internal sealed partial class TrashRetention(
    Database database, TrashService trash, TrashClock trashClock, Settings settings, TimeProvider clock, ILogger<TrashRetention> logger, Task ready)
    : RecurringTask(ready, clock, logger)
{
    private const string Actor = "trash retention";

    private static readonly TimeSpan s_interval = TimeSpan.FromDays(1);

    /// <summary>The other instance may fail half-way.</summary>
    private static readonly TimeSpan s_pauseWhileAnother = TimeSpan.FromHours(1);

    protected override TimeSpan PauseAfterFailure => TimeSpan.FromHours(1);

    public override async Task<TimeSpan> RunAsync(CancellationToken token)
    {
        if (settings.TrashRetentionDays == 0)
            return s_interval;
        if (!await trashClock.IsProvenAsync(token))
        {
            Log.ClockNotProven(logger);
            return s_interval;
        }

        await using var turn = await database.TryHoldAsync("trash retention", token);
        if (turn is null)
            return s_pauseWhileAnother;
        var count = await trash.PurgeAllAsync(Actor, TimeSpan.FromDays(settings.TrashRetentionDays), token);
        if (count > 0)
            Log.Purged(logger, count, settings.TrashRetentionDays);
        return s_interval;
    }

    private static partial class Log
    {
        [LoggerMessage(EventName = "trash_purged", Level = LogLevel.Information, Message = "Removed {Count} expenses for good that were in the trash for {Days} days")]
        public static partial void Purged(ILogger logger, long count, int days);

        [LoggerMessage(EventName = "trash_clock_not_proven", Level = LogLevel.Information, Message = "Nothing is removed from the trash before the clock has gone on for a day: nobody has looked for long, or it was set")]
        public static partial void ClockNotProven(ILogger logger);
    }
}
