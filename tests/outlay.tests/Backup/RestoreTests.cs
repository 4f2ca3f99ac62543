using Outlay.Backup;
using Outlay.Storage;
using Outlay.Tests.Harness;

namespace Outlay.Tests.Backup;

public sealed class RestoreTests
{
    [Theory]
    [MemberData(nameof(EnginePairs))]
    public async Task A_backup_of_one_engine_restored_on_any_is_the_same_to_the_byte(Engine from, Engine to)
    {
        SkipWithoutPostgres(from, to);
        await using var source = await SampleBook.CreateAsync(from);
        await using var target = await TestDatabase.CreateAsync(to);
        using var backup = new MemoryStream();
        var written = await new BackupWriter(source.Database, source.Settings, "run").WriteAsync(backup, source.Clock.Now, Test.Token);

        backup.Position = 0;
        var restored = await new BackupRestore(target.Database, target.Clock).RunAsync(backup, null, isVerified: false, Test.Token);

        using var again = new MemoryStream();
        var rewritten = await new BackupWriter(target.Database, source.Settings, "run").WriteAsync(again, source.Clock.Now, Test.Token);
        Assert.Equal(TablesOf(written), TablesOf(rewritten));
        Assert.Equal(written.Parts, restored.Manifest.Parts);
        Assert.True((await target.Doctor.ExamineAsync(Test.Token)).IsHealthy);
    }

    [Theory, EachEngine]
    public async Task A_backup_is_verified_by_restoring_it(Engine engine)
    {
        await using var source = await SampleBook.CreateAsync(engine);
        using var backup = new MemoryStream();
        var written = await new BackupWriter(source.Database, source.Settings, "run").WriteAsync(backup, source.Clock.Now, Test.Token);
        using var folder = new TestFolder();
        using var catalog = new BackupCatalog(source.Settings, source.Clock);

        backup.Position = 0;
        var verifier = new BackupVerifier(catalog, source.Settings, source.Clock);
        var report = await verifier.VerifyAsync("name", () => Task.FromResult<Stream>(backup), folder.Path, _ => { }, Test.Token);

        Assert.Null(report.Failure);
        Assert.Equal(written.Fingerprint, report.Fingerprint);
        Assert.Equal(written.Content.Rows, report.Rows);
    }

    [Theory, EachEngine]
    public async Task A_backup_that_is_taken_while_others_write_is_of_one_moment(Engine engine)
    {
        await using var source = await SampleBook.CreateAsync(engine);
        using var catalog = new BackupCatalog(source.Settings, source.Clock);
        using var folder = new TestFolder();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Test.Token);
        var writing = Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                var expense = await SampleBook.AddAsync(source, "Coffee", tags: ["a", "b"]);
                await source.Expenses.DeleteAsync(Test.By("default"), expense.Id, null, Test.Token);
            }
        });

        for (var round = 0; round < 10; round++)
        {
            using var backup = new MemoryStream();
            await new BackupWriter(source.Database, source.Settings, "run").WriteAsync(backup, source.Clock.Now, Test.Token);
            backup.Position = 0;
            var report = await new BackupVerifier(catalog, source.Settings, source.Clock)
                .VerifyAsync("name", () => Task.FromResult<Stream>(backup), folder.Path, _ => { }, Test.Token);
            Assert.Null(report.Failure);
        }

        await stop.CancelAsync();
        await writing;
    }

    [Theory, EachEngine]
    public async Task Many_rows_make_many_parts_and_come_back_the_same(Engine engine)
    {
        await using var source = await SampleBook.CreateAsync(engine);
        await using var target = await TestDatabase.CreateAsync(engine);
        var notes = string.Concat(Enumerable.Repeat("tabs\t, lines\n, and \\ ", 400));
        for (var number = 0; number < 400; number++)
            await SampleBook.AddAsync(source, $"Long {number}", notes: notes);
        using var backup = new MemoryStream();
        var written = await new BackupWriter(source.Database, source.Settings, "run").WriteAsync(backup, source.Clock.Now, Test.Token);

        backup.Position = 0;
        var restored = await new BackupRestore(target.Database, target.Clock).RunAsync(backup, null, isVerified: false, Test.Token);

        Assert.Contains(written.Parts, part => part.Name == "history.00002.tsv");
        Assert.Equal(written.Parts, restored.Manifest.Parts);
        Assert.Equal(notes, await target.ScalarAsync<string>("select notes from expenses where description = 'Long 7'"));
        Assert.Null((await target.Doctor.CheckHistoryAsync(Test.Token)).Fault);
    }

    [Theory, EachEngine]
    public async Task Every_column_of_every_table_is_in_a_backup(Engine engine)
    {
        await using var database = await TestDatabase.CreateAsync(engine);
        // These follow from the others, from the program, or only say what happened here.
        string[] left = ["totals", "figures", "schema_migrations"];
        var list = engine is Engine.Sqlite
            ? "select string_agg(name, ',' order by name) from sqlite_master where type = 'table' and name not like 'sqlite%'"
            : "select string_agg(tablename::text, ',' order by tablename) from pg_tables where schemaname = 'public'";
        var tables = (await database.ScalarAsync<string>(list)).Split(',').Except(left).ToList();

        Assert.Equal(tables.Order(StringComparer.Ordinal), BackupTables.All.Select(table => table.Name).Order(StringComparer.Ordinal));
        foreach (var table in BackupTables.All)
        {
            var columns = await database.Database.ReadAsync(OwnerScope.All, connection => database.Database.ColumnsAsync(connection, table.Name, Test.Token), Test.Token);
            Assert.Equal(columns.Order(StringComparer.Ordinal), table.Columns.Select(column => column.Name).Order(StringComparer.Ordinal));
        }
    }

    public static TheoryData<Engine, Engine> EnginePairs() => new()
    {
        { Engine.Sqlite, Engine.Sqlite },
        { Engine.Sqlite, Engine.Postgres },
        { Engine.Postgres, Engine.Sqlite },
        { Engine.Postgres, Engine.Postgres },
    };

    private static IEnumerable<BackupPart> TablesOf(BackupManifest manifest) =>
        manifest.Parts.Where(part => part.Name.EndsWith(PartStream.Extension, StringComparison.Ordinal));

    private static void SkipWithoutPostgres(params Engine[] engines) =>
        Assert.SkipWhen(engines.Contains(Engine.Postgres) && PostgresCluster.SkipReason is not null, PostgresCluster.SkipReason ?? "");
}
