using Outlay.Backup;

namespace Outlay.Status;

/// <summary>How the service is, how its objectives stand, and whether its records are safe.</summary>
internal sealed record StatusReport(ServiceHealth Service, Promises Promises, KeptBackup Backup)
{
    /// <summary>Null when all is well, as far as it is known.</summary>
    public ErrorCode? Code =>
        !Service.CanServe || Promises is { Address: not null, Problem: not null } || Backup.Problem is not null ? ErrorCode.Unavailable
        : Concerns.Any() ? ErrorCode.Degraded
        : null;

    /// <summary>What is not as it should be, in a few words each.</summary>
    public IEnumerable<string> Concerns =>
    [
        .. Service.Problem is { } problem ? [problem.TrimEnd('.')] : Service.Checks.Where(check => check.Status != ServiceHealth.Ok).Select(check => $"the {check.Name} is {check.Status}"),
        .. Promises.Address is not null && Promises.Problem is { } unknown ? [unknown.TrimEnd('.')] : Array.Empty<string>(),
        .. Promises.Objectives.Where(objective => objective.State != Objective.Kept).Select(objective => $"the error budget of {objective.Name} is {objective.State}"),
        .. Promises.Alerts.Count > 0 ? [$"{Plural.Of(Promises.Alerts.Count, "alert")} {Plural.Verb(Promises.Alerts.Count, "fires", "fire")}"] : Array.Empty<string>(),
        .. Backup.Problem is { } unasked ? [$"whether there is a verified backup is not known: {unasked.TrimEnd('.')}"]
            : Backup.State != KeptBackup.Ok ? [$"the last verified backup is {Backup.State}"] : Array.Empty<string>(),
    ];
}

/// <summary>What /readyz says.</summary>
/// <param name="Status">ok, degraded or unavailable.</param>
/// <param name="Problem">Why it could not be asked; null when it has answered.</param>
internal sealed record ServiceHealth(Uri Address, string Status, IReadOnlyList<HealthCheck> Checks, string? Problem = null)
{
    public const string Ok = "ok";

    public const string Unavailable = "unavailable";

    public bool CanServe => Status != Unavailable;
}

/// <param name="Reason">Null when all is well.</param>
internal sealed record HealthCheck(string Name, string Status, string? Reason);

/// <summary>What Prometheus knows about the objectives.</summary>
/// <param name="Address">Null when nobody has said where it is.</param>
/// <param name="Problem">Why it knows nothing; null when it knows.</param>
internal sealed record Promises(Uri? Address, IReadOnlyList<Objective> Objectives, IReadOnlyList<FiringAlert> Alerts, string? Problem = null);

/// <param name="Promised">The share of events that are to be good, 0–1.</param>
/// <param name="BudgetLeft">The share of the error budget that is left, at most 1, below 0 when it is overspent; null when that is not known.</param>
/// <param name="BurnRate">How many times as fast as it may the budget has burnt over the last hour; null when that is not known.</param>
internal sealed record Objective(string Name, double Promised, double? BudgetLeft, double? BurnRate)
{
    public const string Kept = "kept";

    public string State => BudgetLeft switch { null => "unknown", > 0 => Kept, _ => "spent" };
}

/// <param name="Severity">page or ticket.</param>
/// <param name="Since">When its condition began to hold.</param>
internal sealed record FiringAlert(string Name, string Severity, DateTimeOffset Since, string Summary, string? Runbook);

/// <summary>The last verified backup of the present book on this machine.</summary>
/// <param name="State">ok, or what is wrong with it: missing, stale, older than one that failed, or unknown.</param>
/// <param name="Name">Null when there is none.</param>
/// <param name="Age">How old the data in it is.</param>
internal sealed record KeptBackup(string State, string Folder, string? Name = null, TimeSpan? Age = null, DateTimeOffset? VerifiedAt = null)
{
    public const string Ok = "ok";

    /// <summary>Why nobody knows which backups are of this book; null when it is known.</summary>
    public string? Problem { get; init; }

    /// <param name="isFresh">Whether the server itself is content with its backups: only it knows that nothing has changed since an old one.</param>
    public static async Task<KeptBackup> FindAsync(BackupCatalog catalog, Settings settings, DateTimeOffset now, bool isFresh, CancellationToken token)
    {
        // Any of them could be of another book that is kept in the same place.
        if ((await catalog.Book(token)).Problem is { } problem)
            return new KeptBackup("unknown", settings.BackupsDir) { Problem = problem };
        var backups = await catalog.OwnAsync(catalog.Disk, token).Where(kept => !catalog.IsInTheFuture(kept.Backup.Time)).ToListAsync(token);
        if (backups.Find(kept => kept.Backup.Verdict is BackupVerdict.Verified) is not { Backup: { } verified } found)
            return new KeptBackup("missing", settings.BackupsDir);
        var age = now - verified.Time;
        var state = backups[0].Backup.Verdict is BackupVerdict.Failed ? "older than one that failed"
            : age > settings.BackupMaxAge && !isFresh ? "stale"
            : Ok;
        return new KeptBackup(state, settings.BackupsDir, verified.Name, age, found.Report?.VerifiedAt);
    }
}
