using System.Data.Common;
using Outlay.Access;
using Outlay.Import;

namespace Outlay.Storage;

/// <summary>What bringing the schema up to date did.</summary>
/// <param name="Applied">The migrations that were applied now, as number_name.</param>
/// <param name="Adopted">How many expenses were taken over from a database of the original system.</param>
internal sealed record MigrationReport(IReadOnlyList<string> Applied, long Adopted);

/// <summary>
/// Brings the schema up to date: each migration in one transaction of its own, whichever of several instances gets to it
/// first. An applied migration whose text has changed, or a schema from a newer program, stops it.
/// </summary>
internal sealed class Migrator(Database database, TimeProvider clock, Settings settings)
{
    private const string Journal = "schema_migrations";

    private static readonly string[] s_journalColumns = ["number", "name", "checksum", "applied_at"];

    /// <summary>How often a migration is tried that others keep from its tables: they go on working in between.</summary>
    private const int MaxTries = 20;

    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(0.5);

    private readonly IReadOnlyList<Migration> _known = Migration.Of(database.Engine);

    /// <summary>The number of the last migration that a database has.</summary>
    public static Task<int> SchemaAsync(DbConnection connection, CancellationToken token) =>
        new Sql($"select max(number) from {Journal}").ScalarAsync<int>(connection, token);

    /// <summary>
    /// Applies what is missing. Throws <see cref="ErrorCode.SchemaMismatch"/> when the database does not fit this program.
    /// </summary>
    public async Task<MigrationReport> RunAsync(CancellationToken token)
    {
        var applied = new List<string>();
        var adopted = 0L;
        while (await database.ReadAsync(OwnerScope.All, connection => NextAsync(connection, token), token) is not null)
        {
            var step = await StepAsync(token);
            if (step is null)
                continue;
            applied.Add(step.Name);
            adopted += step.Adopted;
        }

        return new MigrationReport(applied, adopted);
    }

    /// <summary>The migrations that are missing, in their order. Throws as <see cref="RunAsync"/> does.</summary>
    public Task<IReadOnlyList<Migration>> PendingAsync(CancellationToken token) =>
        database.ReadAsync<IReadOnlyList<Migration>>(
            OwnerScope.All, async connection => await NextAsync(connection, token) is { } next ? [.. _known.Skip(next.Number - 1)] : [], token);

    /// <summary>Whether the schema is the one that this program knows. Throws as <see cref="RunAsync"/> does.</summary>
    public Task<bool> IsCurrentAsync(CancellationToken token) =>
        database.ReadAsync(OwnerScope.All, async connection => await NextAsync(connection, token) is null, token);

    /// <summary>
    /// Applies the next migration in one transaction, or nothing of it. It waits for the tables it changes only as long as others
    /// can be kept waiting behind it, and tries again.
    /// </summary>
    private async Task<Step?> StepAsync(CancellationToken token)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await database.WriteAsync(OwnerScope.All, async connection =>
                {
                    await database.LockMigrationsAsync(connection, token);
                    // Another instance may have applied it while this one waited for the lock.
                    return await NextAsync(connection, token) is { } next ? await ApplyAsync(connection, next, token) : null;
                }, token);
            }
            catch (AppException e) when (attempt < MaxTries && e.InnerException is { } inner && database.IsLockTimeout(inner))
            {
                await Task.Delay(s_pause, clock, token);
            }
        }
    }

    private async Task<Step> ApplyAsync(DbConnection connection, Migration migration, CancellationToken token)
    {
        var now = clock.GetUtcMilliseconds();
        var original = migration.Number == 1 ? await OriginalBook.SetAsideAsync(database, connection, token) : null;
        await new Sql(migration.Text).WithoutLimit().ExecuteAsync(connection, token);
        if (migration.Number == 1)
            await CreateJournalAsync(connection, token);
        await new Sql($"insert into {Journal} (number, name, checksum, applied_at) values (@number, @name, @checksum, @now)")
            .With("@number", migration.Number).With("@name", migration.Name)
            .With("@checksum", migration.Checksum).With("@now", now)
            .ExecuteAsync(connection, token);
        var adopted = original is null ? 0 : await original.TakeOverAsync(database, connection, settings.DefaultCurrency, now, token);
        await migration.UpdateRowsAsync(database, connection, now, token);
        if (migration.Name == OriginalKeyStore.Migration)
            await OriginalKeyStore.TakeOverAsync(database, connection, now, token);
        return new Step(migration.ToString(), adopted);
    }

    private Task CreateJournalAsync(DbConnection connection, CancellationToken token) =>
        new Sql($"create table {Journal} (number integer not null primary key, name text not null, checksum text not null, applied_at {database.TimestampType} not null)")
            .ExecuteAsync(connection, token);

    /// <summary>The first migration that is missing; null when the schema is up to date.</summary>
    private async Task<Migration?> NextAsync(DbConnection connection, CancellationToken token)
    {
        var columns = await database.ColumnsAsync(connection, Journal, token);
        if (columns.Count == 0)
            return _known[0];
        if (!s_journalColumns.All(columns.Contains))
            throw new AppException(ErrorCode.SchemaMismatch,
                $"{database.Location} has a table {Journal} of another program. Give Outlay a database of its own, or rename that table.");
        var applied = await new Sql($"select number, name, checksum from {Journal} order by number")
            .ListAsync(connection, row => new Applied(row.GetInt32(0), row.GetString(1), row.GetString(2)), token);
        // What a newer program has only added leaves this one working.
        if (applied.Skip(_known.Count).Any(row => !Migration.IsExpanding(row.Name)))
            throw new AppException(ErrorCode.SchemaMismatch,
                $"The schema of {database.Location} is at {applied[^1].Number:D4}_{applied[^1].Name}, newer than this program, which knows {_known.Count:D4}. " +
                "Run the version of Outlay that made it, or a newer one.");
        foreach (var (migration, row) in _known.Zip(applied))
        {
            if (migration.Checksum != row.Checksum)
                throw new AppException(ErrorCode.SchemaMismatch,
                    $"Migration {row.Number:D4}_{row.Name} of {database.Location} was applied with another text than this program has. " +
                    "Run the version of Outlay that applied it; if its file was edited, put the old text back and add a new migration.");
        }

        return _known.ElementAtOrDefault(applied.Count);
    }

    private sealed record Applied(int Number, string Name, string Checksum);

    private sealed record Step(string Name, long Adopted);
}
