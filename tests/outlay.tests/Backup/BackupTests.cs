using System.Text.Json;
using CsvHelper;
using Microsoft.Extensions.Logging;
using Outlay.Access;
using Outlay.Backup;
using Outlay.Expenses;
using Outlay.Export;
using Outlay.Storage;
using Outlay.Tests.Harness;
using Outlay.Tests.Hosting;

namespace Outlay.Tests.Backup;

public sealed class BackupTests : IDisposable
{
    private readonly LogCapture _log = new();

    public void Dispose() => _log.Dispose();

    [Theory, EachEngine]
    public async Task A_backup_holds_every_column_of_every_owner_and_the_trash(Engine engine)
    {
        await using var database = await TestDatabase.CreateAsync(engine);
        await database.ExecuteAsync("insert into owners (name) values ('ann, \"the\" =first')");
        await SampleBook.AddAsync(database, "Bread, \"fresh\"");
        await SampleBook.AddAsync(database, "=1+1", notes: "two\r\nlines, \"quoted\"\n", category: "@home", tags: ["-x", "'=y", "ü"]);
        await SampleBook.AddAsync(database, "'quoted", owner: "ann, \"the\" =first", currency: "JPY", amount: "1200");
        var trashed = await SampleBook.AddAsync(database, "Binned", notes: "'=x");
        await database.Expenses.DeleteAsync(Test.By(ExpenseService.DefaultOwner), trashed.Id, null, Test.Token);

        var result = await Service(database).RunAsync(BackupOccasion.Regular, Test.Token);

        Assert.Equal(BackupState.Ok, result.State);
        Assert.Equal(4, result.Expenses);
        Assert.Equal("outlay_backup_20260219_103000.tar.gz", Path.GetFileName(result.File));
        Assert.Equal(await StoredAsync(database), await ReadAsync(result.File!));
        string[] files = ["expenses_backup_20260219_103000.csv", "outlay_backup_20260219_103000.tar.gz", "outlay_backup_20260219_103000.tar.gz.verified.json"];
        Assert.Equal(files, Visible(database.Settings.BackupsDir));
    }

    [Theory, EachEngine]
    public async Task Nothing_is_written_when_nothing_has_changed(Engine engine)
    {
        await using var database = await TestDatabase.CreateAsync(engine);
        await SampleBook.AddAsync(database, "Coffee");
        var first = await Service(database).RunAsync(BackupOccasion.Regular, Test.Token);
        database.Clock.Advance(TimeSpan.FromHours(1));

        // Another process, as after a restart: nothing is remembered but the files.
        var status = new BackupStatus();
        var second = await Service(database, status: status).RunAsync(BackupOccasion.Regular, Test.Token);

        Assert.Equal(BackupState.Unchanged, second.State);
        Assert.Equal(first.File, second.File);
        Assert.Equal(database.Clock.Now, status.LastSuccess);
        Assert.Single(Backups(database.Settings.BackupsDir));
        Assert.Equal(["backup_completed", "backup_unchanged"], _log.Lines.Select(EventOf));
    }

    [Theory, EachEngine]
    public async Task Every_change_since_the_newest_backup_makes_another(Engine engine)
    {
        await using var database = await TestDatabase.CreateAsync(engine);
        var expense = await SampleBook.AddAsync(database, "Coffee");
        await Service(database).RunAsync(BackupOccasion.Regular, Test.Token);
        Func<Task>[] changes =
        [
            () => SampleBook.AddAsync(database, "Tea"),
            () => database.Expenses.ChangeAsync(Test.By(ExpenseService.DefaultOwner), expense.Id, null, draft => draft with { Tags = ["new"] }, Test.Token),
            () => database.Expenses.DeleteAsync(Test.By(ExpenseService.DefaultOwner), expense.Id, null, Test.Token),
            () => new KeyService(database.Database, database.Clock).CreateAsync(new KeyDraft("default", "k", null, null), Test.Token),
            () => new KeyService(database.Database, database.Clock).RevokeAsync(1, Test.Token),
        ];

        foreach (var change in changes)
        {
            await change();
            database.Clock.Advance(TimeSpan.FromMinutes(1));
            var result = await Service(database).RunAsync(BackupOccasion.Regular, Test.Token);

            Assert.Equal(BackupState.Ok, result.State);
            Assert.Equal(await StoredAsync(database), await ReadAsync(result.File!));
        }

        Assert.Equal(RetentionRule.Newest, Backups(database.Settings.BackupsDir).Length);
    }

    [Fact]
    public async Task A_backup_of_the_same_second_is_not_overwritten()
    {
        await using var database = await TestDatabase.CreateAsync(Engine.Sqlite);
        Directory.CreateDirectory(database.Settings.BackupsDir);
        var taken = Path.Combine(database.Settings.BackupsDir, "expenses_backup_20260219_103000.csv");
        await File.WriteAllTextAsync(taken, "somebody else's");

        var first = await Service(database).RunAsync(BackupOccasion.Regular, Test.Token);
        await SampleBook.AddAsync(database, "Coffee");
        var second = await Service(database).RunAsync(BackupOccasion.Regular, Test.Token);

        Assert.Equal("somebody else's", await File.ReadAllTextAsync(taken));
        Assert.Equal("outlay_backup_20260219_103001.tar.gz", Path.GetFileName(first.File));
        Assert.Equal("outlay_backup_20260219_103002.tar.gz", Path.GetFileName(second.File));
        Assert.Empty(await ReadAsync(first.File!));
        Assert.Single(await ReadAsync(second.File!));
    }

    [Theory, EachEngine]
    public async Task Backups_into_one_folder_at_the_same_moment_all_survive(Engine engine)
    {
        using var folder = new TestFolder();
        var databases = new List<TestDatabase>();
        for (var number = 0; number < RetentionRule.Newest; number++)
        {
            databases.Add(await TestDatabase.CreateAsync(engine));
            await SampleBook.AddAsync(databases[number], $"Coffee {number}");
        }

        var results = await Task.WhenAll(databases.Select(database => Task.Run(() => Service(database, folder.Path).RunAsync(BackupOccasion.Regular, Test.Token))));

        Assert.All(results, result => Assert.Equal(BackupState.Ok, result.State));
        Assert.Equal(RetentionRule.Newest, results.Select(result => result.File).Distinct().Count());
        foreach (var (database, result) in databases.Zip(results))
        {
            Assert.Equal(await StoredAsync(database), await ReadAsync(result.File!));
            await database.DisposeAsync();
        }
    }

    [Fact]
    public async Task What_a_killed_run_left_is_removed_and_nothing_else()
    {
        await using var database = await TestDatabase.CreateAsync(Engine.Sqlite);
        using var folder = new TestFolder();
        var left = folder.File(".outlay_backup_tmp/killed");
        Directory.CreateDirectory(Path.GetDirectoryName(left)!);
        string[] others = [folder.File("notes.tmp"), folder.File("expenses_backup_mine.csv"), folder.File(".expenses_backup")];
        foreach (var file in others.Append(left))
            await File.WriteAllTextAsync(file, "half");

        var result = await Service(database, folder.Path).RunAsync(BackupOccasion.Regular, Test.Token);

        Assert.Equal(BackupState.Ok, result.State);
        Assert.False(File.Exists(left));
        Assert.All(others, file => Assert.True(File.Exists(file)));
    }

    [Fact]
    public async Task A_folder_that_cannot_be_written_is_a_failure_that_is_told_and_passes()
    {
        await using var database = await TestDatabase.CreateAsync(Engine.Sqlite);
        using var folder = new TestFolder();
        var blocker = folder.File("file");
        await File.WriteAllTextAsync(blocker, "");
        var status = new BackupStatus();
        var service = Service(database, Path.Combine(blocker, "backups"), status);

        var failed = await service.RunAsync(BackupOccasion.Regular, Test.Token);
        var afterFailure = status.Last;
        File.Delete(blocker);
        var repaired = await service.RunAsync(BackupOccasion.Regular, Test.Token);

        AssertFailed(failed, blocker);
        Assert.Equal(failed, afterFailure);
        Assert.Equal(BackupState.Ok, repaired.State);
        Assert.Equal(repaired, status.Last);
        Assert.Equal(database.Clock.Now, status.LastSuccess);
    }

    [Fact]
    public async Task A_full_disk_leaves_the_backups_as_they_were()
    {
        await using var database = await TestDatabase.CreateAsync(Engine.Sqlite);
        await using var disk = await SmallDisk.MountAsync(512 * 1024);
        await SampleBook.AddAsync(database, "Coffee");
        var first = await Service(database, disk.Path).RunAsync(BackupOccasion.Regular, Test.Token);
        var before = Visible(disk.Path);
        for (var number = 0; number < 60; number++)
            await SampleBook.AddAsync(database, "Long", notes: new string('n', 10_000));

        var failed = await Service(database, disk.Path).RunAsync(BackupOccasion.Regular, Test.Token);

        AssertFailed(failed, "No space left on device");
        Assert.Equal(BackupState.Ok, first.State);
        Assert.Equal(before, Visible(disk.Path));
        Assert.Single(await ReadAsync(first.File!));
        Assert.False(Directory.Exists(Path.Combine(disk.Path, ".outlay_backup_tmp")));
    }

    [Fact]
    public async Task A_backup_that_cannot_be_verified_is_kept_and_told()
    {
        await using var database = await TestDatabase.CreateAsync(Engine.Sqlite);
        await using var disk = await SmallDisk.MountAsync();
        await SampleBook.AddAsync(database, "Coffee");

        var result = await Service(database, disk.Path).RunAsync(BackupOccasion.Regular, Test.Token);

        Assert.Equal(BackupState.Failed, result.State);
        Assert.Contains("could not be verified: The disk that holds", result.Failure, StringComparison.Ordinal);
        Assert.Contains("outlay_backup_20260219_103000.tar.gz.failed.json", Visible(disk.Path));
        Assert.True(File.Exists(result.File));
        Assert.Single(_log.Lines, line => EventOf(line) == "backup_not_verified");
    }

    [Theory, EachEngine]
    public async Task A_database_that_cannot_be_read_is_a_failure(Engine engine)
    {
        await using var database = await TestDatabase.CreateAsync(engine, migrated: false);

        var failed = await Service(database).RunAsync(BackupOccasion.Regular, Test.Token);

        AssertFailed(failed, "Exception");
        Assert.Empty(Visible(database.Settings.BackupsDir));
    }

    [Fact]
    public async Task A_cancelled_run_leaves_no_backup()
    {
        await using var database = await TestDatabase.CreateAsync(Engine.Sqlite);
        var status = new BackupStatus();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Test.Token);
        using (await BackupFolder.TakeAsync(database.Settings.BackupsDir, TimeProvider.System, Test.Token))
        {
            var waiting = Service(database, status: status).RunAsync(BackupOccasion.Regular, stop.Token);
            await stop.CancelAsync();

            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        }

        Assert.Empty(Visible(database.Settings.BackupsDir));
        Assert.Equal(BackupState.NotRun, status.Last.State);
        Assert.Empty(_log.Lines);
    }

    [Fact]
    public async Task A_run_that_is_cancelled_while_it_reads_leaves_no_backup()
    {
        Assert.SkipWhen(PostgresCluster.SkipReason is not null, PostgresCluster.SkipReason ?? "");
        await using var database = await TestDatabase.CreateAsync(Engine.Postgres);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Test.Token);
        await database.Database.WriteAsync(OwnerScope.All, async connection =>
        {
            await new Sql("lock table expenses in access exclusive mode").ExecuteAsync(connection, Test.Token);
            var reading = Service(database).RunAsync(BackupOccasion.Regular, stop.Token);
            while (await database.ScalarAsync<long>("select count(*) from pg_locks where not granted and database = (select oid from pg_database where datname = current_database())") == 0)
                Assert.False(reading.IsCompleted);
            await stop.CancelAsync();
            return await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);
        }, Test.Token);

        Assert.Equal([".outlay_backup_lock"], Directory.GetFiles(database.Settings.BackupsDir).Select(Path.GetFileName));
        Assert.Empty(_log.Lines);
    }

    private BackupService Service(TestDatabase database, string? folder = null, BackupStatus? status = null)
    {
        var settings = database.Settings with { BackupsDir = folder ?? database.Settings.BackupsDir };
        return new BackupService(
            database.Database, new BackupCatalog(settings, database.Clock), settings, database.Clock, status ?? new BackupStatus(), "run",
            _log.Factory.CreateLogger<BackupService>());
    }

    private void AssertFailed(BackupResult result, string reason)
    {
        Assert.Equal(BackupState.Failed, result.State);
        Assert.Null(result.File);
        Assert.Contains(reason, result.Failure, StringComparison.Ordinal);
        var line = Assert.Single(_log.Lines, line => EventOf(line) == "backup_failed");
        Assert.Equal("error", line.GetProperty("level").GetString());
        Assert.Equal(result.Failure, line.GetProperty("reason").GetString());
        Assert.True(line.TryGetProperty("exception.stack", out _));
    }

    private static string? EventOf(JsonElement line) => line.GetProperty("event").GetString();

    private static string[] Visible(string folder) =>
        [.. Directory.GetFiles(folder).Select(file => Path.GetFileName(file)).Where(name => !name.StartsWith('.')).Order(StringComparer.Ordinal)];

    private static string[] Backups(string folder) => [.. Visible(folder).Where(name => BackupName.TimeOf(name) is not null)];

    /// <summary>Everything that is stored, as rows of texts.</summary>
    private static async Task<List<string>> StoredAsync(TestDatabase database)
    {
        var rows = new List<string>();
        await foreach (var (owner, e) in database.Database.StreamAsync(OwnerScope.All, ExpenseStore.Everything(), ExpenseStore.ReadOwned, Test.Token))
        {
            var c = e.Content;
            rows.Add(Row(e.Id, ExpenseRules.FormatDate(c.Date), c.Description, c.Amount, c.Amount.Currency, c.Category, string.Join(';', c.Tags), c.Notes,
                e.Version, Time(e.CreatedAt), Time(e.UpdatedAt), owner, Time(e.DeletedAt)));
        }

        return rows;
    }

    /// <summary>The rows of the readable copy beside a backup, in the same form.</summary>
    private static async Task<List<string>> ReadAsync(string backup)
    {
        var time = BackupName.TimeOf(Path.GetFileName(backup))!.Value;
        await using var stream = File.OpenRead(Path.Combine(Path.GetDirectoryName(backup)!, BackupName.Csv(time)));
        await using var csv = CsvReader.Create(stream, new CsvReaderOptions());
        await csv.ReadHeaderAsync(Test.Token);
        var rows = new List<string>();
        while (await csv.ReadAsync(Test.Token))
        {
            rows.Add(Row(Cell("id"), Cell("date"), Text("description"), Cell("amount"), Cell("currency"), Text("category"), Text("tags"), Text("notes"),
                Cell("version"), Cell("created_at"), Cell("updated_at"), Text("owner"), Cell("deleted_at")));
        }

        return rows;

        string Cell(string name) => csv.GetString(name);
        string Text(string name) => FormulaGuard.Restore(csv.GetString(name));
    }

    private static string Row(params object?[] cells) => JsonSerializer.Serialize(cells.Select(cell => cell?.ToString() ?? ""));

    private static string? Time(DateTimeOffset? time) => time?.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'");
}
