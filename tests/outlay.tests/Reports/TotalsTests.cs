using FsCheck;
using FsCheck.Fluent;
using Outlay.Expenses;
using Outlay.Reports;
using Outlay.Tests.Harness;

namespace Outlay.Tests.Reports;

public sealed class TotalsTests
{
    private static readonly string[] s_owners = [ExpenseService.DefaultOwner, "alice", "bob"];

    [Theory, EachEngine]
    public async Task After_any_sequence_of_changes_the_totals_are_what_the_expenses_add_up_to(Engine engine)
    {
        await using var database = await TestDatabase.CreateAsync(engine);
        await database.ExecuteAsync("insert into owners (name) values ('alice'), ('bob')");
        // Every case goes on where the one before it ended.
        var book = new Dictionary<long, (string Owner, Expense Expense)>();

        await AsyncProperty.HoldsAsync(Steps(), 20, async steps =>
        {
            foreach (var step in steps)
                await ApplyAsync(database, book, step);

            Assert.Empty((await database.Doctor.ExamineAsync(Test.Token)).Mismatches);
            foreach (var owner in s_owners)
                await AssertSummariesAsync(database, owner, [.. Counting(book, owner)]);
        });
    }

    [Theory, EachEngine]
    public async Task Writers_at_once_lose_no_change_of_the_totals(Engine engine)
    {
        await using var database = await TestDatabase.CreateAsync(engine);

        await Task.WhenAll(Enumerable.Range(0, 6).Select(writer => Task.Run(async () =>
        {
            for (var number = 0; number < 10; number++)
            {
                var draft = new ExpenseDraft { Date = "2026-02-19", Description = "x", Amount = "0.10", Category = $"c{(number + writer) % 3}" };
                var added = await database.Expenses.AddAsync(Test.By(ExpenseService.DefaultOwner), draft, Test.Token);
                if (number % 2 == 0)
                    await database.Expenses.ChangeAsync(Test.By(ExpenseService.DefaultOwner), added.Id, null,
                        old => old with { Amount = "0.20", Category = $"c{writer % 3}" }, Test.Token);
            }
        })));

        var summary = await database.Reports.SummariseAsync(ExpenseService.DefaultOwner, new ExpenseFilter(), null, Test.Token);
        Assert.Equal((60, "9.00"), (summary.Count, summary.Total.ToString()));
        Assert.True((await database.Doctor.ExamineAsync(Test.Token)).IsHealthy);
    }

    [Theory, EachEngine]
    public async Task The_doctor_names_each_row_that_is_wrong_and_mends_it(Engine engine)
    {
        await using var database = await TestDatabase.CreateAsync(engine);
        foreach (var month in new[] { "2026-01", "2026-02", "2026-03" })
            await database.Expenses.AddAsync(Test.By(ExpenseService.DefaultOwner),
                new ExpenseDraft { Date = $"{month}-19", Description = "x", Amount = "3.50", Category = "Food" }, Test.Token);
        Assert.True((await database.Doctor.ExamineAsync(Test.Token)).IsHealthy);

        await database.ExecuteAsync("update totals set amount = amount + 1 where month = '2026-01'");
        await database.ExecuteAsync("delete from totals where month = '2026-02'");
        await database.ExecuteAsync("insert into totals (owner, month, currency, category_key, category, amount, count) values ('default', '1999-01', 'EUR', 'food', 'Food', 5, 1)");
        var diagnosis = await database.Doctor.ExamineAsync(Test.Token);

        Assert.False(diagnosis.IsHealthy);
        Assert.Equal(3, diagnosis.Expenses);
        Assert.Equal(
        [
            new TotalsMismatch("default", new TotalsKey("1999-01", "EUR", "food"), Euro(5), 1, null, 0),
            new TotalsMismatch("default", new TotalsKey("2026-01", "EUR", "food"), Euro(351), 1, Euro(350), 1),
            new TotalsMismatch("default", new TotalsKey("2026-02", "EUR", "food"), null, 0, Euro(350), 1),
        ], diagnosis.Mismatches);

        Assert.Equal(4, await database.Doctor.RebuildTotalsAsync(Test.Token));
        Assert.True((await database.Doctor.ExamineAsync(Test.Token)).IsHealthy);
    }

    [Theory, EachEngine]
    public async Task The_doctor_finds_an_expense_that_was_changed_past_the_program(Engine engine)
    {
        await using var database = await TestDatabase.CreateAsync(engine);
        var draft = new ExpenseDraft { Date = "2026-02-19", Description = "x", Amount = "3.50" };
        await database.Expenses.AddAsync(Test.By(ExpenseService.DefaultOwner), draft, Test.Token);

        await database.ExecuteAsync("update expenses set amount = 349");

        Assert.Equal(
        [
            new TotalsMismatch("default", new TotalsKey(TotalsKey.AllMonths, "EUR", "uncategorised"), Euro(350), 1, Euro(349), 1),
            new TotalsMismatch("default", new TotalsKey("2026-02", "EUR", "uncategorised"), Euro(350), 1, Euro(349), 1),
        ], (await database.Doctor.ExamineAsync(Test.Token)).Mismatches);
    }

    [Fact]
    public async Task The_doctor_finds_a_tag_without_an_expense()
    {
        await using var database = await TestDatabase.CreateAsync(Engine.Sqlite);
        // Foreign keys cannot be switched off within a transaction.
        await database.ScalarAsync<long>("pragma foreign_keys = off; insert into expense_tags (expense_id, tag_key, tag) values (7, 'a', 'a') returning 1");

        Assert.Equal("1 row refers to rows that do not exist", (await database.Doctor.ExamineAsync(Test.Token)).Damage);
    }

    [Theory, EachEngine]
    public async Task Sums_go_beyond_64_bits_or_are_refused_but_never_overflow(Engine engine)
    {
        await using var database = await TestDatabase.CreateAsync(engine);
        await database.ExecuteAsync($"insert into totals (owner, month, currency, category_key, amount, count) values ('default', '', 'EUR', 'uncategorised', {long.MaxValue}, 1)");
        await database.ExecuteAsync($"insert into totals (owner, month, currency, category_key, amount, count) values ('default', '', 'EUR', 'food', {long.MaxValue}, 1)");

        var summary = await database.Reports.SummariseAsync(ExpenseService.DefaultOwner, new ExpenseFilter(), null, Test.Token);
        Assert.Equal("184467440737095516.14", summary.Total.ToString());

        var draft = new ExpenseDraft { Date = "2026-01-19", Description = "x", Amount = "1" };
        var error = await Assert.ThrowsAsync<AppException>(() => database.Expenses.AddAsync(Test.By(ExpenseService.DefaultOwner), draft, Test.Token));
        Assert.Equal(ErrorCode.LimitExceeded, error.Code);
        Assert.Equal(0, await database.ScalarAsync<long>("select count(*) from expenses"));
    }

    private static Money Euro(long minor) => new(minor, Currency.Of("EUR"));

    private static Gen<Step[]> Steps()
    {
        var step = from kind in Gen.Frequency((4, Gen.Constant(Kind.Add)), (3, Gen.Constant(Kind.Change)), (2, Gen.Constant(Kind.Delete)),
                       (2, Gen.Constant(Kind.Restore)), (1, Gen.Constant(Kind.AddMany)))
                   from target in Gen.Choose(0, 1000)
                   from date in Gen.Elements("2025-12-31", "2026-01-01", "2026-01-31", "2026-02-01")
                   from amount in Gen.Choose(1, 99_999)
                   from currency in Gen.Elements("EUR", "JPY", "KWD")
                   from category in Gen.Elements(null, "Food", "FOOD", "Straße", "uncategorised")
                   select new Step(kind, target, new ExpenseDraft
                   {
                       Date = date,
                       Description = "x",
                       Amount = $"{amount}",
                       Currency = currency,
                       Category = category,
                   });
        return step.ArrayOf();
    }

    private static async Task ApplyAsync(TestDatabase database, Dictionary<long, (string Owner, Expense Expense)> book, Step step)
    {
        var service = database.Expenses;
        var owner = s_owners[step.Target % s_owners.Length];
        if (step.Kind is Kind.Add)
        {
            var added = await service.AddAsync(Test.By(owner), step.Draft, Test.Token);
            book[added.Id] = (owner, added);
            return;
        }

        if (step.Kind is Kind.AddMany)
        {
            var content = ExpenseRules.Check(step.Draft, Currency.Of("EUR"), new Faults())!;
            await service.AddManyAsync(Test.By(owner), AsyncEnumerable.Repeat(content, 3), Test.Token);
            var all = await service.ListAsync(owner, new ExpenseFilter(), Test.Token).ToListAsync(Test.Token);
            foreach (var expense in all.Where(expense => !book.ContainsKey(expense.Id)))
                book[expense.Id] = (owner, expense);
            return;
        }

        var candidates = book.Values.Where(entry => entry.Expense.DeletedAt.HasValue == step.Kind is Kind.Restore).ToList();
        if (candidates.Count == 0)
            return;
        var (its, old) = candidates[step.Target % candidates.Count];
        book[old.Id] = (its, step.Kind switch
        {
            Kind.Change => (await service.ChangeAsync(Test.By(its), old.Id, [old.Version], _ => step.Draft, Test.Token)).Expense,
            Kind.Delete => await service.DeleteAsync(Test.By(its), old.Id, [old.Version], Test.Token),
            _ => await service.RestoreAsync(Test.By(its), old.Id, [old.Version], Test.Token),
        });
    }

    private static IEnumerable<ExpenseContent> Counting(Dictionary<long, (string Owner, Expense Expense)> book, string owner) =>
        book.Values.Where(entry => entry.Owner == owner && entry.Expense.DeletedAt is null).Select(entry => entry.Expense.Content);

    /// <summary>Both ways to a summary, over the totals and over the expenses, give what adding up here gives.</summary>
    private static async Task AssertSummariesAsync(TestDatabase database, string owner, List<ExpenseContent> contents)
    {
        foreach (var group in new[] { SummaryGroup.Month, SummaryGroup.Category, SummaryGroup.Currency })
        {
            var expected = contents.GroupBy(content => (Key: KeyOf(group, content), content.Amount.Currency))
                .Select(group => (group.Key.Key, group.Aggregate(Money.Zero(group.Key.Currency), (sum, content) => sum + content.Amount), (long)group.Count()))
                .ToHashSet();

            var fromTotals = await database.Reports.SummariseAsync(owner, new ExpenseFilter(), group, Test.Token);
            // A bound that excludes nothing, but that the totals cannot answer.
            var fromExpenses = await database.Reports.SummariseAsync(owner, new ExpenseFilter { Min = 0 }, group, Test.Token);

            Assert.Equal(expected, Lines(fromTotals));
            Assert.Equal(expected, Lines(fromExpenses));
            Assert.Equal(contents.Count(content => content.Amount.Currency.Code == "EUR"), fromTotals.Count);
        }
    }

    private static HashSet<(string, Money, long)> Lines(Summary summary) =>
        [.. summary.Groups!.Select(line => (Label.Fold(line.Key), line.Total, line.Count))];

    private static string KeyOf(SummaryGroup group, ExpenseContent content) => Label.Fold(group switch
    {
        SummaryGroup.Month => TotalsKey.MonthOf(content.Date),
        SummaryGroup.Category => content.CategoryKey,
        _ => content.Amount.Currency.Code,
    });

    private enum Kind
    {
        Add,
        AddMany,
        Change,
        Delete,
        Restore,
    }

    private sealed record Step(Kind Kind, int Target, ExpenseDraft Draft);
}
