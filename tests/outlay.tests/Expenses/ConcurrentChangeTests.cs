using Outlay.Expenses;
using Outlay.Tests.Harness;

namespace Outlay.Tests.Expenses;

/// <summary>Changes and deletions that meet.</summary>
public sealed class ConcurrentChangeTests
{
    [Theory, EachEngine]
    public async Task Two_changes_of_different_fields_at_once_both_last(Engine engine)
    {
        await using var database = await TestDatabase.CreateAsync(engine);
        var draft = new ExpenseDraft { Date = "2026-02-19", Description = "Coffee", Amount = "3.50" };

        for (var round = 0; round < 25; round++)
        {
            var id = (await database.Expenses.AddAsync(Test.By(ExpenseService.DefaultOwner), draft, Test.Token)).Id;
            await Task.WhenAll(
                Task.Run(() => database.Expenses.ChangeAsync(Test.By(ExpenseService.DefaultOwner), id, null, old => old with { Tags = ["x"] }, Test.Token)),
                Task.Run(() => database.Expenses.ChangeAsync(Test.By(ExpenseService.DefaultOwner), id, null, old => old with { Amount = "4.00" }, Test.Token)));

            var expense = await database.Expenses.GetAsync(ExpenseService.DefaultOwner, id, Test.Token);
            Assert.Equal("4.00", expense.Content.Amount.ToString());
            Assert.Equal(["x"], expense.Content.Tags.Select(tag => tag.Text));
            Assert.Equal(3, expense.Version);
        }
    }

    [Theory, EachEngine]
    public async Task Of_several_that_are_deleted_together_none_is_when_one_is_not_there(Engine engine)
    {
        await using var database = await TestDatabase.CreateAsync(engine);
        var draft = new ExpenseDraft { Date = "2026-02-19", Description = "Coffee", Amount = "3.50" };
        var id = (await database.Expenses.AddAsync(Test.By(ExpenseService.DefaultOwner), draft, Test.Token)).Id;

        var refusal = await Assert.ThrowsAsync<AppException>(() =>
            database.Expenses.DeleteAsync(Test.By(ExpenseService.DefaultOwner), [(id, null), (id + 1, null)], Test.Token));

        Assert.Equal(ErrorCode.NotFound, refusal.Code);
        Assert.Equal(1, (await database.Expenses.GetAsync(ExpenseService.DefaultOwner, id, Test.Token)).Version);
        Assert.True((await database.Doctor.ExamineAsync(Test.Token)).IsHealthy);
    }

    [Theory, EachEngine]
    public async Task The_spelling_that_was_recorded_last_names_a_category(Engine engine)
    {
        await using var database = await TestDatabase.CreateAsync(engine);
        var draft = new ExpenseDraft { Date = "2026-02-19", Description = "Lunch", Amount = "9", Category = "FOOD" };
        var id = (await database.Expenses.AddAsync(Test.By(ExpenseService.DefaultOwner), draft, Test.Token)).Id;

        await database.Expenses.ChangeAsync(Test.By(ExpenseService.DefaultOwner), id, null, old => old with { Category = "Food" }, Test.Token);

        var summary = await database.Reports.SummariseAsync(
            ExpenseService.DefaultOwner, new ExpenseFilter(), Outlay.Reports.SummaryGroup.Category, Test.Token);
        Assert.Equal("Food", Assert.Single(summary.Groups!).Key);
    }

    [Theory, EachEngine]
    public async Task An_export_keeps_the_order_in_which_expenses_of_a_day_were_recorded(Engine engine)
    {
        await using var database = await TestDatabase.CreateAsync(engine);
        foreach (var description in new[] { "first", "second", "third" })
            await database.Expenses.AddAsync(
                Test.By(ExpenseService.DefaultOwner), new ExpenseDraft { Date = "2026-02-19", Description = description, Amount = "1" }, Test.Token);

        var exported = await database.Expenses.ExportAsync(ExpenseService.DefaultOwner, new ExpenseFilter(), Test.Token)
            .Select(expense => expense.Content.Description).ToListAsync(Test.Token);

        Assert.Equal(["first", "second", "third"], exported);
    }
}
