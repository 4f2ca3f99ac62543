using Outlay.Backup;
using Outlay.Tests.Harness;

namespace Outlay.Tests.Backup;

/// <summary>What lies in the folder of the backups, and who can read it.</summary>
public sealed class BackupFilesTests
{
    [Fact]
    public async Task Nobody_without_the_key_reads_what_is_encrypted()
    {
        await using var database = await SampleBook.CreateAsync(Engine.Sqlite);
        database.Environment["BACKUP_PASSPHRASE"] = "correct horse battery staple";

        var result = await BackupRun.OfAsync(database);

        Assert.Equal(BackupState.Ok, result.State);
        Assert.EndsWith(".age", result.File, StringComparison.Ordinal);
        Assert.Equal(2, BackupRun.Files(database, "*").Length);
        foreach (var file in BackupRun.Files(database, "*"))
            Assert.DoesNotContain("Bread", await File.ReadAllTextAsync(Path.Combine(database.Settings.BackupsDir, file), Test.Token), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Whether_a_file_is_encrypted_does_not_depend_on_its_name()
    {
        await using var database = await SampleBook.CreateAsync(Engine.Sqlite);
        var open = (await BackupRun.OfAsync(database)).File!;
        database.Environment["BACKUP_PASSPHRASE"] = "correct horse battery staple";
        await SampleBook.AddAsync(database, "Coffee");
        var closed = (await BackupRun.OfAsync(database)).File!;
        using var folder = new TestFolder();
        File.Copy(open, folder.File("open.age"));
        File.Copy(closed, folder.File("closed"));

        foreach (var name in new[] { "open.age", "closed" })
        {
            var verify = await OutlayProcess.RunAsync(["backup", "verify", folder.File(name)], database.Environment);
            Assert.True(verify.ExitCode == 0, verify.Error);
        }
    }

    [Fact]
    public async Task What_lies_beside_a_backup_goes_with_it_and_what_stands_alone_is_a_backup_of_its_own()
    {
        await using var database = await TestDatabase.CreateAsync(Engine.Sqlite);
        database.Environment["BACKUP_RETENTION"] = "1 daily";
        Directory.CreateDirectory(database.Settings.BackupsDir);
        string[] alone = ["expenses_backup_20250101_000000.csv", "expenses_backup_20250102_000000.csv", "expenses_backup_20250103_000000.csv", "expenses_backup_20250104_000000.csv"];
        string[] reports = ["outlay_backup_20250101_000000.tar.gz.verified.json", "outlay_backup_20250101_000000.tar.gz.age.failed.json"];
        foreach (var name in alone.Concat(reports).Append("my.verified.json"))
            await File.WriteAllTextAsync(Path.Combine(database.Settings.BackupsDir, name), "{}", Test.Token);
        for (var number = 0; number < 5; number++)
        {
            await SampleBook.AddAsync(database, "Coffee");
            await BackupRun.OfAsync(database);
            database.Clock.Advance(TimeSpan.FromMinutes(1));
        }

        var files = BackupRun.Files(database, "*");

        Assert.Empty(files.Intersect(reports));
        Assert.Equal(alone.Skip(1), files.Intersect(alone));
        Assert.Contains("my.verified.json", files);
        string[] times = ["20260219_103200", "20260219_103300", "20260219_103400"];
        Assert.Equal(
            times.SelectMany(time => new[] { $"expenses_backup_{time}.csv", $"outlay_backup_{time}.tar.gz", $"outlay_backup_{time}.tar.gz.verified.json" }).Order(StringComparer.Ordinal),
            files.Except(alone).Except(["my.verified.json"]));
    }
}
