using Microsoft.Extensions.Logging;
using Outlay.Backup;
using Outlay.Tests.Harness;
using Outlay.Tests.Hosting;

namespace Outlay.Tests.Backup;

/// <summary>Backups that wait for each other.</summary>
public sealed class WaitingTests : IDisposable
{
    private readonly LogCapture _log = new();

    public void Dispose() => _log.Dispose();

    [Fact]
    public async Task A_waiting_or_running_backup_does_not_keep_the_server_from_cleaning_up()
    {
        Assert.SkipWhen(PostgresCluster.SkipReason is not null, PostgresCluster.SkipReason ?? "");
        await using var database = await TestDatabase.CreateAsync(Engine.Postgres);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Test.Token);
        using (await BackupFolder.TakeAsync(database.Settings.BackupsDir, TimeProvider.System, Test.Token))
        {
            var holder = BackupRun.OfAsync(database, token: stop.Token);
            await Eventually.TrueAsync("it has the lock", async () => await LocksAsync(database) == 1);
            var waiting = BackupRun.OfAsync(database, token: stop.Token);
            await Task.Delay(500, Test.Token);

            Assert.Equal(0, await database.ScalarAsync<long>(
                "select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() and (state like 'idle in transaction%' or backend_xmin is not null)"));
            await stop.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => holder);
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        }

        Assert.Equal(0, await LocksAsync(database));
    }

    [Fact]
    public async Task Instances_with_folders_of_their_own_make_a_backup_one_after_the_other()
    {
        Assert.SkipWhen(PostgresCluster.SkipReason is not null, PostgresCluster.SkipReason ?? "");
        await using var database = await SampleBook.CreateAsync(Engine.Postgres);
        Task<BackupResult> waiting;
        await using (await BackupTurn.TakeAsync(database.Database, TimeProvider.System, Test.Token))
        {
            waiting = BackupRun.OfAsync(database);
            await Task.Delay(500, Test.Token);
            Assert.False(Directory.Exists(database.Settings.BackupsDir));
        }

        Assert.Equal(BackupState.Ok, (await waiting).State);
    }

    [Fact]
    public async Task A_long_wait_is_told_once()
    {
        await using var database = await TestDatabase.CreateAsync(Engine.Sqlite);
        Task<BackupResult> waiting;
        using (await BackupFolder.TakeAsync(database.Settings.BackupsDir, TimeProvider.System, Test.Token))
        {
            waiting = BackupRun.OfAsync(database, logger: _log.Factory.CreateLogger<BackupService>(), clock: new HastyClock());
            await Eventually.TrueAsync("it says that it waits", () => Task.FromResult(_log.Lines.Count > 0));
            await Task.Delay(200, Test.Token);
        }

        await waiting;
        var line = Assert.Single(_log.Lines, line => line.GetProperty("event").GetString() == "still_waiting");
        Assert.Equal("warning", line.GetProperty("level").GetString());
    }

    private static Task<long> LocksAsync(TestDatabase database) => database.ScalarAsync<long>(
        "select count(*) from pg_locks where locktype = 'advisory' and granted and database = (select oid from pg_database where datname = current_database())");

    /// <summary>What is due in a minute is due in a tenth of a second.</summary>
    private sealed class HastyClock : TimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            base.CreateTimer(callback, state, dueTime == TimeSpan.FromMinutes(1) ? TimeSpan.FromMilliseconds(100) : dueTime, period);
    }
}
