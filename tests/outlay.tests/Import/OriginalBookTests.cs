using Outlay.Access;
using Outlay.Expenses;
using Outlay.Storage;
using Outlay.Tests.Harness;

namespace Outlay.Tests.Import;

public sealed class OriginalBookTests
{
    [Theory, EachEngine]
    public async Task The_first_version_is_taken_over_with_ids_and_amounts(Engine engine)
    {
        await using var database = await TestDatabase.CreateAsync(engine, migrated: false);
        await CreateAsync(database, hasOwners: false, hasKeys: false);
        await InsertAsync(database, "'2026-02-19', 'Coffee', 3.50", "'2024-02-29', 'Café «Луна»', 99999999.99", "'2026-01-01', 'Gone', 1", "'2026-01-31', 'Penny', 0.01");
        await database.ExecuteAsync("delete from expenses where id = 3");
        var toTheMillisecond = database.Clock.Now;
        database.Clock.Now = toTheMillisecond.AddTicks(1234);

        var report = await database.MigrateAsync();

        Assert.Equal(3, report.Adopted);
        Assert.Equal(
            ["1 2026-02-19 Coffee 3.50 EUR", "4 2026-01-31 Penny 0.01 EUR", "2 2024-02-29 Café «Луна» 99999999.99 EUR"],
            await ListAsync(database, ExpenseService.DefaultOwner));
        Assert.Equal(3, await database.ScalarAsync<long>("select count(*) from original_expenses"));
        var stored = await database.Expenses.GetAsync(ExpenseService.DefaultOwner, 1, Test.Token);
        Assert.Equal((1, toTheMillisecond, toTheMillisecond), (stored.Version, stored.CreatedAt, stored.UpdatedAt));
        await AssertWholeAsync(database);
    }

    [Theory, EachEngine]
    public async Task A_later_version_is_taken_over_with_owners_and_keys(Engine engine)
    {
        await using var database = await TestDatabase.CreateAsync(engine, migrated: false);
        await CreateAsync(database, hasOwners: true, hasKeys: true);
        await InsertAsync(database, "'2026-02-19', 'Coffee', 3.50, 'alice'", "'2026-02-20', 'Tea', 2.5, 'default'",
            "'2026-02-21', 'Cake', 4, 'Bob B.'", "'2026-02-22', 'Juice', 5, null");
        await database.ExecuteAsync("insert into api_keys (key, owner) values ('k1', 'alice'), ('k2', 'Bob B.')");

        var report = await database.MigrateAsync();

        Assert.Equal(4, report.Adopted);
        Assert.Equal(["1 2026-02-19 Coffee 3.50 EUR"], await ListAsync(database, "alice"));
        Assert.Equal(["3 2026-02-21 Cake 4.00 EUR"], await ListAsync(database, "Bob B."));
        Assert.Equal(["4 2026-02-22 Juice 5.00 EUR", "2 2026-02-20 Tea 2.50 EUR"], await ListAsync(database, ExpenseService.DefaultOwner));
        Assert.Equal(4, await database.ScalarAsync<long>("select count(*) from original_expenses"));
        Assert.Empty(await ColumnsAsync(database, "original_api_keys"));
        await AssertWholeAsync(database);
    }

    [Theory, EachEngine]
    public async Task Keys_go_on_working_and_are_kept_in_clear_nowhere(Engine engine)
    {
        await using var database = await TestDatabase.CreateAsync(engine, migrated: false);
        await CreateAsync(database, hasOwners: true, hasKeys: true);
        await InsertAsync(database, "'2026-02-19', 'Coffee', 3.50, 'alice'");
        const string Key = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b";
        await database.ExecuteAsync($"insert into api_keys (key, owner) values ('{Key}', 'alice'), ('short', 'carol'), ('', 'alice')");

        await using var server = await TestServer.StartAsync(database);

        Assert.Equal(1, (await server.GetAsync("/expenses", ("X-API-Key", Key))).MustBe(200).Json.GetArrayLength());
        Assert.Equal(0, (await server.GetAsync("/expenses", ("X-API-Key", "short"))).MustBe(200).Json.GetArrayLength());
        (await server.GetAsync("/expenses", ("X-API-Key", ""))).MustBeProblem(401, "unauthenticated");
        (await server.GetAsync("/expenses")).MustBeProblem(401, "unauthenticated");
        var keys = await new KeyService(database.Database, database.Clock).ListAsync(null, Test.Token);
        Assert.Equal([("alice", "9f86d081"), ("carol", "s")], keys.Select(key => (key.Owner, key.Prefix)));
    }

    [Theory, EachEngine]
    public async Task A_key_of_an_owner_that_there_cannot_be_stops_the_take_over_and_is_named(Engine engine)
    {
        await using var database = await TestDatabase.CreateAsync(engine, migrated: false);
        await CreateAsync(database, hasOwners: true, hasKeys: true);
        await database.ExecuteAsync("insert into api_keys (key, owner) values ('good', 'alice'), ('bad', '*')");

        var error = await Assert.ThrowsAsync<AppException>(database.MigrateAsync);

        Assert.Equal(ErrorCode.SchemaMismatch, error.Code);
        Assert.Contains("An owner cannot be called *", error.Message, StringComparison.Ordinal);
        Assert.Equal(2, await database.ScalarAsync<long>("select count(*) from original_api_keys"));
        await database.ExecuteAsync("update original_api_keys set owner = 'bob' where key = 'bad'");
        await database.MigrateAsync();
        Assert.Equal(2, await database.ScalarAsync<long>("select count(*) from api_keys"));
    }

    [Theory, EachEngine]
    public async Task No_id_that_the_original_gave_out_is_given_out_again(Engine engine)
    {
        await using var database = await TestDatabase.CreateAsync(engine, migrated: false);
        await CreateAsync(database, hasOwners: false, hasKeys: false);
        await InsertAsync(database, "'2026-02-19', 'a', 1", "'2026-02-19', 'b', 1", "'2026-02-19', 'c', 1");
        await database.ExecuteAsync("delete from expenses where id > 1");

        await database.MigrateAsync();

        var draft = new ExpenseDraft { Date = "2026-02-19", Description = "new", Amount = "1" };
        var added = await database.Expenses.AddAsync(Test.By(ExpenseService.DefaultOwner), draft, Test.Token);
        Assert.True(added.Id > 3, $"The new expense has id {added.Id}.");
    }

    [Fact]
    public async Task What_the_original_still_writes_while_it_is_taken_over_keeps_its_ids_too()
    {
        Assert.SkipWhen(PostgresCluster.SkipReason is not null, PostgresCluster.SkipReason ?? "");
        await using var database = await TestDatabase.CreateAsync(Engine.Postgres, migrated: false);
        await CreateAsync(database, hasOwners: false, hasKeys: false);
        Task<MigrationReport>? takeOver = null;
        await database.Database.WriteAsync(OwnerScope.All, async connection =>
        {
            const string Insert = "insert into expenses (date, description, amount) values ('2026-02-19', 'Coffee', 1)";
            await new Sql(Insert).ExecuteAsync(connection, Test.Token);
            takeOver = database.MigrateAsync();
            await Eventually.TrueAsync("the original is waited for", async () => await database.ScalarAsync<long>(
                "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'") == 1);
            await new Sql($"{Insert}; {Insert}; delete from expenses where id = 3").ExecuteAsync(connection, Test.Token);
            return true;
        }, Test.Token);

        Assert.Equal(2, (await takeOver!).Adopted);
        var draft = new ExpenseDraft { Date = "2026-02-19", Description = "new", Amount = "1" };
        var added = await database.Expenses.AddAsync(Test.By(ExpenseService.DefaultOwner), draft, Test.Token);
        Assert.True(added.Id > 3, $"The new expense has id {added.Id}.");
    }

    [Theory, EachEngine]
    public async Task An_empty_book_is_taken_over(Engine engine)
    {
        await using var database = await TestDatabase.CreateAsync(engine, migrated: false);
        await CreateAsync(database, hasOwners: true, hasKeys: false);

        Assert.Equal(0, (await database.MigrateAsync()).Adopted);

        await AssertWholeAsync(database);
    }

    [Theory, EachEngine]
    public async Task A_book_of_several_batches_is_taken_over(Engine engine)
    {
        await using var database = await TestDatabase.CreateAsync(engine, migrated: false);
        await CreateAsync(database, hasOwners: true, hasKeys: false);
        var count = (2 * ExpenseService.BatchSize) + 1;
        await database.ExecuteAsync(
            $"""
            insert into expenses (date, description, amount, owner)
            with recursive numbers (n) as (select 1 union all select n + 1 from numbers where n < {count})
            select '2026-02-19', 'row ' || n, n / 100.0, case when n % 2 = 0 then 'even' else 'odd' end from numbers
            """.Replace("'2026-02-19'", engine is Engine.Postgres ? "date '2026-02-19'" : "'2026-02-19'", StringComparison.Ordinal));

        Assert.Equal(count, (await database.MigrateAsync()).Adopted);

        var odd = await database.Reports.SummariseAsync("odd", new ExpenseFilter(), null, Test.Token);
        var even = await database.Reports.SummariseAsync("even", new ExpenseFilter(), null, Test.Token);
        Assert.Equal(new Money((long)count * (count + 1) / 2, Currency.Of("EUR")), odd.Total + even.Total);
        Assert.Equal(ExpenseService.BatchSize, even.Count);
        await AssertWholeAsync(database);
    }

    [Theory, EachEngine]
    public async Task Rows_that_break_the_rules_are_named_and_nothing_is_changed(Engine engine)
    {
        await using var database = await TestDatabase.CreateAsync(engine, migrated: false);
        await CreateAsync(database, hasOwners: false, hasKeys: true);
        await InsertAsync(database, "'2026-02-19', 'good', 1", "'2026-02-19', 'zero', 0", "'2026-02-19', '  ', -3", "'1899-12-31', 'old', 1");

        var error = await Assert.ThrowsAsync<AppException>(database.MigrateAsync);

        Assert.Equal(ErrorCode.SchemaMismatch, error.Code);
        Assert.Equal(
        [
            $"3 of 4 expenses of the original in {database.Database.Location} break the rules; nothing was changed. Correct them in the table expenses and start again:",
            "  id 2: Amount must be greater than 0",
            "  id 3: All fields are required; Amount must be greater than 0",
            "  id 4: Date must be between 1900-01-01 and 2999-12-31",
        ], error.Message.Split(Environment.NewLine));
        Assert.Equal(["id", "date", "description", "amount"], await ColumnsAsync(database, "expenses"));
        Assert.Equal(4, await database.ScalarAsync<long>("select count(*) from expenses"));
        Assert.Equal(0, await database.ScalarAsync<long>("select count(*) from api_keys"));
        Assert.Empty(await ColumnsAsync(database, "original_expenses"));
        Assert.Empty(await ColumnsAsync(database, "owners"));

        await database.ExecuteAsync("update expenses set amount = 1, description = 'x', date = '2026-02-19' where id > 1");
        Assert.Equal(4, (await database.MigrateAsync()).Adopted);
    }

    [Theory, EachEngine]
    public async Task Owners_that_there_cannot_be_are_named_and_nothing_is_changed(Engine engine)
    {
        await using var database = await TestDatabase.CreateAsync(engine, migrated: false);
        await CreateAsync(database, hasOwners: true, hasKeys: false);
        await InsertAsync(database, "'2026-02-19', 'good', 1, 'ana'", "'2026-02-19', 'spaced', 1, 'ana '", "'2026-02-19', 'all', 1, '*'", "'2026-02-19', 'none', 1, ''");

        var error = await Assert.ThrowsAsync<AppException>(database.MigrateAsync);

        Assert.Equal(ErrorCode.SchemaMismatch, error.Code);
        Assert.Equal(
        [
            "  id 2: The name of an owner cannot begin or end with a space",
            "  id 3: An owner cannot be called *",
            "  id 4: An owner must have a name",
        ], error.Message.Split(Environment.NewLine).Skip(1));
        await database.ExecuteAsync("update expenses set owner = 'ana'");
        Assert.Equal(4, (await database.MigrateAsync()).Adopted);
    }

    [Theory, EachEngine]
    public async Task Two_instances_at_once_take_a_book_over_once(Engine engine)
    {
        await using var database = await TestDatabase.CreateAsync(engine, migrated: false);
        await CreateAsync(database, hasOwners: true, hasKeys: true);
        await InsertAsync(database, "'2026-02-19', 'Coffee', 3.50, 'alice'", "'2026-02-20', 'Tea', 2.5, 'default'");

        var reports = await Task.WhenAll(Enumerable.Range(0, 2).Select(_ => Task.Run(async () =>
        {
            await using var instance = Database.Open(database.Settings, Database.PatienceOfVerbs, database.Clock);
            return await new Migrator(instance, database.Clock, database.Settings).RunAsync(Test.Token);
        })));

        Assert.Equal([0, 2], reports.Select(report => report.Adopted).Order());
        Assert.Equal(2, await database.ScalarAsync<long>("select count(*) from expenses"));
        await AssertWholeAsync(database);
    }

    [Theory, EachEngine]
    public async Task A_table_of_another_program_is_left_alone(Engine engine)
    {
        await using var database = await TestDatabase.CreateAsync(engine, migrated: false);
        await database.ExecuteAsync("create table expenses (id integer primary key, employee text)");

        var error = await Assert.ThrowsAsync<AppException>(database.MigrateAsync);

        Assert.Equal(ErrorCode.SchemaMismatch, error.Code);
        Assert.Equal(
            $"{database.Database.Location} has a table expenses of another program. Give Outlay a database of its own, or rename that table.",
            error.Message);
        Assert.Equal(["id", "employee"], await ColumnsAsync(database, "expenses"));
    }

    /// <summary>The schema of the original, as its own statements make it.</summary>
    private static async Task CreateAsync(TestDatabase database, bool hasOwners, bool hasKeys)
    {
        var id = database.Engine is Engine.Postgres ? "serial primary key" : "integer primary key autoincrement";
        var owner = hasOwners ? ", owner varchar default 'default'" : "";
        await database.ExecuteAsync($"create table expenses (id {id}, date date not null, description text not null, amount numeric(10,2) not null{owner})");
        if (hasKeys)
            await database.ExecuteAsync("create table api_keys (key varchar primary key, owner varchar not null, created_at timestamp)");
    }

    private static async Task InsertAsync(TestDatabase database, params string[] rows)
    {
        var columns = await ColumnsAsync(database, "expenses");
        foreach (var row in rows)
            await database.ExecuteAsync($"insert into expenses ({string.Join(", ", columns.Skip(1))}) values ({row})");
    }

    private static async Task<List<string>> ListAsync(TestDatabase database, string owner) =>
        await database.Expenses.ListAsync(owner, new ExpenseFilter(), Test.Token).Select(expense =>
            $"{expense.Id} {ExpenseRules.FormatDate(expense.Content.Date)} {expense.Content.Description} {expense.Content.Amount} {expense.Content.Amount.Currency}")
            .ToListAsync(Test.Token);

    private static Task<IReadOnlyList<string>> ColumnsAsync(TestDatabase database, string table) =>
        database.Database.ReadAsync(OwnerScope.All, connection => database.Database.ColumnsAsync(connection, table, Test.Token), Test.Token);

    /// <summary>That the totals fit, a second start changes nothing, and new expenses can be added.</summary>
    private static async Task AssertWholeAsync(TestDatabase database)
    {
        Assert.True((await database.Doctor.ExamineAsync(Test.Token)).IsHealthy);
        Assert.Empty((await database.MigrateAsync()).Applied);
        var draft = new ExpenseDraft { Date = "2026-02-19", Description = "new", Amount = "1" };
        await database.Expenses.AddAsync(Test.By(ExpenseService.DefaultOwner), draft, Test.Token);
    }
}
