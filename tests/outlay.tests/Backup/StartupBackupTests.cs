using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Outlay.Backup;
using Outlay.Tests.Harness;
using Outlay.Tests.Hosting;

namespace Outlay.Tests.Backup;

public sealed class StartupBackupTests : IDisposable
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
        await host.Services.GetRequiredService<StartupBackup>().ExecuteTask!.WaitAsync(Test.Token);

        Assert.Equal(BackupState.NotRun, before);
        Assert.Equal(BackupState.Ok, status.Last.State);
        Assert.True(File.Exists(status.Last.File));
        await host.StopAsync(Test.Token);
    }

    [Fact]
    public async Task A_backup_that_fails_does_not_stop_the_service()
    {
        await using var database = await TestDatabase.CreateAsync(Engine.Sqlite, migrated: false);
        var status = new BackupStatus();
        using var host = Build(database, Task.CompletedTask, status);

        await host.StartAsync(Test.Token);
        await host.Services.GetRequiredService<StartupBackup>().ExecuteTask!.WaitAsync(Test.Token);

        Assert.Equal(BackupState.Failed, status.Last.State);
        Assert.False(host.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping.IsCancellationRequested);
        await host.StopAsync(Test.Token);
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

    private IHost Build(TestDatabase database, Task ready, BackupStatus status)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Services.AddSingleton(_log.Factory);
        builder.Services.AddSingleton(services => new StartupBackup(
            new BackupService(database.Database, database.Settings, database.Clock, status, _log.Factory.CreateLogger<BackupService>()),
            services.GetRequiredService<IHostApplicationLifetime>(), ready));
        builder.Services.AddHostedService(services => services.GetRequiredService<StartupBackup>());
        return builder.Build();
    }
}
