using Outlay.Expenses;
using Outlay.History;
using Outlay.Tests.Cli;
using Outlay.Tests.Harness;

namespace Outlay.Tests.History;

/// <summary>Whoever changes the history, or an expense past the program, is found: also the superuser of the database.</summary>
public sealed class HistoryCheckTests
{
    private const string Import = "(select id from changes where owner = 'default' and seq = 1)";

    [Theory, EachEngine]
    public async Task What_the_program_wrote_is_sound(Engine engine)
    {
        await using var database = await CreateAsync(engine);

        var report = await database.Doctor.CheckHistoryAsync(Test.Token);

        Assert.Null(report.Fault);
        Assert.Equal((6, 8), (report.Changes, report.Rows));
    }

    [Theory, EachEngine]
    public async Task An_empty_database_is_sound(Engine engine)
    {
        await using var database = await TestDatabase.CreateAsync(engine);

        Assert.Equal(new HistoryReport(0, 0, null), await database.Doctor.CheckHistoryAsync(Test.Token));
    }

    [Theory, EachEngine]
    public Task A_content_that_was_changed_is_named(Engine engine) => MustFindAsync(engine,
        $"update history set content = replace(content, '2.00', '2.01') where change_id = {Import} and n = 2",
        "owner default, change 1, row 2, expense 2: the row is not what its hash says: it was changed, or stood elsewhere");

    [Theory, EachEngine]
    public Task A_hash_of_a_row_that_was_changed_is_named(Engine engine) => MustFindAsync(engine,
        $"update history set hash = (select hash from changes where owner = 'default' and seq = 1) where change_id = {Import} and n = 3",
        "owner default, change 1, row 3, expense 3: the row is not what its hash says: it was changed, or stood elsewhere");

    [Theory, EachEngine]
    public Task A_row_that_was_removed_is_named(Engine engine) => MustFindAsync(engine,
        $"delete from history where change_id = {Import} and n = 2",
        "owner default, change 1, row 2: the row is missing: the next that is there is 3");

    [Theory, EachEngine]
    public Task The_last_row_of_a_change_that_was_removed_is_named(Engine engine) => MustFindAsync(engine,
        $"delete from history where change_id = {Import} and n = 3",
        "owner default, change 1, row 3: 3 rows belong to the change, and 2 are there");

    [Theory, EachEngine]
    public Task Two_rows_that_changed_places_are_named(Engine engine) => MustFindAsync(engine,
        $"update history set n = 9 where change_id = {Import} and n = 1; update history set n = 1 where change_id = {Import} and n = 2; update history set n = 2 where change_id = {Import} and n = 9",
        "owner default, change 1, row 1, expense 2: the row is not what its hash says: it was changed, or stood elsewhere");

    [Theory, EachEngine]
    public Task A_row_that_moved_to_another_change_is_named(Engine engine) => MustFindAsync(engine,
        $"update history set change_id = {Import}, n = 4 where version = 2 and expense_id = 2",
        "owner default, change 1, row 4, expense 2: the row is not what its hash says: it was changed, or stood elsewhere");

    [Theory, EachEngine]
    public Task The_last_change_that_was_removed_is_named(Engine engine) => MustFindAsync(engine,
        "delete from history where change_id = (select id from changes where owner = 'default' and seq = 4); delete from changes where owner = 'default' and seq = 4",
        "owner default, change 4: the owner has made 4 changes, and 3 are there: the last ones were removed, or their count was changed");

    [Theory, EachEngine]
    public Task A_change_between_others_that_was_removed_is_named(Engine engine) => MustFindAsync(engine,
        "delete from history where change_id = (select id from changes where owner = 'default' and seq = 2); delete from changes where owner = 'default' and seq = 2",
        "owner default, change 2: the change is missing: the next that is there is 3");

    [Theory]
    [InlineData(Engine.Sqlite, "at = '2020-01-01 00:00:00+00:00'")]
    [InlineData(Engine.Sqlite, "actor = 'somebody else'")]
    [InlineData(Engine.Sqlite, "trace_id = '0123456789abcdef0123456789abcdef'")]
    [InlineData(Engine.Sqlite, "undoes = 1")]
    [InlineData(Engine.Postgres, "at = at - interval '1 day'")]
    public Task A_change_whose_record_was_changed_is_named(Engine engine, string assignment) => MustFindAsync(engine,
        $"update changes set {assignment} where owner = 'default' and seq = 2",
        "owner default, change 2: the change is not what its hash says: its record was changed, or something before it");

    [Theory, EachEngine]
    public Task A_change_whose_action_was_changed_is_named(Engine engine) => MustFindAsync(engine,
        "update changes set action = 'delete' where owner = 'default' and seq = 2",
        "owner default, change 2, row 1, expense 2: the row is not what its hash says: it was changed, or stood elsewhere");

    [Theory, EachEngine]
    public Task A_change_with_an_action_that_does_not_exist_is_named(Engine engine) => MustFindAsync(engine,
        "update changes set action = 'nothing' where owner = 'default' and seq = 2",
        "owner default, change 2: its action or its time is none that the program writes");

    [Fact]
    public Task A_change_with_a_time_that_is_none_is_named() => MustFindAsync(Engine.Sqlite,
        "update changes set at = 'yesterday' where owner = 'default' and seq = 2",
        "owner default, change 2: its action or its time is none that the program writes");

    [Theory, EachEngine]
    public Task A_change_that_went_to_another_owner_is_named(Engine engine) => MustFindAsync(engine,
        "update changes set owner = 'alice', seq = 3 where owner = 'default' and seq = 4; update owners set history_seq = 3 where name = 'default'",
        "owner alice, change 3, row 1, expense 3: the row is not what its hash says: it was changed, or stood elsewhere");

    [Theory, EachEngine]
    public Task A_change_of_nobody_is_named(Engine engine) => MustFindAsync(engine,
        "insert into changes (owner, seq, action, count, actor, at, hash) select 'mallory', 1, action, count, actor, at, hash from changes where owner = 'default' and seq = 1",
        "owner mallory, change 1: there is no such owner");

    [Theory, EachEngine]
    public Task A_row_of_no_change_is_named(Engine engine) => MustFindAsync(engine,
        "insert into history (change_id, n, expense_id, version, content, hash) select 99, 1, expense_id, version + 1, content, hash from history where expense_id = 1",
        "row 1, expense 1: its change is missing");

    [Theory, EachEngine]
    public Task A_head_that_was_set_back_is_named(Engine engine) => MustFindAsync(engine,
        "update owners set history_hash = (select hash from changes where owner = 'default' and seq = 3) where name = 'default'",
        "owner default, change 4: the last change is not the one that the owner's record names");

    [Theory]
    [InlineData(Engine.Sqlite, "amount = 1")]
    [InlineData(Engine.Sqlite, "description = 'Tea'")]
    [InlineData(Engine.Sqlite, "notes = 'x'")]
    [InlineData(Engine.Sqlite, "deleted_at = created_at")]
    [InlineData(Engine.Postgres, "amount = 1")]
    [InlineData(Engine.Postgres, "deleted_at = created_at")]
    public Task An_expense_that_was_changed_past_the_program_is_named(Engine engine, string assignment) => MustFindAsync(engine,
        $"update expenses set {assignment} where id = 2",
        "owner default, change 2, row 1, expense 2: the expense is not what the history says: it was changed past the program");

    [Theory, EachEngine]
    public Task A_tag_that_was_added_past_the_program_is_named(Engine engine) => MustFindAsync(engine,
        "insert into expense_tags (expense_id, tag_key, tag) values (1, 'x', 'x')",
        "owner default, change 1, row 1, expense 1: the expense is not what the history says: it was changed past the program");

    [Theory, EachEngine]
    public Task An_expense_that_was_removed_past_the_program_is_named(Engine engine) => MustFindAsync(engine,
        "delete from expenses where id = 1",
        "owner default, change 1, row 1, expense 1: the expense is gone, and no change has removed it");

    [Theory, EachEngine]
    public Task An_expense_of_another_version_is_named(Engine engine) => MustFindAsync(engine,
        "update expenses set version = 5 where id = 2",
        "owner default, change 2, row 1, expense 2: the expense is at version 5, and its history ends at 2");

    [Theory, EachEngine]
    public Task An_expense_that_changed_hands_is_named(Engine engine) => MustFindAsync(engine,
        "update expenses set owner = 'alice' where id = 2",
        "owner default, change 2, row 1, expense 2: the expense belongs to alice");

    [Theory, EachEngine]
    public Task An_expense_that_was_added_past_the_program_is_named(Engine engine) => MustFindAsync(engine,
        """
        insert into expenses (id, owner, date, description, amount, currency, category_key, search_text, version, created_at, updated_at)
        select 77, owner, date, description, amount, currency, category_key, search_text, 1, created_at, updated_at from expenses where id = 1
        """,
        "owner default, expense 77: no change has recorded it");

    [Theory, EachEngine]
    public async Task The_doctor_says_it_and_fails(Engine engine)
    {
        await using var book = await Book.CreateAsync(engine);
        await book.RunAsync("add", "3.50", "Coffee");
        Assert.Contains("history: as it was written (1 change, 1 version)", await book.RunAsync("doctor", "--deep"), StringComparison.Ordinal);
        await book.ExecuteAsync("update expenses set description = 'Tea', search_text = 'tea'");

        var ill = await book.FailAsync(65, "doctor", "--deep");

        Assert.Contains("history: owner default, change 1, row 1, expense 1: the expense is not what", ill.Output, StringComparison.Ordinal);
        Assert.Contains("The history is not as the program wrote it", ill.Error, StringComparison.Ordinal);
        await book.RunAsync("doctor");
    }

    private static async Task MustFindAsync(Engine engine, string damage, string fault)
    {
        Assert.SkipWhen(engine is Engine.Postgres && PostgresCluster.SkipReason is not null, PostgresCluster.SkipReason ?? "");
        await using var database = await CreateAsync(engine);

        await database.ExecuteAsync(damage);

        Assert.Equal(fault, $"{(await database.Doctor.CheckHistoryAsync(Test.Token)).Fault}");
    }

    /// <summary>A book of two owners: an import of expenses 1 to 3, of which 2 was edited and 3 deleted and restored; 4 is somebody else's.</summary>
    private static async Task<TestDatabase> CreateAsync(Engine engine)
    {
        var database = await TestDatabase.CreateAsync(engine);
        await database.ExecuteAsync("insert into owners (name) values ('alice')");
        var (me, alice) = (Test.By(ExpenseService.DefaultOwner), Test.By("alice"));
        await database.Expenses.AddManyAsync(me, Contents("1.00", "2.00", "3.00").ToAsyncEnumerable(), Test.Token);
        await database.Expenses.ChangeAsync(me, 2, null, draft => draft with { Notes = "Noted", Tags = ["b", "a"] }, Test.Token);
        await database.Expenses.DeleteAsync(me, 3, null, Test.Token);
        await database.Expenses.RestoreAsync(me, 3, null, Test.Token);
        await database.Expenses.AddAsync(alice, new ExpenseDraft { Date = "2026-02-19", Description = "Cake", Amount = "4" }, Test.Token);
        await database.Expenses.DeleteAsync(alice, 4, null, Test.Token);
        return database;
    }

    private static IEnumerable<ExpenseContent> Contents(params string[] amounts) => amounts.Select(amount =>
        ExpenseRules.Check(new ExpenseDraft { Date = "2026-02-19", Description = "Coffee", Amount = amount }, Currency.Of("EUR"), new Faults())!);
}
