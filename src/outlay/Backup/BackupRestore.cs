using System.Data.Common;
using Outlay.Access;
using Outlay.History;
using Outlay.Reports;
using Outlay.Storage;

namespace Outlay.Backup;

/// <summary>What a restore did.</summary>
/// <param name="Tables">The tables as the backup has them.</param>
internal sealed record RestoredBackup(BackupManifest Manifest, IReadOnlyList<TableLayout> Tables)
{
    /// <summary>The keys that hold now and did not before, or were not there: of them the backup alone says that they are good.</summary>
    public IReadOnlyList<ApiKey> Revived { get; init; } = [];
}

/// <summary>Puts a backup in the place of all that a database holds: all of it, or nothing.</summary>
internal sealed class BackupRestore(Database database, TimeProvider clock)
{
    /// <summary>What refers to others stands before them.</summary>
    private static readonly IReadOnlyList<string> s_tables = ["totals", .. BackupTables.All.Reverse().Select(table => table.Name)];

    private readonly IReadOnlyList<Migration> _migrations = Migration.Of(database.Engine);

    /// <summary>How many expenses a restore would replace, the trash included; null when nothing would be lost.</summary>
    public Task<long?> ReplacedAsync(CancellationToken token) => database.ReadAsync<long?>(OwnerScope.All, async connection =>
        await BackupStore.IsEmptyAsync(database, connection, token) ? null : await BackupStore.ExpensesAsync(connection, token), token);

    /// <summary>Throws <see cref="ErrorCode.Unavailable"/> when whoever is connected may not replace everything.</summary>
    public Task RequireOwnershipAsync(CancellationToken token) => database.ReadAsync(OwnerScope.All, async connection =>
    {
        await database.RequireOwnershipAsync(connection, $"Everything in {database.Location} is to be replaced", "outlay backup restore", token);
        return true;
    }, token);

    /// <summary>
    /// Replaces everything in one transaction, and commits only if rows, sums and heads of the histories are what the manifest
    /// says. Waits while another instance makes a backup: on some engines it would hold nothing. Throws
    /// <see cref="ErrorCode.Conflict"/> when something would be lost that no backup has, <see cref="ErrorCode.BackupDamaged"/>
    /// when the backup is not what it says, and <see cref="ErrorCode.SchemaMismatch"/> for one of a newer program.
    /// </summary>
    /// <param name="file">The backup, not encrypted any more.</param>
    /// <param name="replaced">The fingerprint of the backup that has what is replaced; null when nothing may be there.</param>
    /// <param name="isVerified">Whether it was verified before, or is wanted whatever that found; otherwise its history is recomputed.</param>
    public async Task<RestoredBackup> RunAsync(Stream file, string? replaced, bool isVerified, CancellationToken token)
    {
        await using var turn = await BackupTurn.TakeAsync(database, clock, token);
        return await WriteAsync(async connection =>
        {
            await database.KeepOutAsync(connection, s_tables, token);
            await RefuseLossAsync(connection, replaced, token);
            var before = await KeyStore.ListAsync(connection, owner: null, token);
            var restored = await LoadAsync(connection, file, token);
            await UpdateAsync(connection, restored.Manifest.Origin, token);
            var keys = await KeepRestrictedAsync(connection, before, token);
            if (!isVerified && (await HistoryCheck.RunAsync(connection, token)).Fault is { } fault)
                throw new AppException(ErrorCode.BackupDamaged, $"What was restored is not right: its history, {fault}. --unverified restores it all the same.");
            await BackupMark.RemoveAsync(connection, token);
            // In an empty place it goes on as the book it was, with its backups; where another book was, that has its own.
            if (replaced is null && restored.Manifest.Origin.Book is { } book)
                await BookId.SetAsync(connection, book, token);
            return restored with { Revived = Revived(before, keys) };
        }, token);
    }

    /// <summary>Fills a database that nobody else uses with the rows of a backup as they are. Throws as <see cref="RunAsync"/> does.</summary>
    public Task<RestoredBackup> LoadAsync(Stream file, CancellationToken token) => WriteAsync(connection => LoadAsync(connection, file, token), token);

    /// <summary>What was taken back or limited since the backup stays so: a key that somebody has stolen must not come back to life.</summary>
    /// <returns>All keys that there are now.</returns>
    private static async Task<List<ApiKey>> KeepRestrictedAsync(DbConnection connection, List<ApiKey> before, CancellationToken token)
    {
        foreach (var key in await KeyStore.ListAsync(connection, owner: null, token))
        {
            if (before.Find(old => KeySecret.AreSame(old.Hash, key.Hash)) is not { } old)
                continue;
            if (old.RevokedAt is { } revoked)
                await KeyStore.RevokeAsync(connection, key.Id, revoked, token);
            if (old.ExpiresAt is { } end && !(key.ExpiresAt <= end))
                await KeyStore.ExpireAsync(connection, key.Id, end, token);
        }

        return await KeyStore.ListAsync(connection, owner: null, token);
    }

    private List<ApiKey> Revived(List<ApiKey> before, List<ApiKey> keys)
    {
        var now = clock.GetUtcNow();
        return keys.FindAll(key => Holds(key) && !before.Exists(old => KeySecret.AreSame(old.Hash, key.Hash) && Holds(old)));

        bool Holds(ApiKey key) => key.StateAt(now) is KeyState.Active;
    }

    /// <summary>Does to the rows of a backup what the migrations have done, that came after it, to the rows of a database.</summary>
    public Task UpdateAsync(BackupOrigin origin, CancellationToken token) => WriteAsync(async connection =>
    {
        await UpdateAsync(connection, origin, token);
        return true;
    }, token);

    private async Task<T> WriteAsync<T>(Func<DbConnection, Task<T>> write, CancellationToken token)
    {
        try
        {
            return await database.WriteAsync(OwnerScope.All, write, token);
        }
        catch (Exception e) when (e is InvalidDataException or DbException)
        {
            // What is wrong with the database itself was explained before.
            throw new AppException(ErrorCode.BackupDamaged, "The backup is damaged: it has a row that the database refuses.", e);
        }
    }

    /// <summary>From here to the end of the transaction nobody else writes: what is found now is what would be lost.</summary>
    private async Task RefuseLossAsync(DbConnection connection, string? replaced, CancellationToken token)
    {
        if (replaced is null)
        {
            if (!await BackupStore.IsEmptyAsync(database, connection, token))
                throw new AppException(ErrorCode.Conflict, $"{database.Location} is not empty: add --replace to replace what it holds.");
        }
        else if (await BackupStore.FingerprintAsync(database, connection, token) != replaced)
        {
            throw new AppException(ErrorCode.Conflict,
                $"{database.Location} was changed after it had been backed up, so nothing was replaced. Stop what writes to it, and run the command again.");
        }
    }

    private async Task<RestoredBackup> LoadAsync(DbConnection connection, Stream file, CancellationToken token)
    {
        await using var reader = await BackupReader.OpenAsync(file, _migrations.Count, token);
        var rebuild = await database.EmptyAsync(connection, s_tables, token);
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
            await BackupStore.SumsOfTotalsAsync(connection, token),
            await BackupStore.HeadsAsync(connection, token),
            await BackupStore.KeysAsync(database, connection, token));
        if (BackupContent.Difference(manifest.Content, found) is { } difference)
            throw new AppException(ErrorCode.BackupDamaged, $"The backup does not hold what its manifest says: {difference}.");
        return new RestoredBackup(manifest, tables);
    }

    private async Task UpdateAsync(DbConnection connection, BackupOrigin origin, CancellationToken token)
    {
        foreach (var migration in _migrations.Skip(origin.Schema))
            await migration.UpdateRowsAsync(database, connection, clock.GetUtcMilliseconds(), token);
        await BackupStore.SkipIdsAsync(database, connection, token);
    }
}
