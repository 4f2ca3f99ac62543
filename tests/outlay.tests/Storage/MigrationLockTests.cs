using Outlay.Storage;
using Outlay.Tests.Harness;

namespace Outlay.Tests.Storage;

public sealed class MigrationLockTests
{
    [Theory, EachEngine]
    public async Task A_start_waits_for_another_instance_that_migrates(Engine engine)
    {
        await using var database = await TestDatabase.CreateAsync(engine, migrated: false);
        var held = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var other = Task.Run(() => database.Database.WriteAsync(OwnerScope.All, async connection =>
        {
            await database.Database.LockMigrationsAsync(connection, Test.Token);
            held.SetResult();
            await release.Task;
            return true;
        }, Test.Token));
        await held.Task;

        await using var server = await TestServer.StartAsync(database.Environment);
        // Time enough to migrate, if it does not wait.
        await Task.Delay(TimeSpan.FromSeconds(3), Test.Token);
        var waiting = (await server.GetAsync("/startupz")).Status;
        var tables = await database.Database.ReadAsync(OwnerScope.All, connection => database.Database.ColumnsAsync(connection, "expenses", Test.Token), Test.Token);
        release.SetResult();
        await other;
        await server.ReadyAsync();

        Assert.Equal((503, 0), (waiting, tables.Count));
        (await server.GetAsync("/startupz")).MustBe(200);
        Assert.Equal(Migration.Of(database.Database.Engine).Count, await database.ScalarAsync<long>("select count(*) from schema_migrations"));
    }
}
