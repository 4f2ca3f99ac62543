namespace Outlay.Backup;

/// <summary>Removes from a place the backups that are not to be kept, and what lies beside them.</summary>
internal sealed class BackupPruning(BackupCatalog catalog, RetentionRule rule, TimeProvider clock)
{
    /// <param name="newest">The backup that has just been made, or found to hold the present state: it stays, whatever the clock says.</param>
    /// <param name="book">Whose backups are looked at: those of other books are left alone, and take nobody's place.</param>
    public async Task RunAsync(IBackupDestination destination, string newest, string book, CancellationToken token)
    {
        var kept = new HashSet<string> { newest };
        var backups = await BackupCatalog.ListAsync(destination, token);
        foreach (var backup in await KeepAsync(backups, book, token))
            kept.Add(backup.Name);
        foreach (var backup in backups.Where(backup => !kept.Contains(backup.Name)))
        {
            await destination.DeleteAsync(BackupName.Csv(backup.Time), token);
            await destination.DeleteAsync(backup.Name, token);
        }

        await PruneBesideAsync(destination, kept, token);
    }

    /// <summary>One dated in the future stays until its time has come, and takes nobody's place: how old it is, nobody knows.</summary>
    private async Task<IEnumerable<ListedBackup>> KeepAsync(IReadOnlyList<ListedBackup> backups, string book, CancellationToken token)
    {
        var (exempt, others, good) = (new HashSet<ListedBackup>(), new List<ListedBackup>(), new HashSet<ListedBackup>());
        foreach (var backup in backups)
        {
            var report = await BackupCatalog.ReadReportAsync(backup, token);
            if (report is { IsGood: true })
                good.Add(backup);
            // What was promised to somebody is kept beside what the rule keeps.
            if (report?.KeptUntil > clock.GetUtcNow() || catalog.IsInTheFuture(backup.Time) || !BackupCatalog.IsOf(book, report))
                exempt.Add(backup);
            else
                others.Add(backup);
        }

        return exempt.Concat(rule.Keep(others, backup => backup.Time, good.Contains));
    }

    /// <summary>A report without its backup says nothing. A readable copy without one, as the first version made them, is a backup of its own.</summary>
    private async Task PruneBesideAsync(IBackupDestination destination, HashSet<string> kept, CancellationToken token)
    {
        var files = await destination.ListAsync(token);
        foreach (var report in files.Where(file => BackupName.OfReport(file.Name) is { } backup && !kept.Contains(backup)))
            await destination.DeleteAsync(report.Name, token);

        var times = kept.Select(BackupName.TimeOf).ToHashSet();
        var alone = files.Select(file => (file.Name, Time: BackupName.TimeOfCsv(file.Name))).Where(copy => copy.Time is not null && !times.Contains(copy.Time)).ToList();
        var keptAlone = rule.Keep(alone, copy => copy.Time!.Value, _ => false);
        foreach (var copy in alone.Where(copy => !keptAlone.Contains(copy)))
            await destination.DeleteAsync(copy.Name, token);
    }
}
