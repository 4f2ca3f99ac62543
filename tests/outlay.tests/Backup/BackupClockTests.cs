using Outlay.Backup;
using Outlay.Tests.Harness;

namespace Outlay.Tests.Backup;

/// <summary>A clock that was ahead, and was set right.</summary>
public sealed class BackupClockTests
{
    private static readonly TimeSpan s_ahead = TimeSpan.FromDays(300);

    [Fact]
    public async Task A_backup_made_after_the_clock_was_set_right_is_kept_and_so_are_those_after_it()
    {
        await using var database = await CreateAsync();
        database.Clock.Now -= s_ahead;

        var made = new List<string>();
        for (var day = 0; day < 5; day++)
        {
            await SampleBook.AddAsync(database, "Coffee");
            var result = await BackupRun.OfAsync(database);
            Assert.Equal(BackupState.Ok, result.State);
            Assert.True(File.Exists(result.File), $"{result.File} was reported as made and verified, and is gone");
            made.Add(Path.GetFileName(result.File!));
            database.Clock.Advance(TimeSpan.FromDays(1));
        }

        // As many as if the others were not there, which stay too.
        Assert.Equal(made.TakeLast(RetentionRule.Newest), BackupRun.Files(database, "outlay_backup_20260*.tar.gz"));
        Assert.Equal(RetentionRule.Newest, BackupRun.Files(database, "outlay_backup_202612*.tar.gz").Length);
    }

    [Fact]
    public async Task A_backup_dated_in_the_future_does_not_hide_that_nothing_has_changed()
    {
        await using var database = await CreateAsync();
        database.Clock.Now -= s_ahead;
        await SampleBook.AddAsync(database, "Coffee");
        await BackupRun.OfAsync(database);
        database.Clock.Advance(TimeSpan.FromDays(1));

        Assert.Equal(BackupState.Unchanged, (await BackupRun.OfAsync(database)).State);
    }

    [Fact]
    public async Task A_backup_dated_in_the_future_does_not_pass_for_a_fresh_one()
    {
        await using var database = await SampleBook.CreateAsync(Engine.Sqlite);
        database.Clock.Now = new DateTimeOffset(2099, 1, 1, 0, 0, 0, TimeSpan.Zero);
        await BackupRun.OfAsync(database);

        var future = await OutlayProcess.RunAsync(["backup", "verify", "--max-age", "1m"], database.Environment);
        await SampleBook.AddAsync(database, "Coffee");
        await OutlayProcess.RunAsync(["backup", "create"], database.Environment);
        var present = await OutlayProcess.RunAsync(["backup", "verify", "--max-age", "1h"], database.Environment);

        Assert.Equal(65, future.ExitCode);
        Assert.Contains("dated 2099-01-01 00:00:00Z, which has not come yet", future.Error, StringComparison.Ordinal);
        Assert.True(present.ExitCode == 0, present.Error);
    }

    /// <summary>A database whose backups were made by a clock that is ahead, as it is still.</summary>
    private static async Task<TestDatabase> CreateAsync()
    {
        var database = await TestDatabase.CreateAsync(Engine.Sqlite);
        database.Environment["BACKUP_RETENTION"] = "1 daily";
        database.Clock.Now += s_ahead;
        for (var i = 0; i < RetentionRule.Newest; i++)
        {
            await SampleBook.AddAsync(database, "Tea");
            await BackupRun.OfAsync(database);
            database.Clock.Advance(TimeSpan.FromMinutes(1));
        }

        return database;
    }
}
