using System.Data.Common;
using Outlay.Storage;
using Outlay.Tests.Harness;

namespace Outlay.Tests.Telemetry;

/// <summary>What is told about connections, beside connections that are really held.</summary>
public sealed class PoolTests
{
    [Fact]
    public async Task Connections_are_counted_for_each_server_of_a_list()
    {
        Assert.SkipWhen(PostgresCluster.SkipReason is not null, PostgresCluster.SkipReason ?? "");
        await using var database = await TestDatabase.CreateAsync(Engine.Postgres);
        var environment = new Dictionary<string, string>(database.Environment) { ["DB_HOST"] = $"127.0.0.1:1,127.0.0.1:{database.Environment["DB_PORT"]}" };
        await using var list = Database.Open(Settings.From(new SettingsSource(environment.GetValueOrDefault)), Database.PatienceOfVerbs, database.Clock);
        var release = new TaskCompletionSource();
        var held = Enumerable.Range(0, 3).Select(_ => HoldAsync(list, release.Task)).ToArray();
        await Eventually.TrueAsync("three are held", () => Task.FromResult(Unlimited(list) is [{ Used: 0 }, { Used: 3, Pending: 0 }]));

        var pools = Unlimited(list);
        release.SetResult();
        await Task.WhenAll(held);

        Assert.Equal(["127.0.0.1:1 unlimited", $"127.0.0.1:{database.Environment["DB_PORT"]} unlimited"], pools.Select(pool => pool.Name));
        Assert.Equal([0, 3], pools.Select(pool => pool.Used));
        Assert.All(pools, pool => Assert.Equal((30, 0), (pool.Max, pool.Pending)));
        Assert.Equal([0, 3], Unlimited(list).Select(pool => pool.Idle));
        Assert.Equal([0, 0], Unlimited(list).Select(pool => pool.Used));
    }

    [Fact]
    public async Task A_pool_that_is_used_up_shows_who_waits_and_who_has_waited_in_vain()
    {
        Assert.SkipWhen(PostgresCluster.SkipReason is not null, PostgresCluster.SkipReason ?? "");
        await using var database = await TestDatabase.CreateAsync(Engine.Postgres);
        await using var single = Database.Open(database.Settings, TimeSpan.FromSeconds(2), database.Clock);
        var release = new TaskCompletionSource();
        var held = Enumerable.Range(0, 30).Select(_ => HoldAsync(single, release.Task)).ToArray();
        try
        {
            await Eventually.TrueAsync("the pool is used up", () => Task.FromResult(Unlimited(single)[0] is { Used: 30, Max: 30 }));
            var late = HoldAsync(single, release.Task);
            await Eventually.TrueAsync("one waits", () => Task.FromResult(Unlimited(single)[0].Pending == 1));

            Assert.Equal(ErrorCode.Unavailable, (await Assert.ThrowsAsync<AppException>(() => late)).Code);
            Assert.Equal(0, Unlimited(single)[0].Pending);
        }
        finally
        {
            release.SetResult();
            await Task.WhenAll(held);
        }
    }

    /// <summary>The connections of work that is not a request.</summary>
    private static List<ConnectionPool> Unlimited(Database database) => [.. database.Pools.Where(pool => pool.Name.EndsWith(" unlimited", StringComparison.Ordinal))];

    private static Task<bool> HoldAsync(Database database, Task release) => database.ReadAsync<bool>(OwnerScope.All, async (DbConnection _) =>
    {
        await release;
        return true;
    }, Test.Token);
}
