using System.Data.Common;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Outlay.Access;
using Outlay.Expenses;
using Outlay.History;
using Outlay.Reports;
using Outlay.Storage;

namespace Outlay.Backup;

/// <summary>Every SQL statement that backups need beside the rows themselves: one text for both engines.</summary>
internal static class BackupStore
{
    private static readonly string[] s_recorded = ["expenses", "changes", "api_keys"];

    /// <summary>What the expenses that count add up to.</summary>
    public static Task<IReadOnlyList<OwnerSum>> SumsAsync(DbConnection connection, CancellationToken token) => AddUpAsync(
        """
        select owner, currency, cast(sum(amount) as bigint), count(*) from expenses
        where deleted_at is null group by owner, currency, category_key
        """, connection, token);

    /// <summary>The same, where the totals were added up in this transaction: no expense is read again.</summary>
    public static Task<IReadOnlyList<OwnerSum>> SumsOfTotalsAsync(DbConnection connection, CancellationToken token) =>
        AddUpAsync($"select owner, currency, amount, count from totals where month = '{TotalsKey.AllMonths}'", connection, token);

    /// <summary>How many expenses there are, the trash included.</summary>
    public static Task<long> ExpensesAsync(DbConnection connection, CancellationToken token) =>
        new Sql("select count(*) from expenses").WithoutLimit().ScalarAsync<long>(connection, token);

    /// <summary>Where the histories of all owners end.</summary>
    public static async Task<IReadOnlyList<OwnerHead>> HeadsAsync(DbConnection connection, CancellationToken token)
    {
        var head = await Migrator.SchemaAsync(connection, token) < Adoption.Migration ? "cast(0 as bigint), null" : "history_seq, history_hash";
        var heads = await new Sql($"select name, {head}, currency from owners").ListAsync(connection, row => new OwnerHead(
            row.GetString(0), row.GetInt64(1), row.IsDBNull(2) ? null : Convert.ToHexStringLower(row.GetFieldValue<byte[]>(2)),
            row.IsDBNull(3) ? null : row.GetString(3)), token);
        return [.. heads.OrderBy(head => head.Owner, StringComparer.Ordinal)];
    }

    /// <summary>Changes with everything that a backup must not miss.</summary>
    public static async Task<string> FingerprintAsync(Database database, DbConnection connection, CancellationToken token) => BackupContent.FingerprintOf(
        await Migrator.SchemaAsync(connection, token), await HeadsAsync(connection, token), await KeysAsync(database, connection, token));

    /// <summary>A digest of what the keys allow; null before there is a table of them.</summary>
    public static async Task<string?> KeysAsync(Database database, DbConnection connection, CancellationToken token)
    {
        if ((await database.ColumnsAsync(connection, "api_keys", token)).Count == 0)
            return null;
        var keys = await KeyStore.ListAsync(connection, owner: null, token);
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', keys.Select(key =>
            string.Create(CultureInfo.InvariantCulture, $"{key.Id}\t{key.Owner}\t{Convert.ToHexStringLower(key.Hash)}\t{key.Scopes.Text()}\t{key.ExpiresAt:O}\t{key.RevokedAt:O}"))))));
    }

    public static async Task<IReadOnlyDictionary<string, long>> CountAsync(
        DbConnection connection, IEnumerable<TableLayout> tables, CancellationToken token)
    {
        var rows = new Dictionary<string, long>();
        foreach (var table in tables)
            rows[table.Name] = await new Sql($"select count(*) from {table.Name}").WithoutLimit().ScalarAsync<long>(connection, token);
        return rows;
    }

    /// <summary>Whether nothing was ever recorded, and nobody ever let in; before a migration, some tables are not there yet.</summary>
    public static async Task<bool> IsEmptyAsync(Database database, DbConnection connection, CancellationToken token)
    {
        foreach (var table in s_recorded)
        {
            if ((await database.ColumnsAsync(connection, table, token)).Count > 0 &&
                await new Sql($"select 1 from {table} limit 1").FirstAsync(connection, row => row, token) is not null)
                return false;
        }

        return true;
    }

    /// <summary>Makes sure that no id is given out again: also none of an expense that only the history remembers.</summary>
    public static async Task SkipIdsAsync(Database database, DbConnection connection, CancellationToken token)
    {
        var expense = await new Sql(
            "select coalesce(max(id), 0) from (select max(id) as id from expenses union all select max(expense_id) from history) ids")
            .WithoutLimit().ScalarAsync<long>(connection, token);
        await database.SkipIdsAsync(connection, "expenses", expense, token);
        var change = await new Sql("select coalesce(max(id), 0) from changes").ScalarAsync<long>(connection, token);
        await database.SkipIdsAsync(connection, "changes", change, token);
        var key = await new Sql("select coalesce(max(id), 0) from api_keys").ScalarAsync<long>(connection, token);
        await database.SkipIdsAsync(connection, "api_keys", key, token);
    }

    /// <summary>The sums of one category are known to fit into 64 bits, those of all are not.</summary>
    private static async Task<IReadOnlyList<OwnerSum>> AddUpAsync(string byCategory, DbConnection connection, CancellationToken token)
    {
        var sums = await new Sql(byCategory).WithoutLimit()
            .ListAsync(connection, row => (Owner: row.GetString(0), Currency: row.GetString(1), Minor: row.GetInt64(2), Count: row.GetInt64(3)), token);
        return
        [
            .. sums.GroupBy(sum => (sum.Owner, sum.Currency))
                .Select(all => new OwnerSum(
                    all.Key.Owner, all.Key.Currency, all.Sum(sum => sum.Count),
                    new Money(all.Sum(sum => (decimal)sum.Minor), Currency.Of(all.Key.Currency)).ToString()))
                .OrderBy(sum => sum.Owner, StringComparer.Ordinal).ThenBy(sum => sum.Currency, StringComparer.Ordinal),
        ];
    }
}
