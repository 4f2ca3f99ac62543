using System.Diagnostics.Metrics;
using Outlay.Import;
using Outlay.Reports;
using Outlay.Storage;

namespace Outlay.Telemetry;

/// <summary>What is known from the database, as it was at one moment.</summary>
/// <param name="Kept">The figures that processes have left there.</param>
internal sealed record StoredSnapshot(long Expenses, long Trash, int Schema, IReadOnlyDictionary<string, long> Kept);

/// <summary>
/// Metrics that only the database knows. It is asked when somebody asks for metrics, at most once a second; what it said last stands while it
/// is slow. Every instance on one database tells the same.
/// </summary>
internal sealed class StoredFigures
{
    /// <summary>How old an answer may be.</summary>
    private static readonly TimeSpan s_maxAge = TimeSpan.FromSeconds(1);

    /// <summary>How long the database may take before what it said last stands.</summary>
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(1);

    private readonly Database _database;
    private readonly TimeProvider _clock;
    private readonly Task _ready;
    private readonly Refresh _refresh;

    /// <param name="ready">Completes when the schema is up to date: before, there may be no figures yet.</param>
    public StoredFigures(IMeterFactory meters, Database database, Settings settings, TimeProvider clock, Task ready)
    {
        (_database, _clock, _ready, _refresh) = (database, clock, ready, new Refresh(s_maxAge, ReadAsync, clock));
        var meter = meters.OfHost();
        meter.CreateObservableGauge("outlay.schema.version", () => Told(Now?.Schema), "", "The number of the last migration that was applied");
        meter.CreateObservableGauge("outlay.expenses", () => Told(Now?.Expenses), "{expense}", "Expenses that count, without those of the currency of tests");
        meter.CreateObservableGauge("outlay.trash.expenses", () => Told(Now?.Trash), "{expense}", "Expenses in the trash, of whichever currency");
        ImportMetrics.Observe(meter, this);
        IntegrityMetrics.Observe(meter, this, settings.IntegrityCheckInterval);
    }

    /// <summary>What the database said last; null before it has said anything.</summary>
    public StoredSnapshot? Now { get; private set; }

    /// <summary>Asks the database again unless it has just been asked. Does not throw when it cannot be reached.</summary>
    public Task RefreshAsync() => _refresh.RunAsync();

    /// <summary>One measurement, or none of what is not known.</summary>
    public static IEnumerable<Measurement<long>> Told(long? value) => value is { } known ? [new Measurement<long>(known)] : [];

    private async Task ReadAsync(CancellationToken token)
    {
        if (!_ready.IsCompletedSuccessfully)
            return;
        Database.LimitRequest(s_limit, _clock);
        try
        {
            Now = await _database.ReadAsync(OwnerScope.All, async connection => new StoredSnapshot(
                await FigureStore.ExpensesAsync(connection, token),
                await FigureStore.TrashAsync(connection, token),
                await Migrator.SchemaAsync(connection, token),
                await FigureStore.AllAsync(connection, token)), token);
        }
        catch (AppException)
        {
            // What it said last stands. Whether it can be reached is asked by /readyz: a table that somebody locks keeps this waiting too.
        }
    }
}
