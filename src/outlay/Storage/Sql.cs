using System.Data.Common;
using System.Runtime.CompilerServices;
using System.Text;

namespace Outlay.Storage;

/// <summary>
/// One SQL statement with its parameters, written <c>@name</c>: text that both engines understand. Values never become part
/// of the text.
/// </summary>
internal sealed class Sql(string text)
{
    private readonly StringBuilder _text = new(text);
    private readonly List<(string Name, object? Value)> _parameters = [];
    private bool _isLimited = true;

    public Sql Append(string text)
    {
        _text.Append(text);
        return this;
    }

    public Sql With(string name, object? value)
    {
        _parameters.Add((name, value));
        return this;
    }

    /// <summary>Lets the statement take as long as it needs: it reads or writes a whole table.</summary>
    public Sql WithoutLimit()
    {
        _isLimited = false;
        return this;
    }

    /// <summary>Runs all of its statements.</summary>
    /// <returns>How many rows were inserted, changed and removed.</returns>
    public Task<int> ExecuteAsync(DbConnection connection, CancellationToken token) =>
        RunAsync(connection, async command =>
        {
            // The SQLite provider's own way leaves what follows a statement with columns, such as a pragma or an alter table, to the
            // end of its reader, which swallows every error.
            await using var reader = await command.ExecuteReaderAsync(token);
            while (await reader.NextResultAsync(token))
            {
            }

            return reader.RecordsAffected;
        });

    /// <summary>The first column of the first row, which must exist and not be null.</summary>
    public Task<T> ScalarAsync<T>(DbConnection connection, CancellationToken token) =>
        RunAsync(connection, async command =>
        {
            await using var reader = await ReadAsync(command, token);
            await reader.ReadAsync(token);
            return await reader.GetFieldValueAsync<T>(0, token);
        });

    /// <summary>The first row; null when there is none.</summary>
    public Task<T?> FirstAsync<T>(DbConnection connection, Func<DbDataReader, T> map, CancellationToken token)
        where T : class =>
        RunAsync(connection, async command =>
        {
            await using var reader = await ReadAsync(command, token);
            return await reader.ReadAsync(token) ? map(reader) : null;
        });

    public Task<List<T>> ListAsync<T>(DbConnection connection, Func<DbDataReader, T> map, CancellationToken token) =>
        RunAsync(connection, async command =>
        {
            await using var reader = await ReadAsync(command, token);
            var rows = new List<T>();
            while (await reader.ReadAsync(token))
                rows.Add(map(reader));
            return rows;
        });

    /// <summary>Row by row, at constant memory, for as long as it takes.</summary>
    public async IAsyncEnumerable<T> EachAsync<T>(DbConnection connection, Func<DbDataReader, T> map, [EnumeratorCancellation] CancellationToken token)
    {
        await using var command = On(connection);
        command.CommandTimeout = 0;
        await using var reader = await OpenAsync(command, token);
        while (await reader.ReadAsync(token))
            yield return map(reader);
    }

    /// <summary>Runs a command of this statement up to its first rows.</summary>
    public Task<DbDataReader> OpenAsync(DbCommand command, CancellationToken token) =>
        SqlOperation.RunAsync(command.Connection!, _text.ToString(), () => ReadAsync(command, token));

    /// <summary>The statement as a command of this connection, within its transaction if it has one.</summary>
    public DbCommand On(DbConnection connection)
    {
        var command = connection.CreateCommand();
        command.CommandText = _text.ToString();
        if (!_isLimited)
            command.CommandTimeout = 0;
        foreach (var (name, value) in _parameters)
        {
            var parameter = command.CreateParameter();
            parameter.ParameterName = name;
            parameter.Value = value ?? DBNull.Value;
            command.Parameters.Add(parameter);
        }

        (connection as PostgresConnection)?.Scope(command);
        return command;
    }

    /// <summary>The rows of the statement itself: what says whose rows it sees may go before it.</summary>
    private static async Task<DbDataReader> ReadAsync(DbCommand command, CancellationToken token)
    {
        var reader = await command.ExecuteReaderAsync(token);
        try
        {
            if (PostgresConnection.IsScoped(command))
                await reader.NextResultAsync(token);
            return reader;
        }
        catch
        {
            await reader.DisposeAsync();
            throw;
        }
    }

    private async Task<T> RunAsync<T>(DbConnection connection, Func<DbCommand, Task<T>> work)
    {
        await using var command = On(connection);
        return await SqlOperation.RunAsync(connection, _text.ToString(), () => work(command));
    }
}
