using System.Globalization;
using Outlay.Tests.Harness;

namespace Outlay.Tests.Crashes;

/// <summary>
/// A change that was acknowledged is there after kill -9. Short here; drills/crash runs the same for long.
/// CRASH_KILLS and CRASH_SEED say how often and with which seed.
/// </summary>
public sealed class CrashTests(ITestOutputHelper output)
{
    private const int DefaultKills = 6;

    /// <summary>Of so many kills, one finds the database server dead and restarted under the living server, and one takes it along.</summary>
    private const int DatabaseKill = 3;

    [Fact]
    public async Task Nothing_acknowledged_is_lost_when_the_server_on_SQLite_is_killed()
    {
        await using var database = await TestDatabase.CreateAsync(Engine.Sqlite);
        await RunAsync(database.Environment, _ => Task.CompletedTask, _ => Task.CompletedTask);
    }

    [Fact(SkipUnless = nameof(HasPostgres), Skip = "PostgreSQL is not installed: ./test installs it.")]
    public async Task Nothing_acknowledged_is_lost_when_the_server_and_PostgreSQL_are_killed()
    {
        await using var cluster = await PostgresCluster.CreateAsync(durable: true);
        using var folder = new TestFolder();
        var environment = cluster.EnvironmentFor(await cluster.CreateDatabaseAsync(migrated: false));
        environment["DATA_DIR"] = folder.Path;
        await RunAsync(environment, kill => RestartAsync(kill % DatabaseKill == 1), kill => RestartAsync(kill % DatabaseKill == 0));

        async Task RestartAsync(bool isDue)
        {
            if (!isDue)
                return;
            await cluster.KillAsync();
            await cluster.StartAsync();
        }
    }

    public static bool HasPostgres => PostgresCluster.SkipReason is null;

    private async Task RunAsync(Dictionary<string, string> environment, Func<int, Task> whileAlive, Func<int, Task> whileDead)
    {
        var kills = Number("CRASH_KILLS") ?? DefaultKills;
        var seed = Number("CRASH_SEED") ?? Random.Shared.Next();
        output.WriteLine($"CRASH_SEED={seed} CRASH_KILLS={kills} gives the same requests and moments again.");

        await using var loop = new CrashLoop(environment, seed);
        await loop.RunAsync(kills, whileAlive, whileDead);
        await loop.CompareAsync();
        var doctor = await OutlayProcess.RunAsync(["doctor", "--deep"], environment);
        Assert.True(doctor.ExitCode == 0, doctor.Output + doctor.Error);
        output.WriteLine($"{kills} kills, {loop.Acknowledged} changes acknowledged, none lost, none twice.");
    }

    private static int? Number(string variable) =>
        Environment.GetEnvironmentVariable(variable) is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : null;
}
