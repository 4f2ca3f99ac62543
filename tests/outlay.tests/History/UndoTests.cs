using Outlay.Expenses;
using Outlay.History;
using Outlay.Tests.Harness;

namespace Outlay.Tests.History;

/// <summary>Changes that are taken back, and brought back.</summary>
public sealed class UndoTests
{
    private const string Owner = ExpenseService.DefaultOwner;

    private static readonly ExpenseDraft s_coffee = new() { Date = "2026-02-19", Description = "Coffee", Amount = "3.50", Tags = ["b", "a"] };

    [Theory, EachEngine]
    public async Task What_was_recorded_goes_into_the_trash(Engine engine)
    {
        await using var database = await TestDatabase.CreateAsync(engine);
        await database.Expenses.AddAsync(Test.By(Owner), s_coffee, Test.Token);

        var undo = await UndoAsync(database, null);

        Assert.Equal((ChangeAction.Undo, 1, 1), (undo.Header.Action, undo.Header.Undoes, undo.Header.Count));
        Assert.Equal(["1 v2 3.50"], await ListAsync(database, inTrash: true));
        Assert.Empty(await ListAsync(database));
        await MustBeSoundAsync(database);
    }

    [Theory, EachEngine]
    public async Task What_was_changed_is_what_it_was(Engine engine)
    {
        await using var database = await TestDatabase.CreateAsync(engine);
        await database.Expenses.AddAsync(Test.By(Owner), s_coffee, Test.Token);
        await database.Expenses.ChangeAsync(Test.By(Owner), 1, null,
            draft => draft with { Amount = "4", Currency = "USD", Category = "Food", Tags = ["c"], Notes = "Hot \"deleted_at\":" }, Test.Token);

        await UndoAsync(database, null);

        var now = await database.Expenses.GetAsync(Owner, 1, Test.Token);
        Assert.Equal(("3.50", "EUR", null, null, 3), (now.Content.Amount.ToString(), now.Content.Amount.Currency.Code, now.Content.Category, now.Content.Notes, now.Version));
        Assert.Equal(["a", "b"], now.Content.Tags.Select(tag => tag.Text));
        await MustBeSoundAsync(database);
    }

    [Theory, EachEngine]
    public async Task What_was_deleted_and_restored_goes_there_and_back(Engine engine)
    {
        await using var database = await TestDatabase.CreateAsync(engine);
        await database.Expenses.AddAsync(Test.By(Owner), s_coffee, Test.Token);
        await database.Expenses.DeleteAsync(Test.By(Owner), 1, null, Test.Token);

        await UndoAsync(database, 2);
        Assert.Equal(["1 v3 3.50"], await ListAsync(database));
        await UndoAsync(database, 3);
        Assert.Equal(["1 v4 3.50"], await ListAsync(database, inTrash: true));
        await database.Expenses.RestoreAsync(Test.By(Owner), 1, null, Test.Token);
        await UndoAsync(database, 5);
        Assert.Equal(["1 v6 3.50"], await ListAsync(database, inTrash: true));
        await MustBeSoundAsync(database);
    }

    [Theory, EachEngine]
    public async Task An_import_is_taken_back_whole_and_brought_back_whole(Engine engine)
    {
        const int Many = (2 * ExpenseService.BatchSize) + 3;
        await using var database = await TestDatabase.CreateAsync(engine);
        var content = ExpenseRules.Check(s_coffee, Currency.Of("EUR"), new Faults())!;
        await database.Expenses.AddAsync(Test.By(Owner), s_coffee, Test.Token);
        await database.Expenses.AddManyAsync(Test.By(Owner), Enumerable.Repeat(content, Many).ToAsyncEnumerable(), Test.Token);

        var undo = await UndoAsync(database, null);
        Assert.Equal((2, Many), (undo.Header.Undoes, undo.Header.Count));
        Assert.Equal(["1 v1 3.50"], await ListAsync(database));
        await MustBeSoundAsync(database);

        var redo = await UndoAsync(database, 3);
        Assert.Equal((ChangeAction.Redo, Many), (redo.Header.Action, redo.Header.Count));
        Assert.Equal(Many + 1, (await ListAsync(database)).Count);
        await MustBeSoundAsync(database);
    }

    [Theory, EachEngine]
    public async Task Without_a_number_it_is_the_last_change_in_force(Engine engine)
    {
        await using var database = await TestDatabase.CreateAsync(engine);
        for (var i = 0; i < 3; i++)
            await database.Expenses.AddAsync(Test.By(Owner), s_coffee, Test.Token);

        Assert.Equal(3, (await UndoAsync(database, null)).Header.Undoes);
        Assert.Equal(2, (await UndoAsync(database, null)).Header.Undoes);
        Assert.Equal(4, (await UndoAsync(database, 4)).Header.Undoes);
        Assert.Equal(6, (await UndoAsync(database, null)).Header.Undoes);
        Assert.Equal(1, (await UndoAsync(database, null)).Header.Undoes);
        var none = await Assert.ThrowsAsync<AppException>(() => UndoAsync(database, null));
        Assert.Equal((ErrorCode.NotFound, "There is no change that could be taken back"), (none.Code, none.Message));
        await MustBeSoundAsync(database);
    }

    [Theory, EachEngine]
    public async Task Cannot_take_back_what_was_changed_since(Engine engine)
    {
        await using var database = await TestDatabase.CreateAsync(engine);
        var content = ExpenseRules.Check(s_coffee, Currency.Of("EUR"), new Faults())!;
        await database.Expenses.AddManyAsync(Test.By(Owner), Enumerable.Repeat(content, ExpenseService.BatchSize + 5).ToAsyncEnumerable(), Test.Token);
        await database.Expenses.ChangeAsync(Test.By(Owner), 3, null, draft => draft with { Notes = "Hot" }, Test.Token);
        await database.Expenses.DeleteAsync(Test.By(Owner), ExpenseService.BatchSize + 2, null, Test.Token);

        var refused = await Assert.ThrowsAsync<AppException>(() => UndoAsync(database, 1));

        Assert.Equal((ErrorCode.Conflict, $"Change 1 cannot be taken back: expense 3 was changed since by change 2; expense {ExpenseService.BatchSize + 2} was changed since by change 3. Nothing was changed"),
            (refused.Code, refused.Message));
        Assert.Equal(ExpenseService.BatchSize + 4, (await ListAsync(database)).Count);
        await MustBeSoundAsync(database);
    }

    [Theory, EachEngine]
    public async Task Two_who_take_the_same_change_back_at_once_do_it_once(Engine engine)
    {
        await using var database = await TestDatabase.CreateAsync(engine);
        await database.Expenses.AddAsync(Test.By(Owner), s_coffee, Test.Token);

        var results = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            try
            {
                await UndoAsync(database, 1);
                return "done";
            }
            catch (AppException e)
            {
                return $"{e.Code}";
            }
        })));

        Assert.Equal(["Conflict", "Conflict", "Conflict", "done"], results.Order(StringComparer.Ordinal));
        Assert.Equal(["1 v2 3.50"], await ListAsync(database, inTrash: true));
        await MustBeSoundAsync(database);
    }

    private static async Task<Change> UndoAsync(TestDatabase database, long? seq)
    {
        var service = new UndoService(database.Database, database.Expenses);
        return await service.UndoAsync(Test.By(Owner), (await service.FindAsync(Owner, seq, Test.Token)).Header.Seq, null, null, Test.Token);
    }

    private static async Task<List<string>> ListAsync(TestDatabase database, bool inTrash = false) =>
        await database.Expenses.ListAsync(Owner, new ExpenseFilter { InTrash = inTrash }, Test.Token)
            .Select(expense => $"{expense.Id} v{expense.Version} {expense.Content.Amount}").ToListAsync(Test.Token);

    private static async Task MustBeSoundAsync(TestDatabase database)
    {
        Assert.True((await database.Doctor.ExamineAsync(Test.Token)).IsHealthy);
        Assert.Null((await database.Doctor.CheckHistoryAsync(Test.Token)).Fault);
    }
}
