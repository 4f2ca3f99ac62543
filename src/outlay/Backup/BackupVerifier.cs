using Outlay.History;
using Outlay.Storage;
using Outlay.Telemetry;

namespace Outlay.Backup;

/// <summary>
/// Verifies a backup by restoring it: into a scratch database that is thrown away. The scratch is always the embedded engine,
/// whose rows are the same line for line, so that nothing has to be granted on a server.
/// </summary>
internal sealed class BackupVerifier(BackupCatalog catalog, Settings settings, TimeProvider clock)
{
    /// <summary>
    /// Restores the backup, checks the structures, the references and the history of what came out, and writes it again:
    /// every part must come out as it went in. What is wrong is told in the report, not thrown.
    /// </summary>
    /// <param name="name">The name of the backup.</param>
    /// <param name="open">Gives its content, not encrypted any more.</param>
    /// <param name="folder">A folder for the scratch database, with room for all of it.</param>
    public async Task<BackupReport> VerifyAsync(string name, Func<Task<Stream>> open, string folder, CancellationToken token)
    {
        using var span = Signals.Source.StartActivity("backup verify");
        var start = clock.GetTimestamp();
        var scratch = Path.Combine(folder, "scratch");
        PrivateFolder.Create(scratch);
        try
        {
            await using var file = await open();
            var manifest = await RestoreAsync(file, Path.Combine(scratch, "outlay.db"), token);
            return new BackupReport(
                name, manifest.Origin.CreatedAt, clock.GetUtcNow(), clock.GetElapsedTime(start), manifest.Content.Rows, manifest.Fingerprint, null);
        }
        catch (Exception e)
        {
            // What a cancelled statement throws depends on the engine.
            token.ThrowIfCancellationRequested();
            span?.Fail(e);
            return new BackupReport(
                name, null, clock.GetUtcNow(), clock.GetElapsedTime(start), new Dictionary<string, long>(), null, SafeException.Of(e).Reason)
            {
                IsConclusive = e is AppException { Code: ErrorCode.BackupDamaged or ErrorCode.SchemaMismatch },
            };
        }
        finally
        {
            Directory.Delete(scratch, recursive: true);
        }
    }

    /// <summary>Verifies a kept backup, and keeps what was found beside it.</summary>
    /// <param name="progress">Told how many bytes of it were read.</param>
    public async Task<BackupReport> VerifyAsync(ListedBackup backup, BackupFolder folder, Action<long> progress, CancellationToken token)
    {
        var report = await VerifyAsync(backup.Name, () => catalog.OpenAsync(backup, progress, token), folder.Temporary, token);
        // A missing key or a full disk says nothing about a backup that was found good before.
        if (report.IsConclusive || backup.Verdict is BackupVerdict.Unverified)
            await folder.StoreReportAsync(backup.Destination, report, token);
        return report;
    }

    private async Task<BackupManifest> RestoreAsync(Stream file, string path, CancellationToken token)
    {
        await using var scratch = Database.OpenScratch(path, clock);
        await new Migrator(scratch, clock, settings).RunAsync(token);
        var (manifest, tables) = await new BackupRestore(scratch, clock).RunAsync(file, token);
        // The history takes as long as all the rest: each has a processor of its own.
        await Task.WhenAll(
            Task.Run(() => CheckHistoryAsync(scratch, token), token),
            Task.Run(() => CompareAsync(scratch, manifest, tables, token), token));
        return manifest;
    }

    private static Task CheckHistoryAsync(Database scratch, CancellationToken token) =>
        scratch.SnapshotAsync(OwnerScope.All, async connection => (await HistoryCheck.RunAsync(connection, token)).Fault is { } fault
            ? throw Damaged($"its history, {fault}")
            : true, token);

    private static Task CompareAsync(Database scratch, BackupManifest manifest, IReadOnlyList<TableLayout> tables, CancellationToken token) =>
        scratch.SnapshotAsync(OwnerScope.All, async connection =>
        {
            if (await scratch.CheckIntegrityAsync(connection, token) is { } damage)
                throw Damaged(damage);
            var written = new List<BackupPart>();
            await BackupTables.WritePartsAsync(scratch, connection, tables, (part, content) =>
            {
                written.Add(BackupPart.Of(part, content.Span));
                return Task.CompletedTask;
            }, token);
            var expected = manifest.Parts.Where(part => part.Name.EndsWith(PartStream.Extension, StringComparison.Ordinal));
            return expected.Except(written).Concat(written.Except(expected)).FirstOrDefault() is { } other
                ? throw Damaged($"written again, {other.Name} is not the same")
                : true;
        }, token);

    private static AppException Damaged(string what) => new(ErrorCode.BackupDamaged, $"What was restored is not right: {what}.");
}
