using Outlay.Storage;

namespace Outlay.Backup;

/// <summary>
/// Verifies a backup by restoring it: into a scratch database that is thrown away. The scratch is always the embedded engine,
/// whose rows are the same line for line, so that nothing has to be granted on a server.
/// </summary>
internal sealed class BackupVerifier(TimeProvider clock, Settings settings)
{
    /// <summary>
    /// Restores the backup, checks the structures, the references and the history of what came out, and writes it again:
    /// every part must come out as it went in. Throws <see cref="ErrorCode.Inconsistent"/> with the first thing that is wrong.
    /// </summary>
    /// <param name="file">The backup, not encrypted any more.</param>
    /// <param name="folder">A folder for the scratch database, with room for all of it.</param>
    /// <param name="report">Told after each part.</param>
    public async Task<BackupManifest> VerifyAsync(Stream file, string folder, Action report, CancellationToken token)
    {
        await using var scratch = Database.OpenScratch(Path.Combine(folder, "scratch.db"));
        await new Migrator(scratch, clock, settings).RunAsync(token);
        var restored = await new BackupRestore(scratch).RunAsync(file, report, token);
        await scratch.SnapshotAsync(async connection =>
        {
            if (await scratch.CheckIntegrityAsync(connection, token) is { } damage)
                throw new AppException(ErrorCode.Inconsistent, $"What was restored is damaged: {damage}.");
            await CompareAsync(restored, take => BackupTables.WritePartsAsync(scratch, connection, restored.Tables, take, token));
            return restored;
        }, token);
        return restored.Manifest;
    }

    private static async Task CompareAsync(RestoredBackup restored, Func<Func<string, ReadOnlyMemory<byte>, Task>, Task> writeParts)
    {
        var written = new List<BackupPart>();
        await writeParts((name, content) =>
        {
            written.Add(BackupPart.Of(name, content.Span));
            return Task.CompletedTask;
        });
        var expected = restored.Manifest.Parts.Where(part => part.Name.EndsWith(PartStream.Extension, StringComparison.Ordinal));
        if (expected.Except(written).Concat(written.Except(expected)).FirstOrDefault() is { } other)
            throw new AppException(ErrorCode.Inconsistent, $"What was restored, written again, is not the same: {other.Name} differs.");
    }
}
