using Microsoft.Extensions.Logging;
using Outlay.Backup;
using Outlay.Tests.Harness;
using Outlay.Tests.Hosting;

namespace Outlay.Tests.Backup;

/// <summary>Backups in more than one place.</summary>
public sealed class DestinationTests : IDisposable
{
    private readonly LogCapture _log = new();

    public void Dispose() => _log.Dispose();

    [Theory, EachEngine]
    public async Task A_backup_is_copied_to_the_object_store_with_its_report_and_restored_from_there(Engine engine)
    {
        await using var store = await TestStore.CreateStandInAsync(TimeProvider.System);
        await using var database = await SampleBook.CreateAsync(engine);
        await using var target = await TestDatabase.CreateAsync(engine);

        var result = await RunAsync(database, store);

        Assert.Null(result.Failure);
        using var catalog = new BackupCatalog(With(database, store), database.Clock);
        var copy = Assert.Single(await BackupCatalog.ListAsync(catalog.Elsewhere[0], Test.Token));
        Assert.Equal(Path.GetFileName(result.File), copy.Name);
        Assert.Equal(BackupVerdict.Verified, copy.Verdict);
        await using var file = await copy.Destination.OpenAsync(copy.Name, Test.Token);
        await new BackupRestore(target.Database, target.Clock).RunAsync(file, null, isVerified: false, Test.Token);
        Assert.Equal(5, await target.ScalarAsync<long>("select count(*) from expenses"));
    }

    [Theory]
    [InlineData("Refuses")]
    [InlineData("Hangs")]
    [InlineData("FlipsBytes")]
    public async Task An_object_store_that_fails_leaves_the_backup_on_the_disk_and_gets_it_later(string fault)
    {
        await using var store = await TestStore.CreateStandInAsync(TimeProvider.System);
        await using var database = await SampleBook.CreateAsync(Engine.Sqlite);
        store.Environment["S3_BACKUP_TIMEOUT"] = "2";
        store.StandIn.Fault = Enum.Parse<StoreFault>(fault);

        var failed = await RunAsync(database, store);
        store.StandIn.Fault = StoreFault.None;
        store.Environment["S3_BACKUP_TIMEOUT"] = "60";
        var repaired = await RunAsync(database, store);

        Assert.Equal(BackupState.Ok, failed.State);
        Assert.True(failed.Report!.IsGood);
        Assert.Contains("s3", failed.Failure, StringComparison.OrdinalIgnoreCase);
        Assert.Contains(_log.Lines, line => line.GetProperty("event").GetString() == "destination_failed");
        Assert.Equal((BackupState.Unchanged, null), (repaired.State, repaired.Failure));
        using var catalog = new BackupCatalog(With(database, store), database.Clock);
        Assert.Single(await BackupCatalog.ListAsync(catalog.Elsewhere[0], Test.Token));
    }

    [Fact]
    public async Task What_is_not_to_be_kept_is_removed_from_each_place_with_all_that_belongs_to_it()
    {
        await using var store = await TestStore.CreateStandInAsync(TimeProvider.System);
        await using var database = await SampleBook.CreateAsync(Engine.Sqlite);
        database.Environment["BACKUP_RETENTION"] = "2 daily";

        for (var day = 0; day < 6; day++)
        {
            await SampleBook.AddAsync(database, $"Day {day}");
            Assert.Null((await RunAsync(database, store)).Failure);
            database.Clock.Advance(TimeSpan.FromDays(1));
        }

        using var catalog = new BackupCatalog(With(database, store), database.Clock);
        foreach (var destination in catalog.Elsewhere.Prepend(catalog.Disk))
            Assert.Equal(RetentionRule.Newest, (await BackupCatalog.ListAsync(destination, Test.Token)).Count);
        // A backup, its report and the readable copy; the copy is only here.
        Assert.Equal(3 * RetentionRule.Newest, Directory.GetFiles(database.Settings.BackupsDir, "*_backup_2*").Length);
        Assert.Equal(2 * RetentionRule.Newest, store.StandIn.Objects.Count());
    }

    private async Task<BackupResult> RunAsync(TestDatabase database, TestStore store)
    {
        var settings = With(database, store);
        using var catalog = new BackupCatalog(settings, database.Clock);
        return await new BackupService(database.Database, catalog, settings, database.Clock, new BackupStatus(), "run", _log.Factory.CreateLogger<BackupService>())
            .RunAsync(BackupOccasion.Regular, Test.Token);
    }

    private static Settings With(TestDatabase database, TestStore store)
    {
        var environment = new Dictionary<string, string>(database.Environment);
        foreach (var (name, value) in store.Environment)
            environment[name] = value;
        var source = new SettingsSource(environment.GetValueOrDefault);
        var settings = Settings.From(source);
        source.ThrowIfFaulty();
        return settings;
    }
}
