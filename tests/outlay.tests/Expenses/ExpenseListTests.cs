using System.Runtime.CompilerServices;
using Outlay.Expenses;
using Outlay.Tests.Harness;

namespace Outlay.Tests.Expenses;

public sealed class ExpenseListTests
{
    private const string Owner = ExpenseService.DefaultOwner;

    [Theory, EachEngine]
    public async Task Lists_run_from_the_newest_day_and_the_highest_id_down(Engine engine)
    {
        await using var database = await TestDatabase.CreateAsync(engine);
        await AddAsync(database, ("old", "2026-01-31"), ("new 1", "2026-02-19"), ("oldest", "1900-01-01"), ("new 2", "2026-02-19"));

        Assert.Equal(["new 2", "new 1", "old", "oldest"], await DescriptionsAsync(database, new ExpenseFilter()));
    }

    [Theory, EachEngine]
    public async Task A_list_narrows_to_days_category_tag_and_currency(Engine engine)
    {
        await using var database = await TestDatabase.CreateAsync(engine);
        await AddAsync(database,
            new ExpenseDraft { Description = "a", Date = "2026-01-31", Amount = "1", Category = "Food", Tags = ["Work"] },
            new ExpenseDraft { Description = "b", Date = "2026-02-01", Amount = "1", Category = "FOOD", Currency = "USD", Tags = ["work", "trip"] },
            new ExpenseDraft { Description = "c", Date = "2026-02-28", Amount = "1", Category = "Straße" },
            new ExpenseDraft { Description = "d", Date = "2026-03-01", Amount = "1" });

        Assert.Equal(["c", "b"], await DescriptionsAsync(database, new ExpenseFilter { From = new(2026, 2, 1), To = new(2026, 2, 28) }));
        Assert.Equal(["b", "a"], await DescriptionsAsync(database, new ExpenseFilter { Category = new Label("fOOd") }));
        Assert.Equal(["d"], await DescriptionsAsync(database, new ExpenseFilter { Category = new Label("uncategorised") }));
        Assert.Equal(["b", "a"], await DescriptionsAsync(database, new ExpenseFilter { Tag = new Label("WORK") }));
        Assert.Equal(["b"], await DescriptionsAsync(database, new ExpenseFilter { Tag = new Label("work"), Currency = Currency.Of("USD") }));
        Assert.Empty(await DescriptionsAsync(database, new ExpenseFilter { Tag = new Label("wor") }));
    }

    [Theory, EachEngine]
    public async Task Bounds_of_the_amount_measure_each_expense_in_its_own_currency(Engine engine)
    {
        await using var database = await TestDatabase.CreateAsync(engine);
        await AddAsync(database,
            new ExpenseDraft { Description = "yen 5", Date = "2026-02-01", Amount = "5", Currency = "JPY" },
            new ExpenseDraft { Description = "yen 6", Date = "2026-02-02", Amount = "6", Currency = "JPY" },
            new ExpenseDraft { Description = "euro 5.25", Date = "2026-02-03", Amount = "5.25" },
            new ExpenseDraft { Description = "euro 5.26", Date = "2026-02-04", Amount = "5.26" },
            new ExpenseDraft { Description = "dinar 5.250", Date = "2026-02-05", Amount = "5.250", Currency = "KWD" },
            new ExpenseDraft { Description = "dinar 5.251", Date = "2026-02-06", Amount = "5.251", Currency = "KWD" });

        Assert.Equal(["dinar 5.250", "euro 5.25", "yen 5"], await DescriptionsAsync(database, new ExpenseFilter { Max = 5.25m }));
        Assert.Equal(["dinar 5.251", "dinar 5.250", "euro 5.26", "euro 5.25", "yen 6"], await DescriptionsAsync(database, new ExpenseFilter { Min = 5.25m }));
        Assert.Equal(["dinar 5.251"], await DescriptionsAsync(database, new ExpenseFilter { Min = 5.2501m, Max = 5.2519m }));
        Assert.Equal(6, (await DescriptionsAsync(database, new ExpenseFilter { Min = -1m, Max = 70_000_000_000_000_000_000_000_000m })).Count);
    }

    [Theory, EachEngine]
    public async Task The_text_filter_finds_exactly_the_text_in_capitals_or_not(Engine engine)
    {
        await using var database = await TestDatabase.CreateAsync(engine);
        await AddAsync(database, ("Café Luna", null), ("Супермаркет «Луна»", null), ("100% wool", null), ("1000 things", null),
            ("file a_b", null), ("file aXb", null), (@"c:\temp", null), ("c:temp", null), ("O'Neill", null));
        await AddAsync(database, new ExpenseDraft { Description = "see notes", Date = "2026-01-01", Amount = "1", Notes = "Something HIDDEN\nhere" });

        Assert.Equal(["Café Luna"], await DescriptionsAsync(database, new ExpenseFilter { Text = "CAFÉ" }));
        Assert.Equal(["Супермаркет «Луна»"], await DescriptionsAsync(database, new ExpenseFilter { Text = "ЛУНА" }));
        Assert.Equal(["O'Neill"], await DescriptionsAsync(database, new ExpenseFilter { Text = "o'" }));
        Assert.Equal(["see notes"], await DescriptionsAsync(database, new ExpenseFilter { Text = "hidden" }));
        // The wildcards of SQL are text here.
        Assert.Equal(["100% wool"], await DescriptionsAsync(database, new ExpenseFilter { Text = "100%" }));
        Assert.Equal(["file a_b"], await DescriptionsAsync(database, new ExpenseFilter { Text = "a_b" }));
        Assert.Equal([@"c:\temp"], await DescriptionsAsync(database, new ExpenseFilter { Text = @"c:\" }));
    }

    [Theory, EachEngine]
    public async Task Many_are_added_in_one_transaction_with_ascending_ids(Engine engine)
    {
        await using var database = await TestDatabase.CreateAsync(engine);
        var count = ExpenseService.BatchSize + 7;
        await AddAsync(database, ("before", "2999-01-01"));

        var added = await database.Expenses.AddManyAsync(Test.By(Owner), Contents(count), Test.Token);
        await AddAsync(database, ("after", "1900-01-01"));

        Assert.Equal(count, added);
        var all = await database.Expenses.ListAsync(Owner, new ExpenseFilter(), Test.Token).ToListAsync(Test.Token);
        var expected = Enumerable.Range(1, count).Reverse().Select(number => $"number {number}").Prepend("before").Append("after");
        Assert.Equal(expected, all.Select(expense => expense.Content.Description));
        Assert.Equal(["bulk", "odd"], all[1].Content.Tags.Select(tag => tag.Text));
        Assert.Equal(count + 2, all.Select(expense => expense.Id).Distinct().Count());
        Assert.True((await database.Doctor.ExamineAsync(Test.Token)).IsHealthy);
    }

    [Theory, EachEngine]
    public async Task Many_are_added_as_a_whole_or_not_at_all(Engine engine)
    {
        await using var database = await TestDatabase.CreateAsync(engine);

        await Assert.ThrowsAsync<InvalidDataException>(
            () => database.Expenses.AddManyAsync(Test.By(Owner), Contents(ExpenseService.BatchSize + 7, failAtEnd: true), Test.Token));

        Assert.Equal(0, await database.ScalarAsync<long>("select count(*) from expenses"));
        Assert.Equal(0, await database.ScalarAsync<long>("select count(*) from expense_tags"));
        Assert.Equal(0, await database.ScalarAsync<long>("select count(*) from totals"));
    }

    private static async IAsyncEnumerable<ExpenseContent> Contents(
        int count, bool failAtEnd = false, [EnumeratorCancellation] CancellationToken token = default)
    {
        for (var number = 1; number <= count; number++)
        {
            token.ThrowIfCancellationRequested();
            var tags = number % 2 == 0 ? new[] { new Label("bulk") } : [new Label("bulk"), new Label("odd")];
            yield return new ExpenseContent(new DateOnly(2026, 2, 19), $"number {number}", new Money(number, Currency.Of("EUR")), null, tags, null);
        }

        await Task.CompletedTask;
        if (failAtEnd)
            throw new InvalidDataException("The file ends in the middle of a line.");
    }

    private static Task AddAsync(TestDatabase database, params (string Description, string? Date)[] expenses) =>
        AddAsync(database, [.. expenses.Select(expense =>
            new ExpenseDraft { Description = expense.Description, Date = expense.Date ?? "2026-01-01", Amount = "1" })]);

    private static async Task AddAsync(TestDatabase database, params ExpenseDraft[] drafts)
    {
        foreach (var draft in drafts)
            await database.Expenses.AddAsync(Test.By(Owner), draft, Test.Token);
    }

    private static async Task<List<string>> DescriptionsAsync(TestDatabase database, ExpenseFilter filter) =>
        await database.Expenses.ListAsync(Owner, filter, Test.Token).Select(expense => expense.Content.Description).ToListAsync(Test.Token);
}
