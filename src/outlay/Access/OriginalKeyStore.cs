using System.Data.Common;
using Outlay.Storage;

namespace Outlay.Access;

/// <summary>
/// Takes over the keys of a database of the original system, which kept them in clear: they go on working, and only their hashes stay.
/// Within the transaction of the migration that brings keys.
/// </summary>
internal static class OriginalKeyStore
{
    /// <summary>The migration that brings keys.</summary>
    public const string Migration = "access";

    private const string Table = "original_api_keys";

    private const string Name = "from the original";

    /// <summary>Throws <see cref="ErrorCode.SchemaMismatch"/> for a key of an owner that there cannot be; nothing is changed then.</summary>
    public static async Task TakeOverAsync(Database database, DbConnection connection, DateTimeOffset now, CancellationToken token)
    {
        if ((await database.ColumnsAsync(connection, Table, token)).Count == 0)
            return;
        // An empty key was none: no header carries it.
        var keys = await new Sql($"select key, owner from {Table} where key <> '' order by owner, key")
            .ListAsync(connection, row => (Text: row.GetString(0), Owner: row.GetString(1)), token);
        foreach (var (text, owner) in keys)
        {
            try
            {
                await OwnerStore.InsertAsync(connection, new Owner(OwnerService.Check(owner), null), token);
            }
            catch (AppException e) when (e.Code is ErrorCode.InvalidInput)
            {
                throw new AppException(ErrorCode.SchemaMismatch,
                    $"A key of the original in {database.Location} is for an owner that there cannot be: {e.Message}. Correct it in the table {Table} and start again; nothing was changed.", e);
            }

            await KeyStore.InsertAsync(connection,
                new ApiKey(0, OwnerService.Check(owner), Name, KeySecret.Prefix(text), KeySecret.Hash(text), ScopeText.Everything, now, null, null, null), token);
        }

        await new Sql($"drop table {Table}").ExecuteAsync(connection, token);
    }
}
