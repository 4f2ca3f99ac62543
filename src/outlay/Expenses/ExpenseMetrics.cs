using System.Diagnostics.Metrics;
using Outlay.History;
using Outlay.Telemetry;

namespace Outlay.Expenses;

/// <summary>Counts what this process has changed.</summary>
internal static class ExpenseMetrics
{
    private static readonly Counter<long> s_changes = Signals.Meter.CreateCounter<long>(
        "outlay.expense.changes", "{expense}", "Expenses that this process changed, by what was done and whether only to test; one that an undo changes counts as updated");

    private static readonly Counter<long> s_replays = Signals.Meter.CreateCounter<long>(
        "outlay.idempotent.replays", "{request}", "Requests that were not carried out again, because their key was used before");

    /// <summary>Makes every series be there from the start, so that the first change shows as a change.</summary>
    public static void Begin()
    {
        foreach (var action in Enum.GetValues<ChangeAction>())
            Changed(action, 0, 0);
        s_replays.Add(0);
    }

    /// <param name="count">How many expenses a change has changed.</param>
    /// <param name="testCount">How many of them are of the currency of tests: what a prober does is nothing that people do.</param>
    public static void Changed(ChangeAction action, long count, long testCount)
    {
        Add(count - testCount, isTest: false);
        Add(testCount, isTest: true);

        void Add(long some, bool isTest) =>
            s_changes.Add(some, new KeyValuePair<string, object?>("action", NameOf(action)), new KeyValuePair<string, object?>("test", isTest));
    }

    public static void Replayed() => s_replays.Add(1);

    private static string NameOf(ChangeAction action) => action switch
    {
        ChangeAction.Create or ChangeAction.Import or ChangeAction.Adopt => "created",
        ChangeAction.Delete => "deleted",
        ChangeAction.Restore => "restored",
        ChangeAction.Purge => "purged",
        _ => "updated",
    };
}
