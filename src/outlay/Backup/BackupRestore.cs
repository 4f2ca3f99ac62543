using System.Data.Common;
using Outlay.History;
using Outlay.Reports;
using Outlay.Storage;

namespace Outlay.Backup;

/// <summary>What a restore did.</summary>
/// <param name="Tables">The tables as the backup has them.</param>
internal sealed record RestoredBackup(BackupManifest Manifest, IReadOnlyList<TableLayout> Tables);

/// <summary>Puts a backup in the place of all that a database holds: all of it, or nothing.</summary>
internal sealed class BackupRestore(Database database, TimeProvider clock)
{
    /// <summary>Whether nothing would be lost.</summary>
    public Task<bool> IsTargetEmptyAsync(CancellationToken token) => database.ReadAsync(OwnerScope.All, connection => BackupStore.IsEmptyAsync(connection, token), token);

    /// <summary>
    /// Replaces everything in one transaction, and commits only if rows, sums and heads of the histories are what the manifest
    /// says. Throws <see cref="ErrorCode.BackupDamaged"/> when they are not, and <see cref="ErrorCode.SchemaMismatch"/> for a
    /// backup of a newer program.
    /// </summary>
    /// <param name="file">The backup, not encrypted any more.</param>
    public async Task<RestoredBackup> RunAsync(Stream file, CancellationToken token)
    {
        try
        {
            return await database.WriteAsync(OwnerScope.All, async connection =>
            {
                await using var reader = await BackupReader.OpenAsync(file, Migration.Of(database.Engine).Count, token);
                return await ReplaceAsync(connection, reader, token);
            }, token);
        }
        catch (Exception e) when (e is InvalidDataException or DbException)
        {
            // What is wrong with the database itself was explained before.
            throw new AppException(ErrorCode.BackupDamaged, "The backup is damaged: it has a row that the database refuses.", e);
        }
    }

    private async Task<RestoredBackup> ReplaceAsync(DbConnection connection, BackupReader reader, CancellationToken token)
    {
        // What refers to others is emptied before them.
        var rebuild = await database.EmptyAsync(connection, ["totals", .. BackupTables.All.Reverse().Select(table => table.Name)], token);
        var tables = new List<TableLayout>();
        while (await reader.NextTableAsync() is { } table)
        {
            await database.CopyInAsync(connection, table, reader.RowsAsync(table), token);
            tables.Add(table);
        }

        foreach (var statement in rebuild)
            await new Sql(statement).WithoutLimit().ExecuteAsync(connection, token);
        var manifest = await reader.EndAsync();
        await TotalsStore.RebuildAsync(connection, token);
        var found = new BackupContent(
            await BackupStore.CountAsync(connection, tables, token),
            await BackupStore.SumsAsync(connection, token),
            await BackupStore.HeadsAsync(connection, token),
            await BackupStore.KeysAsync(database, connection, token));
        if (BackupContent.Difference(manifest.Content, found) is { } difference)
            throw new AppException(ErrorCode.BackupDamaged, $"The backup does not hold what its manifest says: {difference}.");
        if (manifest.Origin.Schema < Adoption.Migration)
            await Adoption.RunAsync(database, connection, clock.GetUtcMilliseconds(), token);
        await BackupStore.SkipIdsAsync(database, connection, token);
        return new RestoredBackup(manifest, tables);
    }
}
