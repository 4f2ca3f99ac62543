using System.Data.Common;

namespace Outlay.Storage;

/// <summary>
/// Statements that run one after the other, and that go to a server together: whoever sends them waits for one answer, not for one of each.
/// Only the last may give rows. When one fails, those behind it do not run.
/// </summary>
internal sealed class SqlBatch
{
    private readonly List<Sql> _statements = [];

    public SqlBatch Add(params IEnumerable<Sql> statements)
    {
        _statements.AddRange(statements);
        return this;
    }

    public Task RunAsync(DbConnection connection, CancellationToken token) => FirstAsync(connection, row => row, token);

    /// <summary>The first row of the last statement; null when there is none.</summary>
    public async Task<T?> FirstAsync<T>(DbConnection connection, Func<DbDataReader, T> map, CancellationToken token)
        where T : class
    {
        if (connection.CanCreateBatch && _statements.Count > 1)
            return await SendAsync(connection, map, token);
        foreach (var statement in _statements.SkipLast(1))
            await statement.ExecuteAsync(connection, token);
        return _statements.Count == 0 ? null : await _statements[^1].FirstAsync(connection, map, token);
    }

    private async Task<T?> SendAsync<T>(DbConnection connection, Func<DbDataReader, T> map, CancellationToken token)
        where T : class
    {
        await using var batch = connection.CreateBatch();
        foreach (var statement in _statements)
            statement.AddTo(batch);
        return await SqlOperation.RunAsync(connection, string.Join(";\n", batch.BatchCommands.Select(command => command.CommandText)), async () =>
        {
            await using var reader = await batch.ExecuteReaderAsync(token);
            return await reader.ReadAsync(token) ? map(reader) : null;
        });
    }
}
