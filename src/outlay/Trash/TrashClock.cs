using Outlay.Storage;
using Outlay.Telemetry;

namespace Outlay.Trash;

/// <summary>
/// Whether the clock can be believed when it says that something has been in the trash for long enough. A clock that is set a
/// month ahead would empty the trash at once, and nothing brings that back: so it must have gone on, as clocks do, for a day
/// that was looked at. Kept in the database, for all instances and across restarts.
/// </summary>
internal sealed class TrashClock(Database database, TimeProvider clock)
{
    private const string Last = "trash_clock_last", Since = "trash_clock_since";

    /// <summary>Who looks once a day finds no larger gap, unless nobody looked or the clock was set.</summary>
    private static readonly TimeSpan s_maxGap = TimeSpan.FromDays(2);

    /// <summary>A day, and some time for a look that comes early.</summary>
    private static readonly TimeSpan s_proof = TimeSpan.FromHours(23);

    /// <summary>Looks at the clock.</summary>
    /// <returns>Whether it has been going on for long enough.</returns>
    public Task<bool> IsProvenAsync(CancellationToken token) => database.WriteAsync(OwnerScope.All, async connection =>
    {
        var now = clock.GetUtcNow().ToUnixTimeSeconds();
        var figures = await FigureStore.AllAsync(connection, token);
        var goesOn = figures.TryGetValue(Last, out var last) && figures.ContainsKey(Since) && now - last is var gap && gap >= 0 && gap <= s_maxGap.TotalSeconds;
        var since = goesOn ? figures[Since] : now;
        await FigureStore.SetAsync(connection, Last, now, token);
        await FigureStore.SetAsync(connection, Since, since, token);
        return now - since >= s_proof.TotalSeconds;
    }, token);
}
