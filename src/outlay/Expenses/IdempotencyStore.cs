using System.Data.Common;
using Outlay.Storage;

namespace Outlay.Expenses;

/// <summary>Every SQL statement about answers to requests with a key: one text for both engines.</summary>
internal static class IdempotencyStore
{
    /// <summary>The answer that a key got before; null when it is new, or its time is over.</summary>
    public static Task<IdempotentAnswer?> FindAsync(DbConnection connection, string owner, string key, DateTimeOffset now, CancellationToken token) =>
        new Sql("select fingerprint, status, body from idempotency where owner = @owner and key = @key and expires_at > @now")
            .With("@owner", owner).With("@key", key).With("@now", now)
            .FirstAsync(connection, row => new IdempotentAnswer(row.GetFieldValue<byte[]>(0), (int)row.GetInt64(1), row.GetString(2)), token);

    /// <summary>Keeps an answer, in the place of one whose time is over.</summary>
    public static Task InsertAsync(DbConnection connection, string owner, IdempotencyKey key, string body, DateTimeOffset now, CancellationToken token) =>
        new Sql(
            """
            insert into idempotency (owner, key, fingerprint, status, body, created_at, expires_at)
            values (@owner, @key, @fingerprint, @status, @body, @now, @expires)
            on conflict (owner, key) do update set fingerprint = excluded.fingerprint, status = excluded.status, body = excluded.body,
                created_at = excluded.created_at, expires_at = excluded.expires_at
            """)
            .With("@owner", owner).With("@key", key.Value).With("@fingerprint", key.Fingerprint).With("@status", (long)key.Status)
            .With("@body", body).With("@now", now).With("@expires", now + IdempotencyKey.Lifetime).ExecuteAsync(connection, token);

    /// <summary>Removes some answers whose time is over. One that is replaced meanwhile stays: its time is looked at again.</summary>
    /// <returns>How many there were, at most <paramref name="count"/>.</returns>
    public static Task<int> RemoveExpiredAsync(DbConnection connection, DateTimeOffset now, int count, CancellationToken token) =>
        new Sql(
            """
            delete from idempotency where expires_at <= @now and (owner, key) in
                (select owner, key from idempotency where expires_at <= @now order by expires_at limit @count)
            """).With("@now", now).With("@count", count).ExecuteAsync(connection, token);
}
