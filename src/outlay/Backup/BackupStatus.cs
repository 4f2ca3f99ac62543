namespace Outlay.Backup;

internal enum BackupState
{
    /// <summary>None was tried since the start.</summary>
    NotRun,

    Ok,

    /// <summary>Nothing had changed since the newest backup, so none was written.</summary>
    Unchanged,

    Failed,
}

/// <summary>What a run came to.</summary>
/// <param name="File">The backup that holds the present state; null when the run failed.</param>
/// <param name="Expenses">How many expenses it holds.</param>
/// <param name="Failure">Why it failed, for a person to read; null when it did not.</param>
internal sealed record BackupResult(BackupState State, string? File, long Expenses, string? Failure);

/// <summary>How the backups stand. One for the process; <see cref="BackupService"/> keeps it up to date.</summary>
internal sealed class BackupStatus
{
    private volatile Snapshot _now = new(new BackupResult(BackupState.NotRun, null, 0, null), null);

    /// <summary>The last run.</summary>
    public BackupResult Last => _now.Last;

    /// <summary>When a backup was last known to hold the present state; null when not since the start.</summary>
    public DateTimeOffset? LastSuccess => _now.LastSuccess;

    public void Record(BackupResult result, DateTimeOffset now) =>
        _now = new Snapshot(result, result.State is BackupState.Failed ? _now.LastSuccess : now);

    private sealed record Snapshot(BackupResult Last, DateTimeOffset? LastSuccess);
}
