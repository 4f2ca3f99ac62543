using System.Security.Cryptography;
using Outlay.Backup;
using Outlay.Tests.Harness;

namespace Outlay.Tests.Backup;

/// <summary>What every object store must do. drills/object-store runs these tests against a real one.</summary>
public sealed class S3BackupDestinationTests
{
    private const int MiB = 1024 * 1024;

    [Theory]
    [InlineData(1)]
    [InlineData(8 * MiB)]
    [InlineData((8 * MiB) + 1)]
    [InlineData(20 * MiB)]
    public async Task What_is_stored_can_be_listed_read_and_removed(int size)
    {
        await using var store = await TestStore.CreateAsync();
        using var destination = store.Open();
        using var folder = new TestFolder();
        var content = RandomNumberGenerator.GetBytes(size);
        await File.WriteAllBytesAsync(folder.File("backup"), content, Test.Token);

        await destination.StoreAsync("a backup+1.age", folder.File("backup"), Test.Token);

        var stored = Assert.Single(await destination.ListAsync(Test.Token));
        Assert.Equal(("a backup+1.age", size), (stored.Name, stored.Size));
        Assert.InRange(stored.StoredAt, DateTimeOffset.UtcNow - TimeSpan.FromMinutes(10), DateTimeOffset.UtcNow + TimeSpan.FromMinutes(10));
        Assert.Equal(["outlay/a backup+1.age"], await store.KeysAsync());
        var read = await ReadAsync(destination, "a backup+1.age");
        Assert.True(content.AsSpan().SequenceEqual(read));

        await destination.DeleteAsync("a backup+1.age", Test.Token);
        await destination.DeleteAsync("a backup+1.age", Test.Token);

        Assert.Empty(await destination.ListAsync(Test.Token));
        Assert.Empty(await store.KeysAsync());
    }

    [Fact]
    public async Task A_list_of_many_backups_is_whole()
    {
        await using var store = await TestStore.CreateAsync();
        using var destination = store.Open();
        var names = Enumerable.Range(0, 7).Select(number => $"backup-{number}").ToArray();
        foreach (var name in names)
            await StoreAsync(destination, name, name);

        var stored = await destination.ListAsync(Test.Token);

        Assert.Equal(names, stored.Select(backup => backup.Name));
    }

    [Fact]
    public async Task A_backup_of_the_same_name_is_replaced()
    {
        await using var store = await TestStore.CreateAsync();
        using var destination = store.Open();
        await StoreAsync(destination, "backup", "old");

        await StoreAsync(destination, "backup", "new one");

        Assert.Equal("new one"u8.ToArray(), await ReadAsync(destination, "backup"));
        Assert.Equal(7, Assert.Single(await destination.ListAsync(Test.Token)).Size);
    }

    [Fact]
    public async Task Installations_with_other_prefixes_do_not_see_each_other()
    {
        await using var store = await TestStore.CreateAsync();
        using var one = store.Open(("S3_BACKUP_PREFIX", "household"));
        using var other = store.Open(("S3_BACKUP_PREFIX", "house/"));
        await StoreAsync(one, "backup", "of one");

        Assert.Empty(await other.ListAsync(Test.Token));
        Assert.Single(await one.ListAsync(Test.Token));
        Assert.EndsWith("/house", other.Name, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_backup_that_is_replaced_while_it_is_read_is_not_mixed()
    {
        await using var store = await TestStore.CreateAsync();
        using var destination = store.Open();
        await StoreAsync(destination, "backup", new string('a', 5 * MiB));
        await using var reader = await destination.OpenAsync("backup", Test.Token);
        await reader.ReadExactlyAsync(new byte[10], Test.Token);
        await StoreAsync(destination, "backup", new string('b', 5 * MiB));

        var error = await Assert.ThrowsAsync<AppException>(() => reader.CopyToAsync(Stream.Null, Test.Token));

        Assert.Equal(ErrorCode.Unavailable, error.Code);
        Assert.Contains("412", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_backup_that_is_not_there_is_not_found()
    {
        await using var store = await TestStore.CreateAsync();
        using var destination = store.Open();

        var error = await Assert.ThrowsAsync<AppException>(() => destination.OpenAsync("backup", Test.Token));

        Assert.Equal(ErrorCode.NotFound, error.Code);
        Assert.Equal($"There is no backup in {destination.Name}.", error.Message);
    }

    [Theory]
    [InlineData("S3_BACKUP_BUCKET", "no-such-bucket-of-ours", "S3_BACKUP_BUCKET")]
    [InlineData("S3_BACKUP_SECRET_KEY", "another-secret", "refused access (SignatureDoesNotMatch)")]
    [InlineData("S3_BACKUP_ACCESS_KEY", "another-key", "refused access (InvalidAccessKeyId)")]
    public async Task A_wrong_setting_is_named(string name, string value, string told)
    {
        await using var store = await TestStore.CreateAsync();
        using var destination = store.Open((name, value));

        var error = await Assert.ThrowsAsync<AppException>(() => destination.ListAsync(Test.Token));

        Assert.Equal(ErrorCode.BadConfiguration, error.Code);
        Assert.Contains(told, error.Message, StringComparison.Ordinal);
        // What a log would show, too.
        Assert.DoesNotContain(store.Environment["S3_BACKUP_SECRET_KEY"], error.Message + SafeException.Of(error).Stack, StringComparison.Ordinal);
    }

    private static async Task StoreAsync(S3BackupDestination destination, string name, string content)
    {
        using var folder = new TestFolder();
        await File.WriteAllTextAsync(folder.File("backup"), content, Test.Token);
        await destination.StoreAsync(name, folder.File("backup"), Test.Token);
    }

    private static async Task<byte[]> ReadAsync(S3BackupDestination destination, string name)
    {
        await using var stream = await destination.OpenAsync(name, Test.Token);
        var content = new MemoryStream();
        await stream.CopyToAsync(content, Test.Token);
        return content.ToArray();
    }
}
