using System.Text.Json;
using Outlay.Backup;
using Outlay.Tests.Harness;

namespace Outlay.Tests.Backup;

/// <summary>A backup that was good once counts only as long as it still is.</summary>
public sealed class TrustTests
{
    [Theory]
    [InlineData(BackupOccasion.Regular)]
    [InlineData(BackupOccasion.BeforeChange)]
    internal async Task A_backup_that_was_damaged_later_is_found_out_and_replaced_by_another(BackupOccasion occasion)
    {
        await using var database = await SampleBook.CreateAsync(Engine.Sqlite);
        var first = (await BackupRun.OfAsync(database)).File!;
        await DamageAsync(first);
        database.Clock.Advance(TimeSpan.FromHours(1));

        var second = await BackupRun.OfAsync(database, occasion);

        Assert.Equal(BackupState.Ok, second.State);
        Assert.NotEqual(first, second.File);
        Assert.True(File.Exists($"{first}.failed.json"));
        Assert.False(File.Exists($"{first}.verified.json"));
    }

    [Fact]
    public async Task A_backup_that_lost_its_end_is_shown_as_not_good_and_replaced()
    {
        await using var database = await SampleBook.CreateAsync(Engine.Sqlite);
        var first = (await BackupRun.OfAsync(database)).File!;
        var size = new FileInfo(first).Length;
        await using (var file = File.OpenWrite(first))
            file.SetLength(size / 2);
        database.Clock.Advance(TimeSpan.FromHours(1));

        var list = await OutlayProcess.RunAsync(["backup", "list", "--output", "json"], database.Environment);
        var second = await BackupRun.OfAsync(database);

        var listed = Assert.Single(JsonDocument.Parse(list.Output).RootElement.EnumerateArray());
        Assert.False(listed.GetProperty("verified").GetBoolean());
        Assert.Equal($"The backup is damaged: it has {size / 2} bytes instead of {size}.", listed.GetProperty("failure").GetString());
        Assert.Equal(BackupState.Ok, second.State);
        Assert.True(File.Exists($"{first}.failed.json"));
    }

    [Theory]
    [InlineData(1, BackupOccasion.Regular, false)]
    [InlineData(8, BackupOccasion.Regular, true)]
    [InlineData(-1, BackupOccasion.Regular, true)]
    [InlineData(1, BackupOccasion.BeforeChange, true)]
    internal async Task It_is_restored_on_trial_again_after_a_week_and_before_a_change(int days, BackupOccasion occasion, bool again)
    {
        await using var database = await SampleBook.CreateAsync(Engine.Sqlite);
        await BackupRun.OfAsync(database);
        var verifiedAt = database.Clock.Now;
        database.Clock.Advance(TimeSpan.FromDays(days));

        var result = await BackupRun.OfAsync(database, occasion);

        // One that is dated in the future does not count at all: another one was made.
        Assert.Equal(days < 0 ? BackupState.Ok : BackupState.Unchanged, result.State);
        Assert.Equal(again ? database.Clock.Now : verifiedAt, result.Report!.VerifiedAt, TimeSpan.FromMilliseconds(1));
    }

    [Fact]
    public async Task What_a_report_says_is_what_was_found()
    {
        var report = new BackupReport(
            "name", new(2026, 2, 19, 10, 30, 0, TimeSpan.Zero), new(2026, 2, 19, 10, 31, 0, TimeSpan.Zero), TimeSpan.FromSeconds(3),
            new Dictionary<string, long> { ["expenses"] = 5 }, "print", new BackupDigest(7, "sum"), null);
        var failed = report with { Stored = null, Failure = "no key", IsConclusive = false };

        foreach (var written in new[] { report, failed })
        {
            var read = await BackupReport.ReadAsync(new MemoryStream(written.ToJson()), Test.Token);

            Assert.Equal(written with { Rows = read!.Rows }, read);
            Assert.Equal(written.Rows, read.Rows);
            Assert.Equal(written.Problem, read.Problem);
        }
    }

    [Fact]
    public async Task A_copy_elsewhere_of_another_size_is_made_again()
    {
        await using var store = await TestStore.CreateStandInAsync(TimeProvider.System);
        await using var database = await SampleBook.CreateAsync(Engine.Sqlite);
        foreach (var (name, value) in store.Environment)
            database.Environment[name] = value;
        var copy = Path.GetFileName((await BackupRun.OfAsync(database)).File!);
        using var destination = store.Open();
        using var folder = new TestFolder();
        await File.WriteAllTextAsync(folder.File("short"), "short", Test.Token);
        await destination.StoreAsync(copy, folder.File("short"), Test.Token);

        Assert.Null((await BackupRun.OfAsync(database)).Failure);

        Assert.Equal(
            new FileInfo(Path.Combine(database.Settings.BackupsDir, copy)).Length, (await destination.ListAsync(Test.Token)).Single(file => file.Name == copy).Size);
    }

    private static async Task DamageAsync(string path)
    {
        var bytes = await File.ReadAllBytesAsync(path, Test.Token);
        for (var i = 0; i < 4; i++)
            bytes[(bytes.Length / 2) + i] ^= 0xff;
        await File.WriteAllBytesAsync(path, bytes, Test.Token);
    }
}
