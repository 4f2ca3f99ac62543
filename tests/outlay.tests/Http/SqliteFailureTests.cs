using Outlay.Storage;
using Outlay.Tests.Harness;

namespace Outlay.Tests.Http;

/// <summary>The file of the embedded database is locked, or its disk is full.</summary>
public sealed class SqliteFailureTests
{
    private const string Coffee = """{"date":"2026-02-19","description":"Coffee","amount":3.50}""";

    [Fact]
    public async Task While_another_process_writes_changes_are_refused_and_reads_go_on()
    {
        await using var server = await TestServer.StartAsync(Engine.Sqlite);
        await server.AddAsync(Coffee);

        // A connection of its own: to the engine the same as another process.
        await using (await OpenTransaction.BeginAsync(server.Database.Database, "update expenses set notes = 'held' where id = 1"))
        {
            foreach (var (method, path, body) in new[] { ("POST", "/expenses", Coffee), ("PATCH", "/expenses/1", """{"amount":4}"""), ("DELETE", "/expenses/1", null) })
            {
                var answer = await server.SendAsync(method, path, body, ("If-Match", "*"));
                Assert.Equal("1", answer.MustBeProblem(503, "unavailable")["Retry-After"]);
                Assert.Equal("The database cannot be used right now. The log of the service says why, under this trace_id", answer.Detail);
            }

            Assert.Equal(1, (await server.GetAsync("/expenses")).MustBe(200).Json.GetArrayLength());
            (await server.GetAsync("/readyz")).MustBe(200);
        }

        Assert.Contains("\"amount\":3.50", (await server.GetAsync("/expenses/1")).MustBe(200).Body, StringComparison.Ordinal);
        (await server.SendAsync("PATCH", "/expenses/1", """{"amount":4}""", ("If-Match", "\"1\""))).MustBe(200);
        Assert.True((await server.Doctor.ExamineAsync(Test.Token)).IsHealthy);
    }

    [Fact]
    public async Task A_commit_that_the_disk_refuses_to_confirm_is_not_said_to_have_stored_nothing()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux is known to fail a write so.");
        await using var database = await TestDatabase.CreateAsync(Engine.Sqlite);
        // No file may grow beyond this, the journal neither, which the commit writes. The runtime would map its code through a larger one.
        var environment = new Dictionary<string, string>(database.Environment) { ["DOTNET_EnableWriteXorExecute"] = "0" };

        var add = await OutlayProcess.RunScriptAsync("trap '' XFSZ; ulimit -f 40; outlay add 3.50 Coffee || echo $?", environment);

        Assert.Equal("69\n", add.Output);
        Assert.Equal("The database did not say whether it stored the change, and cannot be asked now.\nLook whether it was done, before you do it again.\n", add.Error);
        Assert.Equal(0, await database.ScalarAsync<long>("select count(*) from expenses"));
    }

    [Fact]
    public async Task A_writer_that_waited_for_its_turn_does_not_wait_as_long_again_for_the_file()
    {
        await using var database = await TestDatabase.CreateAsync(Engine.Sqlite);
        // By this clock all patience is gone once the turn has come.
        await using var late = new SqliteDatabase(database.Settings.SqliteFile, TimeSpan.FromHours(1), new HurryingClock());
        await using var other = await OpenTransaction.BeginAsync(database.Database, "update owners set name = name");

        var write = Task.Run(() => late.WriteAsync(OwnerScope.All, connection => new Sql("delete from owners").ExecuteAsync(connection, Test.Token), Test.Token));

        var refusal = await Assert.ThrowsAsync<AppException>(() => write.WaitAsync(TimeSpan.FromMinutes(5), Test.Token));
        Assert.Equal(ErrorCode.Unavailable, refusal.Code);
    }

    [Fact]
    public async Task A_full_disk_refuses_changes_until_there_is_space_and_stores_nothing_by_halves()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess, "Only root on Linux can make a disk that is small enough to fill.");
        using var folder = new TestFolder();
        using var elsewhere = new TestFolder();
        await Command.RunAsync("mount", "-t", "tmpfs", "-o", "size=600k", "outlay-test", folder.Path);
        try
        {
            await using var server = await TestServer.StartAsync(
                new Dictionary<string, string> { ["DATA_DIR"] = folder.Path, ["BACKUPS_DIR"] = elsewhere.Path });
            await server.ReadyAsync();
            var large = $$"""{"date":"2026-02-19","description":"Coffee","amount":3.50,"tags":["a","b"],"notes":"{{new string('x', 10_000)}}"}""";

            var stored = 0;
            Answer answer;
            while ((answer = await server.SendAsync("POST", "/expenses", large)).Status == 201)
                stored++;

            Assert.Equal("1", answer.MustBeProblem(503, "unavailable")["Retry-After"]);
            (await server.SendAsync("POST", "/expenses", large)).MustBeProblem(503, "unavailable");
            Assert.NotEqual(0, stored);
            Assert.Equal(stored, (await server.GetAsync("/expenses")).MustBe(200).Json.GetArrayLength());
            Assert.Equal(stored, (await server.GetAsync("/expenses/summary")).MustBe(200).Json.GetProperty("count").GetInt32());
            Assert.True((await server.Doctor.ExamineAsync(Test.Token)).IsHealthy);

            await Command.RunAsync("mount", "-o", "remount,size=8m", folder.Path);

            (await server.SendAsync("POST", "/expenses", large)).MustBe(201);
            Assert.Equal(stored + 1, (await server.GetAsync("/expenses/summary")).Json.GetProperty("count").GetInt32());
            Assert.True((await server.Doctor.ExamineAsync(Test.Token)).IsHealthy);
        }
        finally
        {
            await Command.RunAsync("umount", "--lazy", folder.Path);
        }
    }

    [Fact]
    public async Task A_folder_that_cannot_be_made_is_named_with_the_cure()
    {
        using var folder = new TestFolder();
        await File.WriteAllTextAsync(folder.File("taken"), "", Test.Token);

        await using var server = await TestServer.StartAsync(new Dictionary<string, string> { ["DATA_DIR"] = Path.Combine(folder.File("taken"), "data") });

        (await server.GetAsync("/expenses")).MustBeProblem(503, "unavailable");
        var reason = (await server.GetAsync("/readyz")).MustBe(503).Json.GetProperty("checks").GetProperty("database").GetProperty("reason").GetString();
        Assert.Contains("set DATA_DIR to a folder of your own", reason, StringComparison.Ordinal);
    }

    /// <summary>An hour later whenever it is asked.</summary>
    private sealed class HurryingClock : TimeProvider
    {
        private int _hours;

        public override long GetTimestamp() => Interlocked.Increment(ref _hours) * TimeSpan.TicksPerHour;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;
    }
}
