using System.Data.Common;
using Outlay.Storage;

namespace Outlay.Access;

/// <summary>Whose book it is.</summary>
/// <param name="Currency">Of expenses that name none; null for the one of the settings.</param>
internal sealed record Owner(string Name, string? Currency);

/// <summary>Every SQL statement about owners themselves: one text for both engines.</summary>
internal static class OwnerStore
{
    public static Task<List<Owner>> ListAsync(DbConnection connection, CancellationToken token) =>
        new Sql("select name, currency from owners order by name").ListAsync(connection, Read, token);

    public static Task<Owner?> FindAsync(DbConnection connection, string name, CancellationToken token) =>
        new Sql("select name, currency from owners where name = @name").With("@name", name).FirstAsync(connection, Read, token);

    /// <returns>1, or 0 when the owner was there.</returns>
    public static Task<int> InsertAsync(DbConnection connection, Owner owner, CancellationToken token) =>
        new Sql("insert into owners (name, currency) values (@name, @currency) on conflict (name) do nothing")
            .With("@name", owner.Name).With("@currency", owner.Currency).ExecuteAsync(connection, token);

    /// <returns>1, or 0 when there is no such owner.</returns>
    public static Task<int> SetCurrencyAsync(DbConnection connection, Owner owner, CancellationToken token) =>
        new Sql("update owners set currency = @currency where name = @name")
            .With("@name", owner.Name).With("@currency", owner.Currency).ExecuteAsync(connection, token);

    private static Owner Read(DbDataReader row) => new(row.GetString(0), row.IsDBNull(1) ? null : row.GetString(1));
}
