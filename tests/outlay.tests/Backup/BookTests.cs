using System.Text.Json;
using Outlay.Backup;
using Outlay.Tests.Harness;

namespace Outlay.Tests.Backup;

/// <summary>Several books whose backups lie in one folder, and what people are promised about them.</summary>
public sealed class BookTests
{
    [Theory, EachEngine]
    public async Task Books_that_share_a_folder_do_not_count_for_each_other(Engine engine)
    {
        using var folder = new TestFolder();
        await using var mine = await SampleBook.CreateAsync(engine);
        await using var theirs = await SampleBook.CreateAsync(engine);
        Share(folder, mine, theirs);
        await SucceedAsync(theirs, "create");

        var never = await RunAsync(mine, "verify", "--max-age", "1h");
        var none = await RunAsync(mine, "list");
        await SucceedAsync(mine, "create");
        await SucceedAsync(mine, "verify", "--max-age", "1h");
        var own = JsonDocument.Parse(await SucceedAsync(mine, "list", "--output", "json")).RootElement;
        var all = JsonDocument.Parse(await SucceedAsync(mine, "list", "--all", "--output", "json")).RootElement;

        Assert.Equal(3, never.ExitCode);
        Assert.Contains("There is no backup of this book in", never.Error, StringComparison.Ordinal);
        Assert.Equal($"No backups in {mine.Environment["BACKUPS_DIR"]}.\n1 backup of other books is there too: outlay backup list --all shows them.\n", none.Error);
        Assert.Equal(1, own.GetArrayLength());
        Assert.Equal(2, all.EnumerateArray().Select(backup => backup.GetProperty("book").GetString()).Distinct().Count());
        Assert.Equal(mine.Database.Location, own[0].GetProperty("location").GetString());
        Assert.Equal(1, own[0].GetProperty("in_trash").GetInt64());
    }

    [Fact]
    public async Task Retention_counts_each_book_for_itself()
    {
        using var folder = new TestFolder();
        await using var mine = await SampleBook.CreateAsync(Engine.Sqlite);
        await using var theirs = await SampleBook.CreateAsync(Engine.Sqlite);
        Share(folder, mine, theirs);
        var theirBackup = await BackUpAsync(theirs);

        for (var day = 0; day < 6; day++)
        {
            mine.Clock.Advance(TimeSpan.FromDays(1));
            await SampleBook.AddAsync(mine, $"Day {day}");
            await BackUpAsync(mine);
        }

        var kept = Directory.GetFiles(folder.Path, "*.tar.gz");
        Assert.Contains(theirBackup.File, kept);
        Assert.Equal(RetentionRule.Newest + 1, kept.Length);
    }

    [Theory, EachEngine]
    public async Task What_was_replaced_is_kept_as_long_as_was_said(Engine engine)
    {
        await using var database = await SampleBook.CreateAsync(engine);
        database.Environment["BACKUP_RETENTION"] = "1 daily";
        var safety = await BackUpAsync(database, BackupOccasion.BeforeChange);

        for (var day = 1; day <= 29; day++)
        {
            database.Clock.Advance(TimeSpan.FromDays(1));
            await SampleBook.AddAsync(database, $"Day {day}");
            await BackUpAsync(database);
        }

        Assert.True(File.Exists(safety.File));
        database.Clock.Advance(TimeSpan.FromDays(2));
        await SampleBook.AddAsync(database, "Later");
        await BackUpAsync(database);
        Assert.False(File.Exists(safety.File));
    }

    [Theory, EachEngine]
    public async Task A_book_that_was_restored_in_an_empty_place_goes_on_with_its_backups(Engine engine)
    {
        using var folder = new TestFolder();
        await using var lost = await SampleBook.CreateAsync(engine);
        await using var found = await TestDatabase.CreateAsync(engine);
        Share(folder, lost, found);
        await SucceedAsync(lost, "create");
        var backup = Path.GetFileName(Assert.Single(Directory.GetFiles(folder.Path, "*.tar.gz")));

        await SucceedAsync(found, "restore", backup);

        Assert.Contains(backup, await SucceedAsync(found, "list"), StringComparison.Ordinal);
        Assert.Contains("is good", await SucceedAsync(found, "verify"), StringComparison.Ordinal);
    }

    [Theory, EachEngine]
    public async Task A_dry_run_says_what_the_restore_would_say(Engine engine)
    {
        await using var database = await SampleBook.CreateAsync(engine);
        await SucceedAsync(database, "create");
        var backup = Path.GetFileName(Assert.Single(Directory.GetFiles(database.Settings.BackupsDir, "*.tar.gz")));
        await SampleBook.AddAsync(database, "Later");

        var trying = await RunAsync(database, "restore", backup, "--dry-run");
        var real = await RunAsync(database, "restore", backup);
        var replacing = await SucceedAsync(database, "restore", backup, "--dry-run", "--replace");

        Assert.Equal((0, "Without --dry-run, add --replace: the database is not empty.\n"), (trying.ExitCode, trying.Error));
        Assert.Equal((5, $"{database.Database.Location} is not empty: add --replace to replace what it holds.\n"), (real.ExitCode, real.Error));
        Assert.All([trying.Output, replacing], told => Assert.Matches(
            $"^Would restore 5 expenses, 1 in the trash and replace 6 expenses in {System.Text.RegularExpressions.Regex.Escape(database.Database.Location)}, which would be backed up before; as they were [0-9]+[a-z] ago. It holds 5 owners and 2 keys.\n$", told));
        Assert.Equal(6, await database.ScalarAsync<long>("select count(*) from expenses"));
    }

    [Theory, EachEngine]
    public async Task A_replacement_that_fails_says_that_nothing_was_replaced_and_makes_no_backup_for_it(Engine engine)
    {
        await using var database = await SampleBook.CreateAsync(engine);
        await SucceedAsync(database, "create");
        var file = Assert.Single(Directory.GetFiles(database.Settings.BackupsDir, "*.tar.gz"));
        var broken = Path.Combine(database.Folder, "broken.tar.gz");
        await File.WriteAllBytesAsync(broken, (await File.ReadAllBytesAsync(file, Test.Token))[..^100], Test.Token);
        await SampleBook.AddAsync(database, "Later");

        var refused = await RunAsync(database, "restore", broken, "--replace", "--yes");

        Assert.Equal(65, refused.ExitCode);
        Assert.EndsWith(". Nothing was replaced.\n", refused.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("What was there", refused.Error, StringComparison.Ordinal);
        Assert.Single(Directory.GetFiles(database.Settings.BackupsDir, "*.tar.gz"));
        Assert.Equal(6, await database.ScalarAsync<long>("select count(*) from expenses"));
    }

    [Fact]
    public async Task Who_does_not_own_the_tables_learns_it_before_anything_is_replaced()
    {
        Assert.SkipWhen(PostgresCluster.SkipReason is not null, PostgresCluster.SkipReason ?? "");
        await using var database = await SampleBook.CreateAsync(Engine.Postgres);
        await database.Database.CreateRolesAsync(Test.Token);
        await SucceedAsync(database, "create");
        var backup = Path.GetFileName(Assert.Single(Directory.GetFiles(database.Settings.BackupsDir, "*.tar.gz")));
        database.Environment["DB_USER"] = await (await PostgresCluster.Shared).CreateLoginAsync("outlay_app");
        await SampleBook.AddAsync(database, "Later");

        var refused = await RunAsync(database, "restore", backup, "--replace", "--yes");

        Assert.Equal(69, refused.ExitCode);
        Assert.EndsWith("does not own its tables: whoever does runs outlay backup restore. Nothing was replaced.\n", refused.Error, StringComparison.Ordinal);
        Assert.Single(Directory.GetFiles(database.Settings.BackupsDir, "*.tar.gz"));
    }

    [Fact]
    public async Task A_key_that_came_changed_or_went_is_a_change()
    {
        await using var database = await SampleBook.CreateAsync(Engine.Sqlite);

        await SucceedAsync(database, "create");
        database.Environment["BACKUP_PASSPHRASE"] = "correct horse battery staple";
        var encrypted = await SucceedAsync(database, "create");
        var same = await SucceedAsync(database, "create");
        database.Environment["BACKUP_PASSPHRASE"] = "another horse, and another battery";
        var changed = await SucceedAsync(database, "create");
        database.Environment.Remove("BACKUP_PASSPHRASE");
        var readable = await SucceedAsync(database, "create");

        Assert.All([encrypted, changed], output => Assert.Matches(@"^Made and verified \S+\.tar\.gz\.age:", output));
        Assert.StartsWith("Nothing has changed since", same, StringComparison.Ordinal);
        Assert.Matches(@"^Made and verified \S+\.tar\.gz:", readable);
    }

    [Theory, EachEngine]
    public async Task A_book_that_was_tampered_with_is_backed_up_as_such_and_can_go_back(Engine engine)
    {
        await using var database = await SampleBook.CreateAsync(engine);
        await SucceedAsync(database, "create");
        var good = Path.GetFileName(Assert.Single(Directory.GetFiles(database.Settings.BackupsDir, "*.tar.gz")));
        await database.ExecuteAsync("update expenses set amount = 1 where id = 1");
        await SampleBook.AddAsync(database, "Later");

        var failed = await RunAsync(database, "create");
        var list = await RunAsync(database, "list");
        var back = await RunAsync(database, "restore", good, "--replace", "--yes");

        Assert.Equal(65, failed.ExitCode);
        Assert.Contains("changed past the program", failed.Error, StringComparison.Ordinal);
        Assert.Contains("It is kept all the same, marked as failed. outlay doctor --deep names", failed.Error, StringComparison.Ordinal);
        Assert.Matches(@"(?m)^outlay_backup_\S+  .*  failed  ", list.Output);
        Assert.Matches(@"(?m)^outlay_backup_\S+ is not good: .*changed past the program", list.Error);
        Assert.True(back.ExitCode == 0, back.Error);
        Assert.Matches(@"What was there is in \S+, which is kept until \S+ \S+ at least\. It did not pass its verification", back.Error);
        Assert.Equal(0, (await OutlayProcess.RunAsync(["doctor", "--deep"], database.Environment)).ExitCode);
    }

    [Fact]
    public async Task A_file_where_the_folder_of_the_backups_should_be_is_told()
    {
        await using var database = await SampleBook.CreateAsync(Engine.Sqlite);
        var file = Path.Combine(database.Folder, "file");
        await File.WriteAllTextAsync(file, "", Test.Token);
        database.Environment["BACKUPS_DIR"] = file;

        foreach (var verb in new[] { "create", "list", "verify" })
        {
            var result = await RunAsync(database, verb);
            Assert.NotEqual(0, result.ExitCode);
            Assert.Contains($"BACKUPS_DIR is {file}, which is a file: set it to a folder that you may write to.", result.Error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_shell_is_told_which_backups_are_kept()
    {
        await using var database = await SampleBook.CreateAsync(Engine.Sqlite);
        await SucceedAsync(database, "create");
        const string Line = "outlay backup restore outlay_b";

        var result = await OutlayProcess.RunAsync([$"[suggest:{Line.Length}]", Line], database.Environment);

        Assert.Contains(Path.GetFileName(Assert.Single(Directory.GetFiles(database.Settings.BackupsDir, "*.tar.gz"))), result.Output.Split('\n'));
    }

    private static void Share(TestFolder folder, params TestDatabase[] databases)
    {
        foreach (var database in databases)
            database.Environment["BACKUPS_DIR"] = folder.Path;
    }

    private static async Task<BackupResult> BackUpAsync(TestDatabase database, BackupOccasion occasion = BackupOccasion.Regular)
    {
        database.Environment["BACKUP_RETENTION"] = "1 daily";
        var settings = Settings.From(new SettingsSource(database.Environment.GetValueOrDefault));
        using var catalog = new BackupCatalog(settings, database.Clock) { Book = token => BackupCatalog.BookOfAsync(database.Database, token) };
        var result = await new BackupService(
            database.Database, catalog, settings, database.Clock, new(), "run", Microsoft.Extensions.Logging.Abstractions.NullLogger<BackupService>.Instance)
            .RunAsync(occasion, Test.Token);
        Assert.Null(result.Failure);
        return result;
    }

    private static Task<ProcessResult> RunAsync(TestDatabase database, params string[] arguments) =>
        OutlayProcess.RunAsync(["backup", .. arguments], database.Environment);

    private static async Task<string> SucceedAsync(TestDatabase database, params string[] arguments)
    {
        var result = await RunAsync(database, arguments);
        Assert.True(result.ExitCode == 0, $"outlay backup {string.Join(' ', arguments)}: {result.ExitCode}\n{result.Output}{result.Error}");
        return result.Output;
    }
}
