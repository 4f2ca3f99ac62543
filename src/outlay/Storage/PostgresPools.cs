using System.Runtime.CompilerServices;
using Npgsql;

namespace Outlay.Storage;

/// <summary>
/// The connections to each server. The driver's own metrics tell those of a list of servers under one name, so that the last one hides the
/// others; the figures of each are there, but not for the public.
/// </summary>
internal sealed class PostgresPools(IReadOnlyList<NpgsqlDataSource> sources)
{
    private readonly (NpgsqlDataSource Source, string Name, int Max)[] _pools = [.. sources.Select(Named)];
    private int _pending;

    /// <summary>How each server stands now. Who waits, waits for any of them: that is told of each.</summary>
    public IReadOnlyList<ConnectionPool> Now =>
    [
        .. _pools.Select(pool =>
        {
            var (_, idle, busy) = Statistics(pool.Source);
            return new ConnectionPool(pool.Name, busy, idle, pool.Max, _pending);
        }),
    ];

    public static IReadOnlyList<NpgsqlDataSource> Of(NpgsqlMultiHostDataSource all) => Pools(all);

    /// <summary>Counts whoever waits for a connection.</summary>
    public async Task<NpgsqlConnection> WaitAsync(ValueTask<NpgsqlConnection> connection)
    {
        Interlocked.Increment(ref _pending);
        try
        {
            return await connection;
        }
        finally
        {
            Interlocked.Decrement(ref _pending);
        }
    }

    /// <summary>Somebody has waited in vain, for any of the servers.</summary>
    public void CountTimeout()
    {
        foreach (var pool in _pools)
            DatabaseMetrics.TimedOut(pool.Name);
    }

    private static (NpgsqlDataSource Source, string Name, int Max) Named(NpgsqlDataSource source)
    {
        var settings = new NpgsqlConnectionStringBuilder(source.ConnectionString);
        return (source, $"{settings.Host}:{settings.Port}", settings.MaxPoolSize);
    }

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "get_Statistics")]
    private static extern (int Total, int Idle, int Busy) Statistics(NpgsqlDataSource source);

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "get_Pools")]
    private static extern NpgsqlDataSource[] Pools(NpgsqlMultiHostDataSource all);
}
