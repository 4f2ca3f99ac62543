using Outlay.Tests.Backup;
using Outlay.Tests.Harness;

namespace Outlay.Tests.Failures;

/// <summary>The disk, the object store or the clock fails under load.</summary>
[Collection(nameof(Alone))]
public sealed class OtherPartTests
{
    private static readonly string? s_faketime =
        Directory.Exists("/usr/lib") ? Directory.EnumerateFiles("/usr/lib", "libfaketimeMT.so.1", new EnumerationOptions { RecurseSubdirectories = true, IgnoreInaccessible = true }).FirstOrDefault() : null;

    /// <summary>./test installs it, and requires it then.</summary>
    public static bool HasFaketime => s_faketime is not null || Environment.GetEnvironmentVariable("REQUIRE_FAKETIME") == "1";

    [Fact]
    public async Task A_disk_that_is_full()
    {
        await using var disk = await SmallDisk.MountAsync(24 << 20);
        using var elsewhere = new TestFolder();
        var environment = new Dictionary<string, string> { ["DATA_DIR"] = disk.Path, ["BACKUPS_DIR"] = elsewhere.Path, ["REQUEST_TIMEOUT"] = FailingPart.Patience };
        await using var server = OutlayProcess.StartServer(environment);
        var part = new FailingPart("disk of the embedded database", "full (tmpfs)", disk.FillAsync, disk.FreeAsync);

        await part.RunAsync(await server.WaitForAddressAsync(), Need.Process, Need.Read);

        var doctor = await OutlayProcess.RunAsync(["doctor", "--deep"], environment);
        Assert.True(doctor.ExitCode == 0, doctor.Output + doctor.Error);
    }

    [Theory, EachEngine]
    public async Task An_object_store_that_hangs(Engine engine)
    {
        await using var database = await TestDatabase.CreateAsync(engine);
        await using var store = await TestStore.CreateStandInAsync(TimeProvider.System);
        store.StandIn.Fault = StoreFault.Hangs;
        var environment = new Dictionary<string, string>(database.Environment);
        foreach (var (name, value) in store.Environment)
            environment[name] = value;
        environment["S3_BACKUP_TIMEOUT"] = "1";
        environment["REQUEST_TIMEOUT"] = FailingPart.Patience;
        await using var server = OutlayProcess.StartServer(environment);
        var address = await server.WaitForAddressAsync();
        using var client = new HttpClient { BaseAddress = address };
        var part = new FailingPart("object store", $"takes requests and never answers ({engine})", MustBeToldAsync, () =>
        {
            store.StandIn.Fault = StoreFault.None;
            return Task.CompletedTask;
        })
        { Refuses = false };

        await part.RunAsync(address, Enum.GetValues<Need>());

        var create = await OutlayProcess.RunAsync(["backup", "create"], environment);
        Assert.True(create.ExitCode == 0, create.Output + create.Error);
        Assert.NotEmpty(store.StandIn.Objects);

        Task MustBeToldAsync() => Eventually.TrueAsync("the server is degraded, and names the store", async () =>
        {
            using var ready = await client.GetAsync("/readyz", Test.Token);
            return ready.IsSuccessStatusCode && (await ready.Content.ReadAsStringAsync(Test.Token)).Contains("did not answer within 1 s", StringComparison.Ordinal);
        });
    }

    [Theory(SkipUnless = nameof(HasFaketime), Skip = "faketime is not installed: ./test installs it.")]
    [InlineData("+1h", Engine.Sqlite)]
    [InlineData("-1h", Engine.Sqlite)]
    [InlineData("+1h", Engine.Postgres)]
    [InlineData("-1h", Engine.Postgres)]
    public async Task A_clock_that_is_an_hour_off(string shift, Engine engine)
    {
        Assert.SkipWhen(engine is Engine.Postgres && PostgresCluster.SkipReason is not null, PostgresCluster.SkipReason ?? "");
        await using var database = await TestDatabase.CreateAsync(engine);
        using var folder = new TestFolder();
        await Set("+0");
        var environment = new Dictionary<string, string>(database.Environment)
        {
            ["REQUEST_TIMEOUT"] = FailingPart.Patience,
            ["LD_PRELOAD"] = s_faketime!,
            ["FAKETIME_TIMESTAMP_FILE"] = folder.File("time"),
            ["FAKETIME_NO_CACHE"] = "1",
            // Only the time of day is wrong: what measures how long something takes goes on.
            ["FAKETIME_DONT_FAKE_MONOTONIC"] = "1",
        };
        await using var server = OutlayProcess.StartServer(environment);
        var address = await server.WaitForAddressAsync();
        using var client = new HttpClient { BaseAddress = address };
        var part = new FailingPart("clock", $"{shift} at once, and back ({engine})", MustBeOffAsync, () => Set("+0")) { Refuses = false };

        await part.RunAsync(address, Enum.GetValues<Need>());

        var doctor = await OutlayProcess.RunAsync(["doctor", "--deep"], database.Environment);
        Assert.True(doctor.ExitCode == 0, doctor.Output + doctor.Error);

        async Task MustBeOffAsync()
        {
            await Set(shift);
            var off = TimeSpan.FromHours(shift == "+1h" ? 1 : -1);
            await Eventually.TrueAsync("the server has another time", async () =>
            {
                using var answer = await client.GetAsync("/livez", Test.Token);
                return (answer.Headers.Date!.Value - DateTimeOffset.UtcNow - off).Duration() < TimeSpan.FromMinutes(10);
            });
        }

        Task Set(string time) => File.WriteAllTextAsync(folder.File("time"), $"{time}\n", Test.Token);
    }
}
