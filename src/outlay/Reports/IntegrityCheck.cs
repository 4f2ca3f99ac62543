using Outlay.History;
using Outlay.Storage;
using Outlay.Telemetry;

namespace Outlay.Reports;

/// <summary>
/// Recomputes totals and history in the background at an interval, and keeps what it found for everybody to see. Of several instances on one
/// database only one does it, whichever comes first; the others look again soon, in case it does not come to its end.
/// </summary>
/// <param name="ready">Completes when the schema is up to date.</param>
internal sealed partial class IntegrityCheck(Database database, Settings settings, TimeProvider clock, ILogger<IntegrityCheck> logger, Task ready)
    : RecurringTask(ready, clock, logger)
{
    /// <summary>A check reads the whole book: the first one leaves the start alone.</summary>
    private static readonly TimeSpan s_firstPause = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan s_retry = TimeSpan.FromMinutes(10);

    private readonly TimeProvider _clock = clock;

    protected override TimeSpan FirstPause => settings.IntegrityCheckInterval < s_firstPause ? settings.IntegrityCheckInterval : s_firstPause;

    protected override TimeSpan PauseAfterFailure => settings.IntegrityCheckInterval < s_retry ? settings.IntegrityCheckInterval : s_retry;

    /// <summary>Checks, if the last check of any instance is long enough ago and none is being made.</summary>
    /// <returns>How long until the next check.</returns>
    public override async Task<TimeSpan> RunAsync(CancellationToken token)
    {
        var interval = settings.IntegrityCheckInterval;
        var result = await database.SnapshotAsync(OwnerScope.All, async connection =>
        {
            if (!await database.TryLockAsync(connection, "integrity check", token))
            {
                interval = PauseAfterFailure;
                return null;
            }

            if (await IntegrityMetrics.LastRunAsync(connection, token) is { } last && _clock.GetUtcNow() - last is var age && age < interval && age >= TimeSpan.Zero)
            {
                interval -= age;
                return null;
            }

            using var span = Signals.Source.StartActivity("integrity check");
            var start = _clock.GetTimestamp();
            var mismatches = await TotalsStore.CompareAsync(connection, token);
            var history = await HistoryCheck.RunAsync(connection, token);
            return new IntegrityResult(_clock.GetUtcNow(), _clock.GetElapsedTime(start), mismatches.Count, history.Fault);
        }, token);
        if (result is null)
            return interval;
        await database.WriteAsync(OwnerScope.All, async connection =>
        {
            await IntegrityMetrics.KeepAsync(connection, result, token);
            return true;
        }, token);
        Tell(result);
        return interval;
    }

    private void Tell(IntegrityResult result)
    {
        var duration = Math.Round(result.Duration.TotalMilliseconds, 3);
        if (result.Mismatches == 0 && result.Fault is null)
            Log.Sound(logger, duration);
        if (result.Mismatches > 0)
            Log.TotalsWrong(logger, result.Mismatches);
        if (result.Fault is { } fault)
            Log.HistoryBroken(logger, fault.Seq ?? 0, fault.ExpenseId ?? 0);
    }

    private static partial class Log
    {
        [LoggerMessage(EventName = "integrity_checked", Level = LogLevel.Information, Message = "Totals and history are sound; checking them took {DurationMs} ms")]
        public static partial void Sound(ILogger logger, double durationMs);

        [LoggerMessage(EventName = "totals_wrong", Level = LogLevel.Error, Message = "{Count} totals are not what the expenses add up to: outlay doctor names them")]
        public static partial void TotalsWrong(ILogger logger, int count);

        [LoggerMessage(EventName = "history_broken", Level = LogLevel.Error, Message = "The history is broken at change {Change}, expense {ExpenseId}: outlay doctor --deep says how")]
        public static partial void HistoryBroken(ILogger logger, long change, long expenseId);
    }
}
