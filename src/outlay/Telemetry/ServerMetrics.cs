using Outlay.Backup;
using Outlay.Expenses;
using Outlay.Hosting;
using Outlay.Storage;

namespace Outlay.Telemetry;

/// <summary>All metrics of a server, there from its start.</summary>
internal sealed class ServerMetrics
{
    /// <summary>How long a collection waits for what must be asked for, so that it takes less than 50 ms; what comes later is told the next time.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromMilliseconds(25);

    /// <summary>The same, as long as there is nothing to tell instead.</summary>
    private static readonly TimeSpan s_firstPatience = TimeSpan.FromMilliseconds(250);

    private readonly StoredFigures _stored;
    private readonly BackupFigures _backups;
    private readonly HealthMetrics _health;

    public ServerMetrics(IServiceProvider services, BackupCatalog catalog)
    {
        ActivatorUtilities.CreateInstance<ProcessMetrics>(services);
        ActivatorUtilities.CreateInstance<DatabaseMetrics>(services);
        _stored = ActivatorUtilities.CreateInstance<StoredFigures>(services, services.GetRequiredService<Startup>().Ready);
        _backups = ActivatorUtilities.CreateInstance<BackupFigures>(services);
        _health = ActivatorUtilities.CreateInstance<HealthMetrics>(services);
        DatabaseMetrics.Begin();
        ExpenseMetrics.Begin();
        RequestMetrics.Begin();
        RejectionMetrics.Begin();
        LogMetrics.Begin();
        BackupMetrics.Begin(catalog);
    }

    /// <summary>Brings up to date what a collection cannot ask for itself, as far as that goes fast.</summary>
    public async Task RefreshAsync()
    {
        var all = Task.WhenAll(_stored.RefreshAsync(), _backups.RefreshAsync(), _health.RefreshAsync());
        if (await Task.WhenAny(all, Task.Delay(_stored.Now is null ? s_firstPatience : s_patience)) == all)
            await all;
    }
}
