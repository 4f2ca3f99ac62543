using Outlay.Expenses;
using Outlay.Tests.Harness;

namespace Outlay.Tests.Expenses;

public sealed class ExpenseServiceTests
{
    private const string Owner = ExpenseService.DefaultOwner;

    private static readonly ExpenseDraft s_coffee = new() { Date = "2026-02-19", Description = "Coffee", Amount = "3.50" };

    [Theory, EachEngine]
    public async Task What_was_added_is_read_back_as_it_was(Engine engine)
    {
        await using var database = await TestDatabase.CreateAsync(engine);
        var draft = new ExpenseDraft
        {
            Date = "2026-02-19",
            Description = "Café «Луна» ☕",
            Amount = "1.234",
            Currency = "KWD",
            Category = "Essen & Trinken",
            Tags = ["ärzte", "Zoo", "100%"],
            Notes = "line 1\nline 2 'quoted' \\",
        };

        var added = await database.Expenses.AddAsync(Test.By(Owner), draft, Test.Token);

        Assert.Equal(new Expense(1, added.Content, 1, database.Clock.Now, database.Clock.Now, null), added);
        AssertSame(added, await database.Expenses.GetAsync(Owner, added.Id, Test.Token));
        Assert.Equivalent(draft, ExpenseDraft.From(added.Content) with { Tags = draft.Tags });
        Assert.Equal(["100%", "Zoo", "ärzte"], added.Content.Tags.Select(tag => tag.Text));
    }

    [Theory, EachEngine]
    public async Task Every_limit_of_the_rules_fits_into_the_database(Engine engine)
    {
        await using var database = await TestDatabase.CreateAsync(engine);
        // Characters of two UTF-16 code units: both sides must count them as one.
        var draft = new ExpenseDraft
        {
            Date = "2999-12-31",
            Description = string.Concat(Enumerable.Repeat("🍋", ExpenseRules.MaxDescriptionLength)),
            Amount = "999999999999.99",
            Category = string.Concat(Enumerable.Repeat("🍋", ExpenseRules.MaxLabelLength)),
            Tags = [.. Enumerable.Range(1, ExpenseRules.MaxTags).Select(number => $"{number}".PadLeft(ExpenseRules.MaxLabelLength, '0'))],
            Notes = string.Concat(Enumerable.Repeat("🍋", ExpenseRules.MaxNotesLength)),
        };

        var added = await database.Expenses.AddAsync(Test.By(Owner), draft, Test.Token);
        var oldest = await database.Expenses.AddAsync(Test.By(Owner), s_coffee with { Date = "1900-01-01", Amount = "0.01" }, Test.Token);

        AssertSame(added, await database.Expenses.GetAsync(Owner, added.Id, Test.Token));
        AssertSame(oldest, await database.Expenses.GetAsync(Owner, oldest.Id, Test.Token));
    }

    [Theory, EachEngine]
    public async Task Cannot_add_an_expense_with_zero_amount(Engine engine)
    {
        await using var database = await TestDatabase.CreateAsync(engine);

        var error = await FailsAsync(ErrorCode.InvalidInput, () => database.Expenses.AddAsync(Test.By(Owner), s_coffee with { Amount = "0" }, Test.Token));

        Assert.Equal("Amount must be greater than 0", error.Message);
        Assert.Equal(0, await database.ScalarAsync<long>("select count(*) from expenses"));
    }

    [Theory, EachEngine]
    public async Task An_expense_without_currency_is_in_the_currency_of_its_owner(Engine engine)
    {
        await using var database = await TestDatabase.CreateAsync(engine);
        await database.ExecuteAsync("insert into owners (name, currency) values ('kenji', 'JPY')");

        var yen = await database.Expenses.AddAsync(Test.By("kenji"), s_coffee with { Amount = "350" }, Test.Token);
        var euro = await database.Expenses.AddAsync(Test.By(Owner), s_coffee, Test.Token);

        Assert.Equal("JPY", yen.Content.Amount.Currency.Code);
        Assert.Equal("EUR", euro.Content.Amount.Currency.Code);
    }

    [Theory, EachEngine]
    public async Task A_change_replaces_what_it_names_and_raises_the_version(Engine engine)
    {
        await using var database = await TestDatabase.CreateAsync(engine);
        var added = await database.Expenses.AddAsync(Test.By(Owner), s_coffee with { Category = "Food", Tags = ["a", "b"] }, Test.Token);
        database.Clock.Advance(TimeSpan.FromMilliseconds(1234));

        var (changed, madeVersion) = await database.Expenses.ChangeAsync(
            Test.By(Owner), added.Id, [added.Version], draft => draft with { Amount = "4.00", Tags = ["c"] }, Test.Token);

        Assert.True(madeVersion);
        // Whatever the clocks say.
        database.Clock.Advance(TimeSpan.FromHours(-1));
        var same = await database.Expenses.ChangeAsync(Test.By(Owner), added.Id, null, draft => draft with { Amount = "4" }, Test.Token);
        database.Clock.Advance(TimeSpan.FromHours(1));
        Assert.Equal((false, 2), (same.MadeVersion, same.Expense.Version));
        Assert.Equal(400, changed.Content.Amount.Units);
        Assert.Equal("Food", changed.Content.Category?.Text);
        Assert.Equal(["c"], changed.Content.Tags.Select(tag => tag.Text));
        Assert.Equal((2, added.CreatedAt, database.Clock.Now), (changed.Version, changed.CreatedAt, changed.UpdatedAt));
        AssertSame(changed, await database.Expenses.GetAsync(Owner, added.Id, Test.Token));
    }

    [Theory, EachEngine]
    public async Task A_change_that_breaks_the_rules_changes_nothing(Engine engine)
    {
        await using var database = await TestDatabase.CreateAsync(engine);
        var added = await database.Expenses.AddAsync(Test.By(Owner), s_coffee, Test.Token);

        await FailsAsync(ErrorCode.InvalidInput,
            () => database.Expenses.ChangeAsync(Test.By(Owner), added.Id, null, draft => draft with { Date = "x", Description = "" }, Test.Token));

        AssertSame(added, await database.Expenses.GetAsync(Owner, added.Id, Test.Token));
    }

    [Theory, EachEngine]
    public async Task A_stale_version_changes_deletes_and_restores_nothing(Engine engine)
    {
        await using var database = await TestDatabase.CreateAsync(engine);
        var service = database.Expenses;
        var added = await service.AddAsync(Test.By(Owner), s_coffee, Test.Token);
        var changed = (await service.ChangeAsync(Test.By(Owner), added.Id, [1], draft => draft with { Amount = "4" }, Test.Token)).Expense;

        var error = await FailsAsync(ErrorCode.StaleVersion, () => service.ChangeAsync(Test.By(Owner), added.Id, [1], draft => draft with { Amount = "5" }, Test.Token));
        await FailsAsync(ErrorCode.StaleVersion, () => service.DeleteAsync(Test.By(Owner), added.Id, [1, 3], Test.Token));
        AssertSame(changed, await service.GetAsync(Owner, added.Id, Test.Token));

        await service.DeleteAsync(Test.By(Owner), added.Id, [1, 2], Test.Token);
        await FailsAsync(ErrorCode.StaleVersion, () => service.RestoreAsync(Test.By(Owner), added.Id, [2], Test.Token));
        Assert.Equal($"Expense {added.Id} is at version 2 now: somebody changed it since you read it", error.Message);
    }

    [Theory, EachEngine]
    public async Task Of_many_changes_at_once_to_one_version_exactly_one_succeeds(Engine engine)
    {
        await using var database = await TestDatabase.CreateAsync(engine);
        var added = await database.Expenses.AddAsync(Test.By(Owner), s_coffee, Test.Token);

        var outcomes = await Task.WhenAll(Enumerable.Range(1, 8).Select(number => Task.Run(async () =>
        {
            try
            {
                return await database.Expenses.ChangeAsync(Test.By(Owner), added.Id, [1], draft => draft with { Amount = $"{number}" }, Test.Token);
            }
            catch (AppException e) when (e.Code is ErrorCode.StaleVersion)
            {
                return null;
            }
        })));

        var winner = Assert.Single(outcomes, outcome => outcome is not null);
        AssertSame(winner!.Expense, await database.Expenses.GetAsync(Owner, added.Id, Test.Token));
        Assert.True((await database.Doctor.ExamineAsync(Test.Token)).IsHealthy);
    }

    [Theory, EachEngine]
    public async Task What_is_deleted_lies_in_the_trash_and_comes_back_as_it_was(Engine engine)
    {
        await using var database = await TestDatabase.CreateAsync(engine);
        var service = database.Expenses;
        var added = await service.AddAsync(Test.By(Owner), s_coffee with { Tags = ["a"] }, Test.Token);

        var deleted = await service.DeleteAsync(Test.By(Owner), added.Id, null, Test.Token);

        Assert.Equal((2, database.Clock.Now), (deleted.Version, deleted.DeletedAt));
        Assert.Empty(await IdsAsync(database, new ExpenseFilter()));
        Assert.Equal([added.Id], await IdsAsync(database, new ExpenseFilter { InTrash = true }));
        await FailsAsync(ErrorCode.NotFound, () => service.GetAsync(Owner, added.Id, Test.Token));
        await FailsAsync(ErrorCode.NotFound, () => service.ChangeAsync(Test.By(Owner), added.Id, null, draft => draft, Test.Token));
        await FailsAsync(ErrorCode.NotFound, () => service.DeleteAsync(Test.By(Owner), added.Id, null, Test.Token));

        var restored = await service.RestoreAsync(Test.By(Owner), added.Id, [2], Test.Token);

        AssertSame(added with { Version = 3 }, restored);
        AssertSame(restored, await service.GetAsync(Owner, added.Id, Test.Token));
        await FailsAsync(ErrorCode.NotFound, () => service.RestoreAsync(Test.By(Owner), added.Id, null, Test.Token));
    }

    [Theory, EachEngine]
    public async Task What_is_somebody_elses_is_not_found(Engine engine)
    {
        await using var database = await TestDatabase.CreateAsync(engine);
        await database.ExecuteAsync("insert into owners (name) values ('mallory')");
        var service = database.Expenses;
        var added = await service.AddAsync(Test.By(Owner), s_coffee, Test.Token);

        await FailsAsync(ErrorCode.NotFound, () => service.GetAsync("mallory", added.Id, Test.Token));
        await FailsAsync(ErrorCode.NotFound, () => service.ChangeAsync(Test.By("mallory"), added.Id, null, draft => draft with { Amount = "9" }, Test.Token));
        await FailsAsync(ErrorCode.NotFound, () => service.DeleteAsync(Test.By("mallory"), added.Id, null, Test.Token));
        Assert.Empty((await service.PageAsync("mallory", new ExpenseFilter(), null, 10, Test.Token)).Expenses);
        AssertSame(added, await service.GetAsync(Owner, added.Id, Test.Token));

        await service.DeleteAsync(Test.By(Owner), added.Id, null, Test.Token);
        await FailsAsync(ErrorCode.NotFound, () => service.RestoreAsync(Test.By("mallory"), added.Id, null, Test.Token));
        Assert.Equal($"Expense with id {added.Id} not found",
            (await FailsAsync(ErrorCode.NotFound, () => service.GetAsync("mallory", added.Id, Test.Token))).Message);
    }

    [Theory, EachEngine]
    public async Task An_unknown_id_is_not_found(Engine engine)
    {
        await using var database = await TestDatabase.CreateAsync(engine);

        var error = await FailsAsync(ErrorCode.NotFound, () => database.Expenses.GetAsync(Owner, 4711, Test.Token));

        Assert.Equal("Expense with id 4711 not found", error.Message);
        await FailsAsync(ErrorCode.NotFound, () => database.Expenses.DeleteAsync(Test.By(Owner), long.MaxValue, null, Test.Token));
    }

    [Theory, EachEngine]
    public async Task A_cancelled_write_stores_nothing(Engine engine)
    {
        await using var database = await TestDatabase.CreateAsync(engine);
        using var source = new CancellationTokenSource();
        var added = await database.Expenses.AddAsync(Test.By(Owner), s_coffee, Test.Token);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => database.Expenses.ChangeAsync(Test.By(Owner), added.Id, null, draft =>
        {
            source.Cancel();
            return draft with { Amount = "99" };
        }, source.Token));

        AssertSame(added, await database.Expenses.GetAsync(Owner, added.Id, Test.Token));
    }

    private static async Task<AppException> FailsAsync(ErrorCode code, Func<Task> action)
    {
        var error = await Assert.ThrowsAsync<AppException>(action);
        Assert.Equal(code, error.Code);
        return error;
    }

    private static async Task<List<long>> IdsAsync(TestDatabase database, ExpenseFilter filter) =>
        await database.Expenses.ListAsync(Owner, filter, Test.Token).Select(expense => expense.Id).ToListAsync(Test.Token);

    /// <summary>Compares with the tags, which records compare by reference.</summary>
    private static void AssertSame(Expense expected, Expense actual)
    {
        Assert.Equal(expected.Content.Tags, actual.Content.Tags);
        Assert.Equal(expected, actual with { Content = actual.Content with { Tags = expected.Content.Tags } });
    }
}
