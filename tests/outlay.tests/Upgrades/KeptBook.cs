using System.IO.Compression;
using Outlay.Storage;
using Outlay.Tests.Harness;

namespace Outlay.Tests.Upgrades;

/// <summary>Databases as earlier programs have left them, made by the script beside this file.</summary>
internal static class KeptBook
{
    private static readonly string s_folder = Path.Combine(ProductCode.Root, "tests", "outlay.tests", "Upgrades", "databases");

    /// <summary>The numbers of the last migrations in them, such as 0001.</summary>
    public static IReadOnlyList<string> Schemas { get; } =
        [.. Directory.GetFiles(s_folder, "*.sql").Select(file => Path.GetFileNameWithoutExtension(file)).Order(StringComparer.Ordinal)];

    /// <summary>A copy of one of them, which nobody has opened since.</summary>
    public static async Task<TestDatabase> OpenAsync(Engine engine, string schema)
    {
        var database = await TestDatabase.CreateAsync(engine, migrated: false);
        if (engine is Engine.Postgres)
        {
            await database.ExecuteAsync(await File.ReadAllTextAsync(Path.Combine(s_folder, $"{schema}.sql"), Test.Token));
            return database;
        }

        await using var packed = new GZipStream(File.OpenRead(Path.Combine(s_folder, $"{schema}.db.gz")), CompressionMode.Decompress);
        await using var file = File.Create(database.Settings.SqliteFile);
        await packed.CopyToAsync(file, Test.Token);
        return database;
    }

    /// <summary>What people have recorded, the trash included: one text for each expense, in the order of their ids.</summary>
    public static async Task<IReadOnlyList<string>> RowsAsync(TestDatabase database) => await database.Database.ReadAsync(OwnerScope.All, connection => new Sql(
        """
        select id, owner, cast(date as text), description, amount, currency, coalesce(category, ''), coalesce(notes, ''), version,
          case when deleted_at is null then 'kept' else 'in the trash' end
        from expenses order by id
        """).ListAsync(connection, row => string.Join('|', Enumerable.Range(0, row.FieldCount).Select(row.GetValue)), Test.Token), Test.Token);

    /// <summary>Who may use it: none before schema 0005, which has brought keys.</summary>
    public static async Task<IReadOnlyList<string>> KeysAsync(TestDatabase database, string schema) => string.CompareOrdinal(schema, "0005") < 0 ? [] :
        await database.Database.ReadAsync(OwnerScope.All, connection => new Sql("select id, owner, name, prefix, hash, scopes, case when revoked_at is null then 'good' else 'revoked' end from api_keys order by id")
            .ListAsync(connection, row => $"{row.GetInt64(0)} {row.GetString(1)} {row.GetString(2)} {row.GetString(3)} {Convert.ToHexString((byte[])row.GetValue(4))} {row.GetString(5)} {row.GetString(6)}", Test.Token), Test.Token);

    public static async Task<IReadOnlyList<string>> TagsAsync(TestDatabase database) => await database.Database.ReadAsync(OwnerScope.All, connection => new Sql(
        "select expense_id, tag from expense_tags order by expense_id, tag_key")
        .ListAsync(connection, row => $"{row.GetInt64(0)} {row.GetString(1)}", Test.Token), Test.Token);
}
