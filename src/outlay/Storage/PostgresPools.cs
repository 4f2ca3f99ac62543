using System.Runtime.CompilerServices;
using Npgsql;

namespace Outlay.Storage;

/// <summary>
/// The connections to each server. The driver's own metrics tell those of a list of servers under one name, so that the last one hides the
/// others; the figures of each are there, but not for the public.
/// </summary>
/// <param name="source">What gives a connection to whichever server takes writes.</param>
/// <param name="servers">What keeps those of each server.</param>
/// <param name="password">What new connections log in with.</param>
/// <param name="suffix">What figures add to the name of a server.</param>
internal sealed class PostgresPools(NpgsqlDataSource source, IReadOnlyList<NpgsqlDataSource> servers, PostgresPassword password, string suffix) : IAsyncDisposable
{
    /// <summary>One for each password that may be right, and one for a file that has changed meanwhile.</summary>
    private const int MaxTries = 3;

    private readonly (NpgsqlDataSource Source, string Name, int Max)[] _pools = [.. servers.Select(server => Named(server, suffix))];
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

    /// <summary>Whether all connections that there may be are in use.</summary>
    public bool IsFull => Now.All(pool => pool.Used >= pool.Max);

    /// <summary>Opens a connection, and counts whoever waits for one.</summary>
    public async Task<NpgsqlConnection> OpenAsync(CancellationToken token)
    {
        var tries = 1;
        Interlocked.Increment(ref _pending);
        try
        {
            while (true)
            {
                var login = PostgresPassword.BeginLogin();
                try
                {
                    return await source.OpenConnectionAsync(token);
                }
                catch (NpgsqlException e) when (tries++ < MaxTries && IsPasswordRefused(e) && password.TryOther(login.Sent))
                {
                    // A password is being changed.
                }
            }
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

    /// <summary>Closes what is not in use.</summary>
    public void Clear() => source.Clear();

    public ValueTask DisposeAsync() => source.DisposeAsync();

    /// <summary>Whether a server has refused the password, or one of a list.</summary>
    private static bool IsPasswordRefused(Exception e) =>
        e is PostgresException { SqlState: PostgresErrorCodes.InvalidPassword } ||
        (e.InnerException is AggregateException all && all.InnerExceptions.Any(IsPasswordRefused));

    private static (NpgsqlDataSource Source, string Name, int Max) Named(NpgsqlDataSource server, string suffix)
    {
        var settings = new NpgsqlConnectionStringBuilder(server.ConnectionString);
        return (server, $"{settings.Host}:{settings.Port}{suffix}", settings.MaxPoolSize);
    }

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "get_Statistics")]
    private static extern (int Total, int Idle, int Busy) Statistics(NpgsqlDataSource source);

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "get_Pools")]
    private static extern NpgsqlDataSource[] Pools(NpgsqlMultiHostDataSource all);
}
