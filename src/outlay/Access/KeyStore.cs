using System.Data.Common;
using Outlay.Storage;

namespace Outlay.Access;

/// <summary>Every SQL statement about keys: one text for both engines.</summary>
internal static class KeyStore
{
    private const string Select = "select id, owner, name, prefix, hash, scopes, created_at, expires_at, last_used_at, revoked_at from api_keys";

    public static Task<ApiKey?> FindAsync(DbConnection connection, byte[] hash, CancellationToken token) =>
        new Sql($"{Select} where hash = @hash").With("@hash", hash).FirstAsync(connection, Read, token);

    public static Task<ApiKey?> FindAsync(DbConnection connection, long id, CancellationToken token) =>
        new Sql($"{Select} where id = @id").With("@id", id).FirstAsync(connection, Read, token);

    /// <param name="owner">Null for the keys of all.</param>
    public static Task<List<ApiKey>> ListAsync(DbConnection connection, string? owner, CancellationToken token) =>
        (owner is null ? new Sql($"{Select} order by id") : new Sql($"{Select} where owner = @owner order by id").With("@owner", owner))
            .ListAsync(connection, Read, token);

    /// <summary>Whether there ever was a key, revoked or not.</summary>
    public static async Task<bool> AnyAsync(DbConnection connection, CancellationToken token) =>
        await new Sql("select id from api_keys limit 1").FirstAsync(connection, row => (object)row.GetInt64(0), token) is not null;

    public static Task<long> InsertAsync(DbConnection connection, ApiKey key, CancellationToken token) =>
        new Sql(
            """
            insert into api_keys (owner, name, prefix, hash, scopes, created_at, expires_at)
            values (@owner, @name, @prefix, @hash, @scopes, @created, @expires) returning id
            """)
            .With("@owner", key.Owner).With("@name", key.Name).With("@prefix", key.Prefix).With("@hash", key.Hash).With("@scopes", key.Scopes.Text())
            .With("@created", key.CreatedAt).With("@expires", key.ExpiresAt).ScalarAsync<long>(connection, token);

    /// <summary>Lets a key hold no longer than until a moment.</summary>
    public static Task ExpireAsync(DbConnection connection, long id, DateTimeOffset at, CancellationToken token) =>
        new Sql("update api_keys set expires_at = @at where id = @id").With("@id", id).With("@at", at).ExecuteAsync(connection, token);

    /// <returns>How many there were: one that is revoked stays as it is.</returns>
    public static Task<int> RevokeAsync(DbConnection connection, long id, DateTimeOffset at, CancellationToken token) =>
        new Sql("update api_keys set revoked_at = @at where id = @id and revoked_at is null").With("@id", id).With("@at", at).ExecuteAsync(connection, token);

    /// <summary>Notes when a key was used; never an earlier time than is noted.</summary>
    public static Task TouchAsync(DbConnection connection, long id, DateTimeOffset at, CancellationToken token) =>
        new Sql("update api_keys set last_used_at = @at where id = @id and (last_used_at is null or last_used_at < @at)")
            .With("@id", id).With("@at", at).ExecuteAsync(connection, token);

    private static ApiKey Read(DbDataReader row) => new(
        row.GetInt64(0), row.GetString(1), row.GetString(2), row.GetString(3), row.GetFieldValue<byte[]>(4),
        ScopeText.TryParse(row.GetString(5), out var scopes) ? scopes : Scopes.None, row.GetFieldValue<DateTimeOffset>(6), Time(row, 7), Time(row, 8), Time(row, 9));

    private static DateTimeOffset? Time(DbDataReader row, int column) => row.IsDBNull(column) ? null : row.GetFieldValue<DateTimeOffset>(column);
}
