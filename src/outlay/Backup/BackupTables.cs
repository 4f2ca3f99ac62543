using System.Data.Common;
using Outlay.Storage;

namespace Outlay.Backup;

/// <summary>
/// The tables that a backup holds, in an order in which they can be inserted. The totals are not among them: they are
/// added up anew. Nor are the tables of the original system, which nothing reads any more.
/// </summary>
internal static class BackupTables
{
    public static readonly IReadOnlyList<TableLayout> All =
    [
        new("owners", 1, [Text("name"), Text("currency"), Integer("history_seq"), Bytes("history_hash")]),
        new("api_keys", 1,
        [
            Integer("id"), Text("owner"), Text("name"), Text("prefix"), Bytes("hash"), Text("scopes"),
            Time("created_at"), Time("expires_at"), Time("last_used_at"), Time("revoked_at"),
        ]),
        new("expenses", 1,
        [
            Integer("id"), Text("owner"), new("date", ColumnKind.Date), Text("description"), Integer("amount"), Text("currency"), Text("category"),
            Text("category_key"), Text("notes"), Text("search_text"), Integer("version"), Time("created_at"), Time("updated_at"), Time("deleted_at"),
        ]),
        new("expense_tags", 2, [Integer("expense_id"), Text("tag_key"), Text("tag")]),
        new("changes", 1,
        [
            Integer("id"), Text("owner"), Integer("seq"), Text("action"), Integer("undoes"), Integer("count"), Text("actor"), Time("at"),
            Text("trace_id"), Bytes("hash"),
        ]),
        new("history", 2, [Integer("change_id"), Integer("n"), Integer("expense_id"), Integer("version"), Text("content"), Bytes("hash")]),
        new("idempotency", 2,
        [
            Text("owner"), Text("key"), Bytes("fingerprint"), Integer("status"), Text("body"), Time("created_at"), Time("expires_at"),
        ]),
    ];

    /// <summary>What a database has of them: before a migration, some columns are not there yet.</summary>
    public static async Task<IReadOnlyList<TableLayout>> InAsync(Database database, DbConnection connection, CancellationToken token)
    {
        var tables = new List<TableLayout>();
        foreach (var table in All)
        {
            var columns = await database.ColumnsAsync(connection, table.Name, token);
            if (columns.Count > 0)
                tables.Add(table with { Columns = [.. table.Columns.Where(column => columns.Contains(column.Name))] });
        }

        return tables;
    }

    /// <summary>Writes tables as parts, on a connection that sees one moment.</summary>
    /// <param name="take">Takes the name and the content of a part; the content is only lent.</param>
    /// <returns>How many rows each table has.</returns>
    public static async Task<IReadOnlyDictionary<string, long>> WritePartsAsync(
        Database database, DbConnection connection, IEnumerable<TableLayout> tables, Func<string, ReadOnlyMemory<byte>, Task> take, CancellationToken token)
    {
        await using var parts = new PartStream(take);
        var rows = new Dictionary<string, long>();
        foreach (var table in tables)
        {
            parts.Begin(table);
            await database.CopyOutAsync(connection, table, parts, token);
            rows[table.Name] = await parts.EndAsync();
        }

        return rows;
    }

    private static ColumnLayout Integer(string name) => new(name, ColumnKind.Integer);

    private static ColumnLayout Text(string name) => new(name, ColumnKind.Text);

    private static ColumnLayout Time(string name) => new(name, ColumnKind.Time);

    private static ColumnLayout Bytes(string name) => new(name, ColumnKind.Bytes);
}
