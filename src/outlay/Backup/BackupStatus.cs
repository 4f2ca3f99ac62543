using System.Collections.Concurrent;

namespace Outlay.Backup;

internal enum BackupState
{
    /// <summary>None was tried since the start.</summary>
    NotRun,

    /// <summary>A backup was made and verified.</summary>
    Ok,

    /// <summary>Nothing had changed since the newest backup, which is verified, so none was made.</summary>
    Unchanged,

    /// <summary>Another instance has made one less than an interval ago, which is verified, so none was made.</summary>
    NotDue,

    /// <summary>No backup holds the present state and is known to be good.</summary>
    Failed,
}

/// <summary>What a run came to.</summary>
/// <param name="File">The newest backup on this machine; null when none was reached.</param>
/// <param name="Size">Its size in bytes.</param>
/// <param name="Report">What its verification found; null when it did not come to that.</param>
/// <param name="Duration">How long the run took.</param>
/// <param name="Failure">Why it failed, or what went wrong elsewhere, for a person to read; null when all is well.</param>
internal sealed record BackupResult(
    BackupState State, string? File = null, long Size = 0, BackupReport? Report = null, TimeSpan Duration = default, string? Failure = null)
{
    /// <summary>What to do about a backup that was made and did not pass; empty for any other.</summary>
    public string Advice => Report is { IsGood: false, IsConclusive: true }
        ? "It is kept all the same, marked as failed. outlay doctor --deep names where the data was changed past the program; outlay backup list has the last backup that was good, and outlay backup restore NAME --replace goes back to it."
        : "";

    /// <summary>The moment whose state a verified backup is known to hold; null when none does.</summary>
    public DateTimeOffset? HeldAt { get; init; }

    /// <summary>How many expenses the backup holds.</summary>
    public long Expenses => Report?.Rows.GetValueOrDefault("expenses") ?? 0;
}

/// <summary>How the backups stand. One for the process; <see cref="BackupService"/> keeps it up to date.</summary>
internal sealed class BackupStatus
{
    private volatile Snapshot _now = new(new BackupResult(BackupState.NotRun), null);

    private readonly ConcurrentDictionary<string, DateTimeOffset> _kept = new();

    /// <summary>The last run.</summary>
    public BackupResult Last => _now.Last;

    /// <summary>When a verified backup was last known to hold the present state; null when not since the start.</summary>
    public DateTimeOffset? LastSuccess => _now.LastSuccess;

    /// <summary>When a place was last known to keep a verified backup of the present state; null when not since the start.</summary>
    public DateTimeOffset? KeptAt(IBackupDestination destination) => _kept.TryGetValue(destination.Kind, out var time) ? time : null;

    /// <param name="held">The moment whose state is kept there.</param>
    public void Keep(IBackupDestination destination, DateTimeOffset held) => _kept[destination.Kind] = held;

    public void Record(BackupResult result) =>
        _now = new Snapshot(result, result.HeldAt is { } held && !(held < _now.LastSuccess) ? held : _now.LastSuccess);

    private sealed record Snapshot(BackupResult Last, DateTimeOffset? LastSuccess);
}
