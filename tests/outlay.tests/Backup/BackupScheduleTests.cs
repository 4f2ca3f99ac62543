using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Outlay.Backup;
using Outlay.Expenses;
using Outlay.Tests.Harness;
using Outlay.Tests.Hosting;

namespace Outlay.Tests.Backup;

public sealed class BackupScheduleTests : IDisposable
{
    private readonly LogCapture _log = new();

    public void Dispose() => _log.Dispose();

    [Fact]
    public async Task A_backup_is_made_once_the_schema_is_ready()
    {
        await using var database = await TestDatabase.CreateAsync(Engine.Sqlite);
        var (ready, status) = (new TaskCompletionSource(), new BackupStatus());
        using var host = Build(database, ready.Task, status);

        await host.StartAsync(Test.Token);
        var before = status.Last.State;
        ready.SetResult();
        await Eventually.TrueAsync("the backup is over", () => Task.FromResult(status.Last.State is not BackupState.NotRun));

        Assert.Equal(BackupState.NotRun, before);
        Assert.Equal(BackupState.Ok, status.Last.State);
        Assert.True(File.Exists(status.Last.File));
        await host.StopAsync(Test.Token);
    }

    [Fact]
    public async Task The_next_backup_comes_after_the_interval_if_anything_has_changed()
    {
        await using var database = await TestDatabase.CreateAsync(Engine.Sqlite);
        var status = new BackupStatus();
        using var host = Build(database, Task.CompletedTask, status, TimeSpan.FromMilliseconds(50));
        await host.StartAsync(Test.Token);
        await Eventually.TrueAsync("a run finds nothing changed", () => Task.FromResult(status.Last.State is BackupState.Unchanged));

        await SampleBook.AddAsync(database, "Coffee");
        database.Clock.Advance(TimeSpan.FromDays(1));

        await Eventually.TrueAsync("a backup holds the expense", () => Task.FromResult(status.Last.Expenses == 1));
        await host.StopAsync(Test.Token);
        Assert.Equal(2, Directory.GetFiles(database.Settings.BackupsDir, "*.tar.gz").Length);
    }

    [Theory]
    [InlineData("1.00:00:00", "00:05:00")]
    [InlineData("00:02:00", "00:02:00")]
    public async Task A_backup_that_failed_is_tried_again_soon(string interval, string pause)
    {
        await using var database = await TestDatabase.CreateAsync(Engine.Sqlite);
        await File.WriteAllTextAsync(database.Settings.BackupsDir, "a file where the folder should be", Test.Token);
        var (status, clock) = (new BackupStatus(), new SteppedClock());
        using var host = Build(database, Task.CompletedTask, status, TimeSpan.Parse(interval, null), clock);

        await host.StartAsync(Test.Token);
        await Eventually.TrueAsync("the first one has failed", () => Task.FromResult(clock.Pause is not null));
        var (failed, afterFailure) = (status.Last.State, clock.Pause);
        File.Delete(database.Settings.BackupsDir);
        clock.Step();
        await Eventually.TrueAsync("the next one was made", () => Task.FromResult(status.Last.State is BackupState.Ok && clock.Pause is not null));

        Assert.Equal(BackupState.Failed, failed);
        Assert.Equal(TimeSpan.Parse(pause, null), afterFailure);
        Assert.Equal(TimeSpan.Parse(interval, null), clock.Pause);
        await host.StopAsync(Test.Token);
    }

    [Fact]
    public async Task A_copy_elsewhere_that_failed_is_tried_again_soon()
    {
        await using var store = await TestStore.CreateStandInAsync(TimeProvider.System);
        await using var database = await TestDatabase.CreateAsync(Engine.Sqlite);
        foreach (var (name, value) in store.Environment)
            database.Environment[name] = value;
        store.StandIn.Fault = StoreFault.FlipsBytes;
        var (status, clock) = (new BackupStatus(), new SteppedClock());
        using var host = Build(database, Task.CompletedTask, status, clock: clock);

        await host.StartAsync(Test.Token);
        await Eventually.TrueAsync("the first one could not be copied", () => Task.FromResult(clock.Pause is not null));
        var (made, afterFailure) = (status.Last, clock.Pause);
        store.StandIn.Fault = StoreFault.None;
        clock.Step();
        await Eventually.TrueAsync("it was copied", () => Task.FromResult(status.Last.Failure is null && clock.Pause is not null));

        Assert.Equal(BackupState.Ok, made.State);
        Assert.NotNull(made.Failure);
        Assert.Equal(TimeSpan.FromMinutes(5), afterFailure);
        Assert.Equal(2, store.StandIn.Objects.Count());
        await host.StopAsync(Test.Token);
    }

    [Theory, EachEngine]
    public async Task The_server_makes_a_backup_when_it_has_started(Engine engine)
    {
        await using var server = await TestServer.StartAsync(engine);
        await server.FirstBackup;

        Assert.Single(Directory.GetFiles(server.Database.Settings.BackupsDir, "outlay_backup_20260219_103000.tar.gz"));
        var answer = (await server.GetAsync("/readyz")).MustBe(200);
        Assert.Equal("ok", answer.Json.GetProperty("status").GetString());
    }

    [Theory, EachEngine]
    public async Task A_server_whose_backup_fails_serves_and_says_that_it_is_degraded(Engine engine)
    {
        using var folder = new TestFolder();
        await File.WriteAllTextAsync(folder.File("file"), "");
        await using var server = await TestServer.StartAsync(engine, ("BACKUPS_DIR", folder.File("file/backups")));
        await server.FirstBackup;

        var answer = (await server.GetAsync("/readyz")).MustBe(200);
        Assert.Equal("degraded", answer.Json.GetProperty("status").GetString());
        var check = answer.Json.GetProperty("checks").GetProperty("backup");
        Assert.Equal("degraded", check.GetProperty("status").GetString());
        Assert.Contains("file/backups", check.GetProperty("reason").GetString(), StringComparison.Ordinal);
        (await server.GetAsync("/expenses")).MustBe(200);
    }

    [Fact]
    public async Task A_service_that_stops_ends_the_backup_without_leaving_one()
    {
        await using var database = await TestDatabase.CreateAsync(Engine.Sqlite);
        var status = new BackupStatus();
        using var host = Build(database, Task.CompletedTask, status);

        using (await BackupFolder.TakeAsync(database.Settings.BackupsDir, TimeProvider.System, Test.Token))
        {
            await host.StartAsync(Test.Token);
            await host.StopAsync(Test.Token);
        }

        Assert.Equal(BackupState.NotRun, status.Last.State);
        Assert.Empty(Directory.GetFiles(database.Settings.BackupsDir, "*.csv"));
        Assert.DoesNotContain("error", _log.Text, StringComparison.OrdinalIgnoreCase);
    }

    [Theory, EachEngine]
    public async Task Processes_that_start_at_once_share_a_folder_of_backups(Engine engine)
    {
        using var folder = new TestFolder();
        await using var first = await TestDatabase.CreateAsync(engine);
        await using var second = await TestDatabase.CreateAsync(engine);
        foreach (var database in new[] { first, second })
        {
            database.Environment["BACKUPS_DIR"] = folder.Path;
            await database.Expenses.AddAsync(Test.By(ExpenseService.DefaultOwner),
                new ExpenseDraft { Date = "2026-02-19", Description = database.Folder, Amount = "3.50" }, Test.Token);
        }

        await using var one = OutlayProcess.StartServer(first.Environment);
        await using var other = OutlayProcess.StartServer(second.Environment);
        await one.WaitForOutputAsync("backup_completed");
        await other.WaitForOutputAsync("backup_completed");

        var backups = Directory.GetFiles(folder.Path, "*.csv").Select(File.ReadAllText).ToArray();
        Assert.Equal(2, backups.Length);
        Assert.Single(backups, text => text.Contains(first.Folder, StringComparison.Ordinal));
        Assert.Single(backups, text => text.Contains(second.Folder, StringComparison.Ordinal));
    }

    private IHost Build(TestDatabase database, Task ready, BackupStatus status, TimeSpan? interval = null, TimeProvider? clock = null)
    {
        var settings = Settings.From(new SettingsSource(database.Environment.GetValueOrDefault));
        settings = settings with { BackupInterval = interval ?? settings.BackupInterval };
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Services.AddSingleton(_log.Factory);
        builder.Services.AddSingleton(services => new BackupSchedule(
            new BackupService(
                database.Database, new BackupCatalog(settings, database.Clock), settings, database.Clock, status, "run",
                _log.Factory.CreateLogger<BackupService>()),
            settings, clock ?? database.Clock, services.GetRequiredService<IHostApplicationLifetime>(),
            _log.Factory.CreateLogger<BackupSchedule>(), ready));
        builder.Services.AddHostedService(services => services.GetRequiredService<BackupSchedule>());
        return builder.Build();
    }
}
