using System.Data.Common;
using System.Diagnostics.Metrics;
using Outlay.Telemetry;

namespace Outlay.Storage;

/// <summary>What is measured about the database: what this process asked of it, and, where a host asks, how it stands now.</summary>
internal sealed class DatabaseMetrics
{
    private const string System = "db.system.name", Pool = "db.client.connection.pool.name", State = "db.client.connection.state";

    private static readonly Histogram<double> s_duration = Signals.Meter.CreateHistogram(
        "db.client.operation.duration", "s", "How long statements took, each up to its first rows", tags: null,
        new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] });

    private static readonly Counter<long> s_retries = Signals.Meter.CreateCounter<long>("outlay.database.retries", "{retry}", "Work that had done nothing and was tried again");

    private static readonly Counter<long> s_timeouts = Signals.Meter.CreateCounter<long>(
        "db.client.connection.timeouts", "{timeout}", "Attempts to get a connection that took too long");

    public DatabaseMetrics(IMeterFactory meters, Database database)
    {
        var meter = meters.OfHost();
        meter.CreateObservableGauge("outlay.database.circuit_state", () => (int)database.Circuit, "", "Whether attempts to connect are made: 0 yes, 1 one to see, 2 no");
        meter.CreateObservableGauge("outlay.database.write_queue.length", () => database.WaitingWriters, "{write}", "Writes that wait for their turn");
        if (database.Pools.Count == 0)
            return;
        meter.CreateObservableUpDownCounter("db.client.connection.count", () => database.Pools.SelectMany(Counts), "{connection}", "Connections by state");
        meter.CreateObservableUpDownCounter("db.client.connection.max", () => database.Pools.Select(pool => Of(pool, pool.Max)), "{connection}", "How many connections are allowed");
        meter.CreateObservableUpDownCounter("db.client.connection.pending_requests", () => database.Pools.Select(pool => Of(pool, pool.Pending)), "{request}", "Who waits for a connection");
        foreach (var pool in database.Pools)
            s_timeouts.Add(0, new KeyValuePair<string, object?>(Pool, pool.Name));
    }

    /// <summary>Makes the series be there from the start.</summary>
    public static void Begin() => s_retries.Add(0);

    /// <summary>A statement has ended.</summary>
    /// <param name="system">The engine, as <see cref="SystemOf"/> calls it.</param>
    public static void Took(string system, TimeSpan duration) => s_duration.Record(duration.TotalSeconds, new KeyValuePair<string, object?>(System, system));

    /// <summary>The engine of a connection, as the semantic conventions call it.</summary>
    public static string SystemOf(DbConnection connection) => connection.GetType().Name == "SqliteConnection" ? "sqlite" : "postgresql";

    public static void Retried() => s_retries.Add(1);

    /// <param name="pool">Where a connection was asked for.</param>
    public static void TimedOut(string pool) => s_timeouts.Add(1, new KeyValuePair<string, object?>(Pool, pool));

    private static IEnumerable<Measurement<int>> Counts(ConnectionPool pool) =>
    [
        Of(pool, pool.Used, new KeyValuePair<string, object?>(State, "used")), Of(pool, pool.Idle, new KeyValuePair<string, object?>(State, "idle")),
    ];

    private static Measurement<int> Of(ConnectionPool pool, int value, params KeyValuePair<string, object?>[] tags) =>
        new(value, [new KeyValuePair<string, object?>(Pool, pool.Name), .. tags]);
}
