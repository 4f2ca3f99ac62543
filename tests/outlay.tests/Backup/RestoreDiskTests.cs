using System.Globalization;
using Outlay.Tests.Harness;

namespace Outlay.Tests.Backup;

/// <summary>A restore onto a disk that has no room for it.</summary>
public sealed class RestoreDiskTests
{
    private const int MiB = 1024 * 1024;

    [Fact]
    public async Task On_the_embedded_engine_it_is_told_and_leaves_what_was_there()
    {
        await using var source = await CreateLargeAsync();
        await using var disk = await SmallDisk.MountAsync(2 * MiB);
        await using var target = await TestDatabase.CreateAsync(Engine.Sqlite);
        target.Environment["DATA_DIR"] = disk.Path;
        target.Environment["BACKUPS_DIR"] = target.Folder;

        await OutlayProcess.RunAsync(["add", "1", "Mine"], target.Environment);
        var restore = await RestoreAsync(source, target);

        Assert.Equal(69, restore.ExitCode);
        Assert.Contains($"The disk that holds {disk.Path}/outlay.db is full.", restore.Error, StringComparison.Ordinal);
        var list = await OutlayProcess.RunAsync(["list", "--output", "csv"], target.Environment);
        Assert.Contains(",Mine,", list.Output, StringComparison.Ordinal);
        Assert.Equal(0, (await OutlayProcess.RunAsync(["doctor", "--deep"], target.Environment)).ExitCode);
    }

    [Fact]
    public async Task On_PostgreSQL_it_is_told_and_leaves_what_was_there()
    {
        Assert.SkipWhen(PostgresCluster.SkipReason is not null, PostgresCluster.SkipReason ?? "");
        await using var source = await CreateLargeAsync();
        await using var disk = await SmallDisk.MountAsync(20 * MiB);
        await using var space = await PostgresSpace.CreateAsync(disk.Path);
        await using var target = await TestDatabase.CreateAsync(Engine.Postgres, migrated: false, $"tablespace {space.Name}");

        await OutlayProcess.RunAsync(["add", "1", "Mine"], target.Environment);
        var restore = await RestoreAsync(source, target);

        Assert.Equal(69, restore.ExitCode);
        Assert.Matches("The disk of PostgreSQL at .* is full\\.", restore.Error);
        Assert.Equal("Mine", await target.ScalarAsync<string>("select description from expenses"));
        Assert.Null((await target.Doctor.CheckHistoryAsync(Test.Token)).Fault);
    }

    private static async Task<ProcessResult> RestoreAsync(TestDatabase source, TestDatabase target) => await OutlayProcess.RunAsync(
        ["backup", "restore", (await BackupRun.OfAsync(source)).File!, "--replace", "--yes"], target.Environment);

    /// <summary>Some 16 MB of notes that do not compress.</summary>
    private static async Task<TestDatabase> CreateLargeAsync()
    {
        var database = await TestDatabase.CreateAsync(Engine.Sqlite);
        var random = new Random(20260219);
        for (var number = 0; number < 800; number++)
        {
            var notes = string.Create(10_000, random, (text, source) =>
            {
                for (var i = 0; i < text.Length; i++)
                    text[i] = (char)source.Next('a', 'z' + 1);
            });
            await SampleBook.AddAsync(database, $"Long {number.ToString(CultureInfo.InvariantCulture)}", notes: notes);
        }

        return database;
    }

    /// <summary>A place of its own for databases of the shared server.</summary>
    private sealed class PostgresSpace(PostgresCluster cluster, string name) : IAsyncDisposable
    {
        public string Name => name;

        public static async Task<PostgresSpace> CreateAsync(string folder)
        {
            var cluster = await PostgresCluster.Shared;
            return new PostgresSpace(cluster, await cluster.CreateTablespaceAsync(folder));
        }

        public async ValueTask DisposeAsync() => await cluster.DropTablespaceAsync(name);
    }
}
