using Outlay.Expenses;
using Outlay.Storage;
using Outlay.Tests.Harness;

namespace Outlay.Tests.History;

/// <summary>What was recorded before there was a history.</summary>
public sealed class AdoptionTests
{
    /// <summary>More than one batch.</summary>
    private const int Many = ExpenseService.BatchSize + 7;

    private const string Columns = "id, owner, date, description, amount, currency, category_key, search_text, version, created_at, updated_at, deleted_at";

    [Theory, EachEngine]
    public async Task What_was_there_before_is_taken_into_the_history_by_one_change_for_each_owner(Engine engine)
    {
        await using var database = await CreateOldAsync(engine);

        var report = await database.MigrateAsync();

        Assert.DoesNotContain("0001_core", report.Applied);
        Assert.Equal(2, await database.ScalarAsync<long>("select count(*) from changes where action = 'adopt' and seq = 1 and actor = 'outlay migrate'"));
        Assert.Equal(Many, await database.ScalarAsync<long>("select count from changes where owner = 'default'"));
        Assert.Equal(2, await database.ScalarAsync<long>("select count from changes where owner = 'alice'"));
        var history = await database.Doctor.CheckHistoryAsync(Test.Token);
        Assert.Null(history.Fault);
        Assert.Equal((2, Many + 2), (history.Changes, history.Rows));
    }

    [Theory, EachEngine]
    public async Task Their_history_goes_on_from_the_version_they_had(Engine engine)
    {
        await using var database = await CreateOldAsync(engine);
        await database.MigrateAsync();

        var changed = await database.Expenses.ChangeAsync(Test.By("alice"), Many + 1, null, draft => draft with { Notes = "Noted" }, Test.Token);
        var restored = await database.Expenses.RestoreAsync(Test.By("alice"), Many + 2, null, Test.Token);

        Assert.Equal((8, 3), (changed.Version, restored.Version));
        Assert.Null((await database.Doctor.CheckHistoryAsync(Test.Token)).Fault);
    }

    [Theory, EachEngine]
    public async Task A_book_of_the_original_has_a_history_too(Engine engine)
    {
        await using var database = await TestDatabase.CreateAsync(engine, migrated: false);
        await database.ExecuteAsync("create table expenses (id integer primary key, date date not null, description text not null, amount numeric(10, 2) not null)");
        await database.ExecuteAsync("insert into expenses (id, date, description, amount) values (7, '2026-02-19', 'Coffee', 3.50)");

        await database.MigrateAsync();

        Assert.Equal(1, (await database.Doctor.CheckHistoryAsync(Test.Token)).Rows);
    }

    /// <summary>A database at the first schema, with expenses of two owners; one of them is at version 7, one in the trash.</summary>
    private static async Task<TestDatabase> CreateOldAsync(Engine engine)
    {
        var database = await TestDatabase.CreateAsync(engine, migrated: false);
        var first = Migration.Of(database.Database.Engine)[0];
        await database.ExecuteAsync(first.Text);
        await database.ExecuteAsync(
            $"""
            create table schema_migrations (number integer not null primary key, name text not null, checksum text not null, applied_at {database.Database.TimestampType} not null);
            insert into schema_migrations values (1, 'core', '{first.Checksum}', '2026-02-19 10:30:00+00:00');
            insert into owners (name) values ('alice');
            with recursive numbers (n) as (select 1 union all select n + 1 from numbers where n < {Many})
            insert into expenses ({Columns})
            select n, 'default', '2026-02-19', 'Coffee', 350, 'EUR', 'uncategorised', 'coffee', 1, '2026-02-19 10:30:00.123+00:00', '2026-02-19 10:30:00.123+00:00', null from numbers;
            insert into expenses ({Columns}) values
                ({Many + 1}, 'alice', '2026-02-19', 'Tea', 250, 'EUR', 'uncategorised', 'tea', 7, '2026-02-19 10:30:00+00:00', '2026-02-19 10:30:00+00:00', null),
                ({Many + 2}, 'alice', '2026-02-19', 'Cake', 400, 'EUR', 'uncategorised', 'cake', 2, '2026-02-19 10:30:00+00:00', '2026-02-19 10:30:00+00:00', '2026-02-20 08:00:00.5+00:00');
            insert into expense_tags (expense_id, tag_key, tag) values (1, 'b', 'B'), (1, 'a', 'a')
            """);
        return database;
    }
}
