using Outlay.Tests.Harness;

namespace Outlay.Tests.Failures;

/// <summary>PostgreSQL, or the way to it, fails under load. What needs no database goes on, the rest is told so in time.</summary>
[Collection(nameof(Alone))]
public sealed class PostgresPartTests
{
    [Fact(SkipUnless = nameof(HasPostgres), Skip = "PostgreSQL is not installed: ./test installs it.")]
    public async Task A_database_that_is_stopped()
    {
        await using var cluster = await PostgresCluster.CreateAsync(durable: true);
        await RunAsync(cluster, new FailingPart("database", "stopped and started", cluster.StopAsync, cluster.StartAsync));
    }

    [Fact(SkipUnless = nameof(HasPostgres), Skip = "PostgreSQL is not installed: ./test installs it.")]
    public async Task A_database_that_is_killed()
    {
        await using var cluster = await PostgresCluster.CreateAsync(durable: true);
        await RunAsync(cluster, new FailingPart("database", "kill -9, all its processes", cluster.KillAsync, cluster.StartAsync));
    }

    [Theory(SkipUnless = nameof(HasPostgres), Skip = "PostgreSQL is not installed: ./test installs it.")]
    [InlineData(Link.Refusing, 0, true, "connections refused")]
    [InlineData(Link.Slow, 20, false, "20 ms slower each way")]
    [InlineData(Link.Slow, 5000, true, "5 s slower each way")]
    internal async Task A_database_behind_a_bad_network(Link link, int milliseconds, bool refuses, string injection)
    {
        await using var database = await TestDatabase.CreateAsync(Engine.Postgres);
        var (proxy, environment) = TcpProxy.Before(database.Environment);
        await using (proxy)
        {
            proxy.Delay = TimeSpan.FromMilliseconds(milliseconds);
            // What is to be served all the same must be, however busy this machine is.
            if (!refuses)
                environment["REQUEST_TIMEOUT"] = "60";
            var part = new FailingPart("network to the database", injection, () => Set(link), () => Set(Link.Whole)) { Refuses = refuses };
            await RunAsync(environment, part, refuses ? [Need.Process] : Enum.GetValues<Need>());
        }

        Task Set(Link state)
        {
            proxy.Link = state;
            return Task.CompletedTask;
        }
    }

    /// <summary>With OWN_NETWORK=1 in a network namespace of their own, the system loses the packets; otherwise a proxy swallows what they hold.</summary>
    [Fact(SkipUnless = nameof(HasPostgres), Skip = "PostgreSQL is not installed: ./test installs it.")]
    public async Task A_database_whose_packets_are_lost()
    {
        await using var database = await TestDatabase.CreateAsync(Engine.Postgres);
        var (proxy, environment) = TcpProxy.Before(database.Environment);
        await using (proxy)
        {
            var part = Environment.GetEnvironmentVariable("OWN_NETWORK") == "1"
                ? new FailingPart("network to the database", "packets dropped (iptables)", () => Filter("-A"), () => Filter("-D"))
                : new FailingPart("network to the database", "packets swallowed", () => Set(Link.Silent), () => Set(Link.Whole));
            await RunAsync(environment, part, Need.Process);

            Task Set(Link state)
            {
                proxy.Link = state;
                return Task.CompletedTask;
            }
        }

        Task Filter(string change) => Command.RunAsync("iptables", change, "INPUT", "-p", "tcp", "--dport", environment["DB_PORT"], "-j", "DROP");
    }

    [Fact(SkipUnless = nameof(HasPostgres), Skip = "PostgreSQL is not installed: ./test installs it.")]
    public async Task A_database_whose_disk_is_full()
    {
        await using var disk = await SmallDisk.MountAsync(48 << 20);
        await using var cluster = await PostgresCluster.CreateAsync();
        var space = await cluster.CreateTablespaceAsync(disk.Path);
        var environment = cluster.EnvironmentFor(await cluster.CreateDatabaseAsync(migrated: false, options: $"tablespace {space}"));
        await RunAsync(environment, new FailingPart("disk of PostgreSQL", "full (tmpfs)", disk.FillAsync, disk.FreeAsync), Need.Process, Need.Read);
    }

    public static bool HasPostgres => PostgresCluster.SkipReason is null;

    private static async Task RunAsync(PostgresCluster cluster, FailingPart part) =>
        await RunAsync(cluster.EnvironmentFor(await cluster.CreateDatabaseAsync(migrated: false)), part, Need.Process);

    private static async Task RunAsync(Dictionary<string, string> environment, FailingPart part, params Need[] kept)
    {
        using var folder = new TestFolder();
        environment["DATA_DIR"] = folder.Path;
        if (kept.Length > 1)
            environment["REQUEST_TIMEOUT"] = FailingPart.Patience;
        await using var server = OutlayProcess.StartServer(environment);
        var address = await server.WaitForAddressAsync();

        await part.RunAsync(address, kept);

        var doctor = await OutlayProcess.RunAsync(["doctor", "--deep"], environment);
        Assert.True(doctor.ExitCode == 0, doctor.Output + doctor.Error);
    }
}
