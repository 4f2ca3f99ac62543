using Outlay.Tests.Harness;

namespace Outlay.Tests.History;

/// <summary>What was recorded before there was a history.</summary>
public sealed class AdoptionTests
{
    [Theory, EachEngine]
    public async Task What_was_there_before_is_taken_into_the_history_by_one_change_for_each_owner(Engine engine)
    {
        await using var database = await OldBook.CreateAsync(engine);

        var report = await database.MigrateAsync();

        Assert.DoesNotContain("0001_core", report.Applied);
        Assert.Equal(2, await database.ScalarAsync<long>("select count(*) from changes where action = 'adopt' and seq = 1 and actor = 'outlay migrate'"));
        Assert.Equal(OldBook.Many, await database.ScalarAsync<long>("select count from changes where owner = 'default'"));
        Assert.Equal(2, await database.ScalarAsync<long>("select count from changes where owner = 'alice'"));
        var history = await database.Doctor.CheckHistoryAsync(Test.Token);
        Assert.Null(history.Fault);
        Assert.Equal((2, OldBook.Many + 2), (history.Changes, history.Rows));
    }

    [Theory, EachEngine]
    public async Task Their_history_goes_on_from_the_version_they_had(Engine engine)
    {
        await using var database = await OldBook.CreateAsync(engine);
        await database.MigrateAsync();

        var changed = await database.Expenses.ChangeAsync(Test.By("alice"), OldBook.Many + 1, null, draft => draft with { Notes = "Noted" }, Test.Token);
        var restored = await database.Expenses.RestoreAsync(Test.By("alice"), OldBook.Many + 2, null, Test.Token);

        Assert.Equal((8, 3), (changed.Expense.Version, restored.Version));
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
}
