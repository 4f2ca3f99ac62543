using System.Data.Common;
using Outlay.Expenses;
using Outlay.Storage;

namespace Outlay.Trash;

/// <summary>Every SQL statement that empties the trash: one text for both engines.</summary>
internal static class TrashStore
{
    /// <summary>The owners who have something in the trash since this moment or longer.</summary>
    public static Task<List<string>> OwnersAsync(DbConnection connection, DateTimeOffset until, CancellationToken token) =>
        new Sql("select distinct owner from expenses where deleted_at is not null and deleted_at <= @until order by owner").With("@until", until)
            .WithoutLimit().ListAsync(connection, row => row.GetString(0), token);

    public static Task<long> CountAsync(DbConnection connection, string owner, DateTimeOffset until, CancellationToken token) =>
        new Sql("select count(*) from expenses where owner = @owner and deleted_at is not null and deleted_at <= @until")
            .With("@owner", owner).With("@until", until).ScalarAsync<long>(connection, token);

    /// <summary>Takes some of them, and keeps others from restoring them until the transaction ends.</summary>
    /// <param name="forUpdate">How the engine is told: <see cref="Database.ForUpdate"/>.</param>
    public static Task<List<(long Id, long Version, bool IsTest)>> LockAsync(
        DbConnection connection, string owner, DateTimeOffset until, int limit, string forUpdate, CancellationToken token) =>
        new Sql(
            $"""
            select id, version, currency from expenses where owner = @owner and deleted_at is not null and deleted_at <= @until
            order by id limit @limit{forUpdate}
            """)
            .With("@owner", owner).With("@until", until).With("@limit", limit)
            .ListAsync(connection, row => (row.GetInt64(0), row.GetInt64(1), Currency.Of(row.GetString(2)).IsTest), token);

    /// <summary>Removes the expenses of a change, and their tags with them.</summary>
    public static Task DeleteAsync(DbConnection connection, string owner, long changeId, CancellationToken token) =>
        new Sql("delete from expenses where owner = @owner and id in (select expense_id from history where change_id = @change)")
            .With("@owner", owner).With("@change", changeId).ExecuteAsync(connection, token);
}
