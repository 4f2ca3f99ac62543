using System.Data.Common;
using System.Text.Json;
using Microsoft.Data.Sqlite;
using Npgsql;
using Outlay.Backup;
using Outlay.Storage;
using Outlay.Tests.Harness;

namespace Outlay.Tests.Backup;

/// <summary>What happens before, and around, a change of the schema.</summary>
public sealed class UpgradeTests
{
    [Theory, EachEngine]
    public async Task Expenses_are_backed_up_and_the_backup_verified_before_the_schema_changes(Engine engine)
    {
        await using var database = await OldBook.CreateAsync(engine);

        var migrate = await OutlayProcess.RunAsync(["migrate"], database.Environment);

        Assert.Equal(0, migrate.ExitCode);
        Assert.Contains("applied 0002_history", migrate.Output, StringComparison.Ordinal);
        var list = await OutlayProcess.RunAsync(["backup", "list", "--output", "json"], database.Environment);
        using var backups = JsonDocument.Parse(list.Output);
        Assert.True(Assert.Single(backups.RootElement.EnumerateArray()).GetProperty("verified").GetBoolean());
    }

    [Theory, EachEngine]
    public async Task That_backup_restores_with_a_history_that_begins_with_what_was_there(Engine engine)
    {
        await using var database = await OldBook.CreateAsync(engine);
        await OutlayProcess.RunAsync(["migrate"], database.Environment);
        var backup = Directory.GetFiles(Path.Combine(database.Folder, "backups"), "*.tar.gz").Single();
        await using var target = await TestDatabase.CreateAsync(engine);

        var restore = await OutlayProcess.RunAsync(["backup", "restore", backup, "--yes"], target.Environment);

        Assert.True(restore.ExitCode == 0, restore.Error);
        Assert.Equal(OldBook.Many + 2, await target.ScalarAsync<long>("select count(*) from expenses"));
        var doctor = await OutlayProcess.RunAsync(["doctor", "--deep"], target.Environment);
        Assert.True(doctor.ExitCode == 0, doctor.Output);
    }

    [Theory, EachEngine]
    public async Task A_dry_run_says_what_will_happen_and_changes_nothing(Engine engine)
    {
        await using var database = await OldBook.CreateAsync(engine);

        var plan = await OutlayProcess.RunAsync(["migrate", "--dry-run"], database.Environment);

        Assert.Equal(0, plan.ExitCode);
        Assert.StartsWith($"would back up and verify {OldBook.Many + 2} expenses into ", plan.Output, StringComparison.Ordinal);
        Assert.Contains("would apply 0002_history", plan.Output, StringComparison.Ordinal);
        Assert.Equal(1, await database.ScalarAsync<long>("select count(*) from schema_migrations"));
        Assert.False(Directory.Exists(Path.Combine(database.Folder, "backups")));
    }

    [Theory, EachEngine]
    public async Task Without_a_backup_nothing_is_changed_unless_that_is_asked_for(Engine engine)
    {
        await using var database = await OldBook.CreateAsync(engine);
        await File.WriteAllTextAsync(Path.Combine(database.Folder, "backups"), "a file where the folder should be", Test.Token);

        var refused = await OutlayProcess.RunAsync(["list"], database.Environment);
        var forced = await OutlayProcess.RunAsync(["migrate", "--no-snapshot"], database.Environment);

        Assert.Equal(75, refused.ExitCode);
        Assert.Contains("no verified backup could be made", refused.Error, StringComparison.Ordinal);
        Assert.Contains("Nothing was changed.", refused.Error, StringComparison.Ordinal);
        Assert.Contains("migrate --no-snapshot", refused.Error, StringComparison.Ordinal);
        Assert.Equal(0, forced.ExitCode);
    }

    [Theory, EachEngine]
    public async Task A_server_backs_up_before_it_changes_the_schema_too(Engine engine)
    {
        await using var database = await OldBook.CreateAsync(engine);

        await using var server = OutlayProcess.StartServer(database.Environment);
        await server.WaitForAddressAsync();

        Assert.NotEmpty(Directory.GetFiles(Path.Combine(database.Folder, "backups"), "*.tar.gz"));
        Assert.Equal(2, await database.ScalarAsync<long>("select count(*) from changes where action = 'adopt'"));
    }

    [Theory, EachEngine]
    public async Task What_a_newer_program_has_only_added_leaves_this_one_working(Engine engine)
    {
        await using var database = await TestDatabase.CreateAsync(engine);
        await database.ExecuteAsync("insert into schema_migrations (number, name, checksum, applied_at) select 9999, 'expand_future', 'x', applied_at from schema_migrations where number = 1");

        Assert.Empty((await database.MigrateAsync()).Applied);
        var backup = await OutlayProcess.RunAsync(["backup", "create"], database.Environment);
        Assert.Equal((0, ""), (backup.ExitCode, backup.ExitCode == 0 ? "" : backup.Error));
    }

    [Fact(SkipUnless = nameof(HasPostgres), Skip = "PostgreSQL is not installed: ./test installs it.")]
    public async Task A_migration_that_waits_for_a_table_keeps_others_waiting_a_second_at_most_and_comes_through()
    {
        await using var database = await OldBook.CreateAsync(Engine.Postgres);
        await using var reader = await BlockAsync(database, "lock table owners in access share mode");

        var migrate = Task.Run(() => OutlayProcess.RunAsync(["migrate", "--no-snapshot"], database.Environment), Test.Token);
        await Eventually.TrueAsync("the migration waits for the table", async () =>
            await database.ScalarAsync<long>("select count(*) from pg_locks where not granted and relation = 'owners'::regclass") > 0);
        await Eventually.TrueAsync("it steps back and lets others pass", async () =>
            await database.ScalarAsync<long>("select count(*) from pg_locks where not granted and relation = 'owners'::regclass") == 0);
        await reader.DisposeAsync();

        Assert.Equal(0, (await migrate).ExitCode);
    }

    [Fact(SkipUnless = nameof(HasPostgres), Skip = "PostgreSQL is not installed: ./test installs it.")]
    public async Task A_migration_that_is_killed_leaves_the_schema_as_it_was()
    {
        await using var database = await OldBook.CreateAsync(Engine.Postgres);
        // It gets as far as the table that comes last, and waits there with all the rest done.
        await using var reader = await BlockAsync(database, "create table idempotency (x integer)");

        await using var migrate = OutlayProcess.Start(["migrate", "--no-snapshot"], database.Environment);
        await Eventually.TrueAsync("the migration is under way", async () =>
            await database.ScalarAsync<long>("select count(*) from pg_locks where not granted and locktype = 'transactionid'") > 0);
        await migrate.SignalAsync("KILL");
        await migrate.WaitForExitAsync();
        await reader.DisposeAsync();

        Assert.Equal(1, await database.ScalarAsync<long>("select count(*) from schema_migrations"));
        Assert.Equal(0, await database.ScalarAsync<long>("select count(*) from pg_class where relname in ('changes', 'history')"));
        Assert.NotEmpty((await database.MigrateAsync()).Applied);
    }

    [Fact]
    public async Task A_migration_of_the_embedded_database_that_is_killed_leaves_the_schema_as_it_was()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no signal that stops a process.");
        await using var database = await OldBook.CreateAsync(Engine.Sqlite, 100_000);
        await using var migrate = OutlayProcess.Start(["migrate", "--no-snapshot"], database.Environment);

        // A process that stands still with the lock in hand, and has not committed, is in the middle of the migration.
        await Eventually.TrueAsync("the migration is under way", async () =>
        {
            await migrate.SignalAsync("STOP");
            if (!await IsFreeAsync(database) && await database.ScalarAsync<long>("select count(*) from schema_migrations") == 1)
                return true;
            await migrate.SignalAsync("CONT");
            return false;
        });
        await migrate.SignalAsync("KILL");
        await migrate.WaitForExitAsync();

        Assert.Equal(1, await database.ScalarAsync<long>("select count(*) from schema_migrations"));
        Assert.Equal(0, await database.ScalarAsync<long>("select count(*) from sqlite_master where name in ('changes', 'history')"));
        Assert.NotEmpty((await database.MigrateAsync()).Applied);
        Assert.Equal(100_002, await database.ScalarAsync<long>("select count(*) from history"));
        Assert.Null((await database.Doctor.CheckHistoryAsync(Test.Token)).Fault);
    }

    [Fact(SkipUnless = nameof(HasPostgres), Skip = "PostgreSQL is not installed: ./test installs it.")]
    public async Task A_server_that_may_not_migrate_says_so_and_makes_no_backup()
    {
        await using var database = await TestDatabase.CreateAsync(Engine.Postgres);
        await database.Database.CreateRolesAsync(Test.Token);
        await SampleBook.AddAsync(database, "Coffee");
        await database.ExecuteAsync("delete from schema_migrations where number > 2");
        var login = await (await PostgresCluster.Shared).CreateLoginAsync("outlay_app");
        var environment = new Dictionary<string, string>(database.Environment) { ["DB_USER"] = login };

        await using var server = OutlayProcess.StartServer(environment);
        await server.WaitForOutputAsync("waiting_for_database");
        var list = await OutlayProcess.RunAsync(["list"], environment);

        Assert.Contains($"{login} does not own its tables: whoever does runs outlay migrate.", server.Output, StringComparison.Ordinal);
        Assert.Equal(69, list.ExitCode);
        Assert.Contains("runs outlay migrate", list.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(database.Settings.BackupsDir));
    }

    [Theory, EachEngine]
    public async Task An_upgrade_that_fails_again_and_again_makes_one_backup(Engine engine)
    {
        await using var database = await OldBook.CreateAsync(engine);
        // The last thing that the next migration makes is there already.
        await database.ExecuteAsync("create index idempotency_by_expiry on owners (name)");
        var upgrade = new Upgrade(
            database.Database, new Migrator(database.Database, database.Clock, database.Settings), BackupRun.Service(database, database.Settings), database.Settings, database.Clock);

        for (var attempt = 0; attempt < 3; attempt++)
        {
            await database.ExecuteAsync($"update expenses set description = 'Coffee {attempt}' where id = 1");
            await Assert.ThrowsAnyAsync<DbException>(() => upgrade.RunAsync(withBackup: true, Test.Token));
        }

        Assert.Single(BackupRun.Files(database, "*.tar.gz"));
    }

    public static bool HasPostgres => PostgresCluster.SkipReason is null;

    private static async Task<bool> IsFreeAsync(TestDatabase database)
    {
        await using var connection = new SqliteConnection($"Data Source={database.Settings.SqliteFile};Default Timeout=1;Pooling=False");
        await connection.OpenAsync(Test.Token);
        try
        {
            // Closing the connection takes it back.
            await using var command = new SqliteCommand("begin immediate", connection);
            await command.ExecuteNonQueryAsync(Test.Token);
            return true;
        }
        catch (SqliteException)
        {
            return false;
        }
    }

    /// <summary>A session that has run a statement in a transaction, and takes it back when it is disposed.</summary>
    private static async Task<NpgsqlConnection> BlockAsync(TestDatabase database, string statement)
    {
        var postgres = database.Settings.Postgres!;
        var address = new NpgsqlConnectionStringBuilder
        {
            Host = postgres.Host,
            Port = postgres.Port,
            Database = postgres.Database,
            Username = postgres.User,
            Password = postgres.Password.Read(),
            Pooling = false,
        };
        var connection = new NpgsqlConnection(address.ToString());
        await connection.OpenAsync(Test.Token);
        await using var command = new NpgsqlCommand($"begin; {statement}", connection);
        await command.ExecuteNonQueryAsync(Test.Token);
        return connection;
    }
}
