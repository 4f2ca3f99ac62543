using System.Data.Common;
using Outlay.Expenses;
using Outlay.Reports;
using Outlay.Storage;
using Outlay.Tests.Harness;

namespace Outlay.Tests.Storage;

public sealed class MigrationTests
{
    private static readonly string[] s_tables = ["owners", "expenses", "expense_tags", "totals", "changes", "history", "idempotency", "api_keys", "figures", "schema_migrations"];

    [Theory, EachEngine]
    public async Task A_fresh_database_gets_every_migration_once(Engine engine)
    {
        await using var database = await TestDatabase.CreateAsync(engine, migrated: false);
        var migrator = new Migrator(database.Database, database.Clock, database.Settings);
        Assert.False(await migrator.IsCurrentAsync(Test.Token));

        var first = await migrator.RunAsync(Test.Token);
        var second = await migrator.RunAsync(Test.Token);

        Assert.Equal(Migration.Of(database.Database.Engine).Select(migration => $"{migration.Number:D4}_{migration.Name}"), first.Applied);
        Assert.Equal(0, first.Adopted);
        Assert.Empty(second.Applied);
        Assert.True(await migrator.IsCurrentAsync(Test.Token));
    }

    [Theory, EachEngine]
    public async Task Of_several_instances_that_start_at_once_each_migration_is_applied_by_one(Engine engine)
    {
        await using var database = await TestDatabase.CreateAsync(engine, migrated: false);

        var reports = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => Task.Run(async () =>
        {
            await using var instance = Database.Open(database.Settings, Database.PatienceOfVerbs, database.Clock);
            return await new Migrator(instance, database.Clock, database.Settings).RunAsync(Test.Token);
        })));

        Assert.Equal(Migration.Of(database.Database.Engine).Count, reports.Sum(report => report.Applied.Count));
        Assert.Equal(reports.Sum(report => report.Applied.Count), await database.ScalarAsync<long>("select count(*) from schema_migrations"));
    }

    [Theory, EachEngine]
    public async Task An_applied_migration_that_was_edited_stops_the_start(Engine engine)
    {
        await using var database = await TestDatabase.CreateAsync(engine);
        await database.ExecuteAsync("update schema_migrations set checksum = 'other' where number = 1");

        var error = await Assert.ThrowsAsync<AppException>(database.MigrateAsync);

        Assert.Equal(ErrorCode.SchemaMismatch, error.Code);
        Assert.Equal(
            $"Migration 0001_core of {database.Database.Location} was applied with another text than this program has. " +
            "Run the version of Outlay that applied it; if its file was edited, put the old text back and add a new migration.", error.Message);
    }

    [Theory, EachEngine]
    public async Task A_schema_of_a_newer_program_stops_the_start(Engine engine)
    {
        await using var database = await TestDatabase.CreateAsync(engine);
        await database.ExecuteAsync("insert into schema_migrations (number, name, checksum, applied_at) select 9999, 'future', 'x', applied_at from schema_migrations where number = 1");

        var error = await Assert.ThrowsAsync<AppException>(database.MigrateAsync);

        Assert.Equal(ErrorCode.SchemaMismatch, error.Code);
        Assert.Contains("is at 9999_future, newer than this program", error.Message, StringComparison.Ordinal);
        Assert.EndsWith("Run the version of Outlay that made it, or a newer one.", error.Message, StringComparison.Ordinal);
    }

    [Theory, EachEngine]
    public async Task A_journal_of_another_program_stops_the_start(Engine engine)
    {
        await using var database = await TestDatabase.CreateAsync(engine, migrated: false);
        await database.ExecuteAsync("create table schema_migrations (version text)");

        var error = await Assert.ThrowsAsync<AppException>(database.MigrateAsync);

        Assert.Equal(ErrorCode.SchemaMismatch, error.Code);
        Assert.Equal(
            $"{database.Database.Location} has a table schema_migrations of another program. Give Outlay a database of its own, or rename that table.", error.Message);
    }

    [Theory, EachEngine]
    public async Task Labels_that_were_folded_by_an_older_rule_are_folded_anew(Engine engine)
    {
        await using var database = await TestDatabase.CreateAsync(engine);
        foreach (var spelling in new[] { "Φόρος", "ΦΌΡΟΣ" })
        {
            var draft = new ExpenseDraft { Date = "2026-02-19", Description = spelling, Amount = "1", Category = spelling, Tags = [spelling] };
            await database.Expenses.AddAsync(Test.By(ExpenseService.DefaultOwner), draft, Test.Token);
        }

        await database.ExecuteAsync("update expenses set category_key = 'φόρος', search_text = 'φόρος' where category = 'Φόρος'");
        await database.ExecuteAsync("update expense_tags set tag_key = 'φόρος' where tag = 'Φόρος'");
        // Both spellings on one expense were two tags.
        await database.ExecuteAsync("insert into expense_tags (expense_id, tag_key, tag) values (1, 'φόροσ', 'ΦΌΡΟΣ')");
        await database.Doctor.RebuildTotalsAsync(Test.Token);

        await database.ExecuteAsync(Migration.Of(database.Database.Engine)[2].Rows!);

        Assert.True((await database.Doctor.ExamineAsync(Test.Token)).IsHealthy);
        foreach (var group in new[] { SummaryGroup.Category, SummaryGroup.Tag })
        {
            var summary = await database.Reports.SummariseAsync(ExpenseService.DefaultOwner, new ExpenseFilter(), group, Test.Token);
            Assert.Equal(2, Assert.Single(summary.Groups!).Count);
        }

        var found = database.Expenses.ListAsync(ExpenseService.DefaultOwner, new ExpenseFilter { Text = "Φόρος" }, Test.Token);
        Assert.Equal(2, await found.CountAsync(Test.Token));
    }

    [Theory, EachEngine]
    public async Task A_migration_that_fails_half_way_leaves_nothing_behind(Engine engine)
    {
        await using var database = await TestDatabase.CreateAsync(engine, migrated: false);
        // The last table that the first migration makes is there already.
        await database.ExecuteAsync("create table totals (x integer)");

        await Assert.ThrowsAnyAsync<DbException>(database.MigrateAsync);

        foreach (var table in s_tables.Except(["totals"]))
            Assert.Empty(await ColumnsAsync(database, table));
        await database.ExecuteAsync("drop table totals");
        Assert.NotEmpty((await database.MigrateAsync()).Applied);
    }

    [Theory, EachEngine]
    public async Task A_statement_that_fails_is_told_whatever_stands_before_it(Engine engine)
    {
        await using var database = await TestDatabase.CreateAsync(engine);

        // The first of them answers with columns, if without a row.
        await Assert.ThrowsAnyAsync<DbException>(() => database.ExecuteAsync("select name from owners where name = 'nobody'; create index expenses_by_date on owners (name)"));
        await Assert.ThrowsAnyAsync<DbException>(() => database.ExecuteAsync("alter table owners add column x integer; create index expenses_by_date on owners (name)"));
    }

    [Fact]
    public void Both_engines_have_the_same_migrations_without_gaps()
    {
        var sqlite = Migration.Of("sqlite");
        var postgres = Migration.Of("postgres");

        Assert.Equal(Enumerable.Range(1, sqlite.Count), sqlite.Select(migration => migration.Number));
        Assert.Equal(sqlite.Select(migration => (migration.Number, migration.Name)), postgres.Select(migration => (migration.Number, migration.Name)));
    }

    [Theory, EachEngine]
    public async Task Both_engines_end_with_the_same_columns(Engine engine)
    {
        await using var reference = await TestDatabase.CreateAsync(Engine.Sqlite);
        await using var database = await TestDatabase.CreateAsync(engine);

        foreach (var table in s_tables)
        {
            var columns = await ColumnsAsync(database, table);
            Assert.NotEmpty(columns);
            Assert.Equal(await ColumnsAsync(reference, table), columns);
        }
    }

    [Fact]
    public void Line_ends_make_no_difference_to_a_checksum()
    {
        Assert.Equal(new Migration(1, "x", "a\nb\n").Checksum, new Migration(1, "x", "a\r\nb\r\n").Checksum);
        Assert.NotEqual(new Migration(1, "x", "a\nb\n").Checksum, new Migration(1, "x", "a\nc\n").Checksum);
    }

    private static Task<IReadOnlyList<string>> ColumnsAsync(TestDatabase database, string table) =>
        database.Database.ReadAsync(OwnerScope.All, connection => database.Database.ColumnsAsync(connection, table, Test.Token), Test.Token);
}
