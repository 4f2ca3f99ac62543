using Outlay.Expenses;
using Outlay.Storage;

namespace Outlay.Tests.Harness;

/// <summary>A database as the first schema left it.</summary>
internal static class OldBook
{
    /// <summary>More than one batch.</summary>
    public const int Many = ExpenseService.BatchSize + 7;

    private const string Columns = "id, owner, date, description, amount, currency, category_key, search_text, version, created_at, updated_at, deleted_at";

    /// <summary>A database at the first schema, with expenses of two owners; one of them is at version 7, one in the trash.</summary>
    /// <param name="many">How many expenses the first owner has.</param>
    public static async Task<TestDatabase> CreateAsync(Engine engine, int many = Many)
    {
        var database = await TestDatabase.CreateAsync(engine, migrated: false);
        var first = Migration.Of(database.Database.Engine)[0];
        await database.ExecuteAsync(first.Text);
        await database.ExecuteAsync(
            $"""
            create table schema_migrations (number integer not null primary key, name text not null, checksum text not null, applied_at {database.Database.TimestampType} not null);
            insert into schema_migrations values (1, 'core', '{first.Checksum}', '2026-02-19 10:30:00+00:00');
            insert into owners (name) values ('alice');
            with recursive numbers (n) as (select 1 union all select n + 1 from numbers where n < {many})
            insert into expenses ({Columns})
            select n, 'default', '2026-02-19', 'Coffee', 350, 'EUR', 'uncategorised', 'coffee', 1, '2026-02-19 10:30:00.123+00:00', '2026-02-19 10:30:00.123+00:00', null from numbers;
            insert into expenses ({Columns}) values
                ({many + 1}, 'alice', '2026-02-19', 'Tea', 250, 'EUR', 'uncategorised', 'tea', 7, '2026-02-19 10:30:00+00:00', '2026-02-19 10:30:00+00:00', null),
                ({many + 2}, 'alice', '2026-02-19', 'Cake', 400, 'EUR', 'uncategorised', 'cake', 2, '2026-02-19 10:30:00+00:00', '2026-02-19 10:30:00+00:00', '2026-02-20 08:00:00.5+00:00');
            insert into expense_tags (expense_id, tag_key, tag) values (1, 'b', 'B'), (1, 'a', 'a')
            """);
        return database;
    }
}
