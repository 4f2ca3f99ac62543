using System.Data.Common;
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
    /// <param name="open">Opens it as it is stored.</param>
    /// <param name="folder">A folder for the scratch database, with room for all of it.</param>
    /// <param name="progress">Told how many bytes of it were read.</param>
    public async Task<BackupReport> VerifyAsync(
        string name, Func<Task<Stream>> open, string folder, Action<long> progress, CancellationToken token)
    {
        using var span = Signals.Source.StartActivity("backup verify");
        var start = clock.GetTimestamp();
        var scratch = Path.Combine(folder, "scratch");
        PrivateFolder.Create(scratch);
        BackupManifest? read = null;
        try
        {
            await using var stored = new StoredStream(await open(), progress);
            await using var file = await catalog.DecryptAsync(stored, name, token);
            var manifest = await RestoreAsync(file, Path.Combine(scratch, "outlay.db"), restored => read = restored, token);
            var digest = await stored.EndAsync(token);
            return new BackupReport(
                name, manifest.Origin.CreatedAt, clock.GetUtcNow(), clock.GetElapsedTime(start), manifest.Content.Rows, manifest.Fingerprint, digest, null)
            {
                Book = manifest.Origin.Book,
                Location = manifest.Origin.Location,
                InTrash = manifest.Content.InTrash,
            };
        }
        catch (Exception e)
        {
            // What a cancelled statement throws depends on the engine.
            token.ThrowIfCancellationRequested();
            span?.Fail(e);
            return new BackupReport(
                name, read?.Origin.CreatedAt, clock.GetUtcNow(), clock.GetElapsedTime(start), read?.Content.Rows ?? new Dictionary<string, long>(), read?.Fingerprint, null,
                SafeException.Of(e).Reason)
            {
                Book = read?.Origin.Book,
                Location = read?.Origin.Location,
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
        var known = await BackupCatalog.ReadReportAsync(backup, token);
        var found = await VerifyAsync(backup.Name, () => backup.Destination.OpenAsync(backup.Name, token), folder.Temporary, progress, token);
        // What is damaged does not tell any more what it is of.
        var report = found with { Book = found.Book ?? known?.Book, Location = found.Location ?? known?.Location, KeptUntil = known?.KeptUntil };
        // A missing key or a full disk says nothing about a backup that was found good before.
        if (report.IsConclusive || backup.Verdict is BackupVerdict.Unverified)
            await folder.StoreReportAsync(backup.Destination, report, token);
        return report;
    }

    private async Task<BackupManifest> RestoreAsync(Stream file, string path, Action<BackupManifest> onRead, CancellationToken token)
    {
        await using var scratch = Database.OpenScratch(path, clock);
        await new Migrator(scratch, clock, settings).RunAsync(token);
        var restore = new BackupRestore(scratch, clock);
        var (manifest, tables) = await restore.LoadAsync(file, token);
        onRead(manifest);
        var compare = Task.Run(() => CompareAsync(scratch, manifest, tables, token), token);
        if (manifest.Origin.Schema < Migration.Of(scratch.Engine).Count)
        {
            // From here on the rows are not those of the backup any more.
            await compare;
            await restore.UpdateAsync(manifest.Origin, token);
        }

        // Three that take about the same time, side by side.
        await Task.WhenAll(
            compare,
            Task.Run(() => CheckAsync(scratch, async connection => (await HistoryCheck.RunChainsAsync(connection, token)).Fault, token), token),
            Task.Run(() => CheckAsync(scratch, connection => HistoryCheck.FindExpenseFaultAsync(connection, token), token), token));
        return manifest;
    }

    private static async Task CheckAsync(Database scratch, Func<DbConnection, Task<HistoryFault?>> find, CancellationToken token)
    {
        using var span = Signals.Source.StartActivity("history check");
        await scratch.SnapshotAsync(OwnerScope.All, async connection => await find(connection) is { } fault ? throw Damaged($"its history, {fault}") : true, token);
    }

    private static async Task CompareAsync(Database scratch, BackupManifest manifest, IReadOnlyList<TableLayout> tables, CancellationToken token)
    {
        using var span = Signals.Source.StartActivity("backup compare");
        await scratch.SnapshotAsync(OwnerScope.All, async connection =>
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
    }

    private static AppException Damaged(string what) => new(ErrorCode.BackupDamaged, $"What was restored is not right: {what}.");
}
