using Outlay.Backup;
using Outlay.Tests.Harness;

namespace Outlay.Tests.Backup;

/// <summary>The keys of backups and of the object store change while the service runs.</summary>
public sealed class RotatedKeyTests
{
    [Theory]
    [InlineData("BACKUP_PASSPHRASE_FILE", "a passphrase of the past", "a passphrase of now, and longer")]
    [InlineData("BACKUP_KEY_FILE", "AGE-SECRET-KEY-1Q5U3EDLXDATVN4NKF34NM6UYFMLF8DZK54U26UC2AKP5YLVQXXMQD8XNA0",
        "AGE-SECRET-KEY-1NU0GGXV8W73LNLQYUNTPR0WVSU0YEZHCLH0N6NT75M9759N7ZVYQRPQ3Q7")]
    public async Task The_next_backup_is_locked_with_the_new_key(string setting, string before, string after)
    {
        await using var database = await TestDatabase.CreateAsync(Engine.Sqlite);
        var file = Path.Combine(database.Folder, "key");
        await File.WriteAllTextAsync(file, before, Test.Token);
        var settings = Settings.From(new SettingsSource(new Dictionary<string, string>(database.Environment) { [setting] = file }.GetValueOrDefault));
        var service = BackupRun.Service(database, settings);

        var first = await service.RunAsync(BackupOccasion.Regular, Test.Token);
        var same = await service.RunAsync(BackupOccasion.Regular, Test.Token);
        await File.WriteAllTextAsync(file, after, Test.Token);
        database.Clock.Advance(TimeSpan.FromSeconds(1));
        var second = await service.RunAsync(BackupOccasion.Regular, Test.Token);

        Assert.Equal((BackupState.Ok, BackupState.Unchanged, BackupState.Ok), (first.State, same.State, second.State));
        using var catalog = new BackupCatalog(settings, database.Clock);
        Assert.True(await catalog.IsLockedAsNowAsync(await catalog.FindAsync(Path.GetFileName(second.File!), Test.Token), Test.Token));
        Assert.False(await catalog.IsLockedAsNowAsync(await catalog.FindAsync(Path.GetFileName(first.File!), Test.Token), Test.Token));
    }

    [Fact]
    public async Task An_object_store_is_asked_with_the_new_key()
    {
        await using var store = await TestStore.CreateStandInAsync(TimeProvider.System);
        await using var database = await TestDatabase.CreateAsync(Engine.Sqlite);
        var file = Path.Combine(database.Folder, "secret");
        await File.WriteAllTextAsync(file, "not the right one", Test.Token);
        var environment = new Dictionary<string, string>(database.Environment);
        foreach (var (name, value) in store.Environment)
            environment[name] = value;
        var right = environment["S3_BACKUP_SECRET_KEY"];
        environment.Remove("S3_BACKUP_SECRET_KEY");
        environment["S3_BACKUP_SECRET_KEY_FILE"] = file;
        var service = BackupRun.Service(database, Settings.From(new SettingsSource(environment.GetValueOrDefault)), clock: TimeProvider.System);

        var refused = await service.RunAsync(BackupOccasion.Regular, Test.Token);
        await File.WriteAllTextAsync(file, right, Test.Token);
        var kept = await service.RunAsync(BackupOccasion.Regular, Test.Token);

        Assert.Contains("refused access", refused.Failure, StringComparison.Ordinal);
        Assert.Null(kept.Failure);
        Assert.Equal(2, store.StandIn.Objects.Count());
    }
}
