using System.Data.Common;
using Npgsql;

namespace Outlay.Storage;

/// <summary>
/// A lock with a name that a session keeps, so that no transaction has to: one that stays open would keep the server from
/// clearing up what others delete.
/// </summary>
internal sealed class PostgresLock : IAsyncDisposable
{
    private readonly DbConnection _connection;
    private readonly string _name;

    private PostgresLock(DbConnection connection, string name) => (_connection, _name) = (connection, name);

    /// <summary>Null when another session has it.</summary>
    /// <param name="connection">Closed with the lock, or at once.</param>
    public static async Task<PostgresLock?> TryTakeAsync(DbConnection connection, string name, CancellationToken token)
    {
        PostgresLock? taken = null;
        try
        {
            if (await new Sql("select pg_try_advisory_lock(hashtextextended(@name, 0))").With("@name", name).ScalarAsync<bool>(connection, token))
                taken = new PostgresLock(connection, name);
            return taken;
        }
        finally
        {
            if (taken is null)
                await connection.DisposeAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            // Not cancelled: back in the pool, the session would keep it.
            await new Sql("select pg_advisory_unlock(hashtextextended(@name, 0))").With("@name", _name).ExecuteAsync(_connection, CancellationToken.None);
        }
        catch (NpgsqlException)
        {
            // The session is lost, and the lock with it.
        }
        finally
        {
            await _connection.DisposeAsync();
        }
    }
}
