using System.Text.Json;
using System.Text.RegularExpressions;
using Outlay.Tests.Harness;

namespace Outlay.Tests.Backup;

public sealed partial class BackupVerbTests
{
    [Theory]
    [InlineData(Engine.Sqlite, Engine.Postgres)]
    [InlineData(Engine.Postgres, Engine.Sqlite)]
    public async Task A_backup_is_made_listed_verified_and_restored_on_the_other_engine(Engine from, Engine to)
    {
        Assert.SkipWhen(PostgresCluster.SkipReason is not null, PostgresCluster.SkipReason ?? "");
        await using var source = await SampleBook.CreateAsync(from);
        await using var target = await TestDatabase.CreateAsync(to);

        var create = await RunAsync(source, "create");
        var again = await RunAsync(source, "create");
        var file = Assert.Single(Directory.GetFiles(source.Settings.BackupsDir, "*.tar.gz"));
        var list = await RunAsync(source, "list", "--output", "json");
        var verify = await RunAsync(source, "verify");
        var dryRun = await RunAsync(target, "restore", file, "--dry-run");
        var before = await target.ScalarAsync<long>("select count(*) from expenses");
        var restore = await RunAsync(target, "restore", file);
        var export = await Task.WhenAll(new[] { source, target }.Select(book => OutlayProcess.RunAsync(["list", "--all", "--output", "json"], book.Environment)));

        Assert.Matches($"^Made and verified {Regex.Escape(file)}: 5 expenses, 1 in the trash, [0-9.]+ [KM]iB\\.\n$", Succeeded(create));
        Assert.StartsWith("Nothing has changed since", Succeeded(again), StringComparison.Ordinal);
        var listed = Assert.Single(JsonDocument.Parse(Succeeded(list)).RootElement.EnumerateArray());
        Assert.Equal(Path.GetFileName(file), listed.GetProperty("name").GetString());
        Assert.True(listed.GetProperty("verified").GetBoolean());
        Assert.Matches("is good: 5 expenses, 1 in the trash, restored and compared in [0-9.]+ s", Succeeded(verify));
        Assert.StartsWith("Would restore 5 expenses, 1 in the trash into", Succeeded(dryRun), StringComparison.Ordinal);
        Assert.Equal(0, before);
        Assert.Matches(Restored(), Succeeded(restore));
        Assert.Equal(Succeeded(export[0]), Succeeded(export[1]));
    }

    [Theory, EachEngine]
    public async Task What_is_there_is_replaced_only_when_that_is_asked_for_and_after_a_backup(Engine engine)
    {
        await using var database = await SampleBook.CreateAsync(engine);
        Succeeded(await RunAsync(database, "create"));
        var first = Path.GetFileName(Assert.Single(Directory.GetFiles(database.Settings.BackupsDir, "*.tar.gz")));
        await SampleBook.AddAsync(database, "Later");

        var refused = await RunAsync(database, "restore", first);
        var unanswered = await RunAsync(database, "restore", first, "--replace");
        var replaced = await RunAsync(database, "restore", first, "--replace", "--yes");

        Assert.Equal(5, refused.ExitCode);
        Assert.Contains("is not empty: add --replace", refused.Error, StringComparison.Ordinal);
        Assert.Equal(2, unanswered.ExitCode);
        Assert.Matches(Restored(), Succeeded(replaced, allowMessages: true));
        Assert.Equal(0, await database.ScalarAsync<long>("select count(*) from expenses where description = 'Later'"));
        var kept = Directory.GetFiles(database.Settings.BackupsDir, "*.tar.gz").Select(Path.GetFileName).Where(name => name != first);
        Succeeded(await RunAsync(database, "restore", Assert.Single(kept)!, "--replace", "--yes"), allowMessages: true);
        Assert.Equal(1, await database.ScalarAsync<long>("select count(*) from expenses where description = 'Later'"));
        // Ids go on where they were.
        var next = await SampleBook.AddAsync(database, "Next");
        Assert.InRange(next.Id, 7, 20);
        Assert.Null((await database.Doctor.CheckHistoryAsync(Test.Token)).Fault);
    }

    [Theory, EachEngine]
    public async Task A_backup_of_before_the_keys_takes_them_away_and_that_is_said_before_and_after(Engine engine)
    {
        await using var database = await TestDatabase.CreateAsync(engine);
        await SampleBook.AddAsync(database, "Coffee");
        Succeeded(await RunAsync(database, "create"));
        var first = Path.GetFileName(Assert.Single(Directory.GetFiles(database.Settings.BackupsDir, "*.tar.gz")));
        await OutlayProcess.RunAsync(["keys", "create", "phone", "--owner", "ana"], database.Environment);

        var asked = await RunAsync(database, "restore", first, "--replace");
        var replaced = await RunAsync(database, "restore", first, "--replace", "--yes");
        var second = Directory.GetFiles(database.Settings.BackupsDir, "*.tar.gz").Select(Path.GetFileName).Single(name => name != first)!;
        var back = await RunAsync(database, "restore", second, "--replace", "--yes");

        Assert.Contains($"will be replaced by 1 expense of {first}, and all owners and keys by those of the backup: 1 owner and no key. Go on?", asked.Error, StringComparison.Ordinal);
        Assert.StartsWith("Restored 1 expense, 1 owner and no key into ", Succeeded(replaced, allowMessages: true), StringComparison.Ordinal);
        Assert.Contains("There is no key now: whoever may reach the server needs none, until outlay keys create makes one.\n", replaced.Error, StringComparison.Ordinal);
        Assert.StartsWith("Restored 1 expense, 2 owners and 1 key into ", Succeeded(back, allowMessages: true), StringComparison.Ordinal);
        Assert.DoesNotContain("no key now", back.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_backup_that_is_too_old_is_told()
    {
        await using var database = await SampleBook.CreateAsync(Engine.Sqlite);
        using (var catalog = new Outlay.Backup.BackupCatalog(database.Settings, database.Clock))
        {
            await new Outlay.Backup.BackupService(
                database.Database, catalog, database.Settings, database.Clock, new(), "run",
                Microsoft.Extensions.Logging.Abstractions.NullLogger<Outlay.Backup.BackupService>.Instance).RunAsync(Outlay.Backup.BackupOccasion.Regular, Test.Token);
        }

        var old = await RunAsync(database, "verify", "--max-age", "36h");
        var wrong = await RunAsync(database, "verify", "--max-age", "soon");

        Assert.Equal(65, old.ExitCode);
        Assert.Contains("too old", old.Error, StringComparison.Ordinal);
        Assert.Equal(2, wrong.ExitCode);
        Assert.Contains("use a number and a unit", wrong.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_encrypted_backup_needs_its_passphrase()
    {
        await using var database = await SampleBook.CreateAsync(Engine.Sqlite);
        var environment = new Dictionary<string, string>(database.Environment) { ["BACKUP_PASSPHRASE"] = "correct horse battery staple" };
        var wrong = new Dictionary<string, string>(database.Environment) { ["BACKUP_PASSPHRASE"] = "another horse, and another battery" };

        var create = await OutlayProcess.RunAsync(["backup", "create"], environment);
        var good = await OutlayProcess.RunAsync(["backup", "verify"], environment);
        var wrongKey = await OutlayProcess.RunAsync(["backup", "verify"], wrong);
        var noKey = await OutlayProcess.RunAsync(["backup", "verify"], database.Environment);
        var list = await OutlayProcess.RunAsync(["backup", "list", "--output", "json"], database.Environment);

        Assert.Contains(".tar.gz.age: 5 expenses, 1 in the trash", Succeeded(create), StringComparison.Ordinal);
        Assert.Contains("is good", Succeeded(good), StringComparison.Ordinal);
        Assert.All([wrongKey, noKey], result => Assert.Equal(69, result.ExitCode));
        Assert.Contains("BACKUP_PASSPHRASE", noKey.Error, StringComparison.Ordinal);
        // Who lacks the key cannot make a good backup look bad.
        Assert.True(JsonDocument.Parse(Succeeded(list)).RootElement[0].GetProperty("verified").GetBoolean());
    }

    [Fact]
    public async Task A_backup_that_is_nowhere_is_told()
    {
        await using var database = await TestDatabase.CreateAsync(Engine.Sqlite);

        var none = await RunAsync(database, "verify");
        var unknown = await RunAsync(database, "restore", "outlay_backup_20260219_103000.tar.gz");
        var empty = await RunAsync(database, "list");

        Assert.Equal(3, none.ExitCode);
        Assert.Equal(3, unknown.ExitCode);
        Assert.Equal((0, "", $"No backups in {database.Settings.BackupsDir}, which does not exist.\n"), (empty.ExitCode, empty.Output, empty.Error));
    }

    private static Task<ProcessResult> RunAsync(TestDatabase database, params string[] arguments) =>
        OutlayProcess.RunAsync(["backup", .. arguments], database.Environment);

    private static string Succeeded(ProcessResult result, bool allowMessages = false)
    {
        Assert.True(result.ExitCode == 0 && (allowMessages || result.Error.Length == 0), $"exit code {result.ExitCode}\n{result.Output}{result.Error}");
        return result.Output;
    }

    [GeneratedRegex(@"^Restored 5 expenses, 1 in the trash, 5 owners and 2 keys into [^\n]+\.\nIt took [0-9.]+ s; the data is as it was [0-9]+[smhd] ago\.\n([0-9]+ keys? of the backup holds? again: [^\n]+\n)?$")]
    private static partial Regex Restored();
}
