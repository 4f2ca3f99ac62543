using FsCheck.Fluent;
using Outlay.Expenses;
using Outlay.Tests.Harness;

namespace Outlay.Tests.Expenses;

public sealed class PagingTests
{
    [Theory, EachEngine]
    public async Task All_pages_together_are_the_whole_list(Engine engine)
    {
        await using var database = await TestDatabase.CreateAsync(engine);
        var cases = 0;
        var days = Gen.Choose(1, 5).ArrayOf();

        await AsyncProperty.HoldsAsync(days, 25, async days =>
        {
            var owner = await NewOwnerAsync(database, ++cases);
            await AddAsync(database, owner, days);

            var pages = await PagesAsync(database, owner, size: (cases % 4) + 1);

            var list = await database.Expenses.ListAsync(owner, new ExpenseFilter(), Test.Token).ToListAsync(Test.Token);
            Assert.Equal(list.Select(expense => expense.Id), pages.SelectMany(page => page.Expenses).Select(expense => expense.Id));
            Assert.Equal(days.Length, list.Count);
            Assert.All(pages.SkipLast(1), page => Assert.Equal((cases % 4) + 1, page.Expenses.Count));
        });
    }

    [Theory, EachEngine]
    public async Task Inserts_beside_the_paging_neither_repeat_nor_hide_an_expense(Engine engine)
    {
        await using var database = await TestDatabase.CreateAsync(engine);
        var cases = 0;
        var days = Gen.Choose(1, 5).ArrayOf();

        await AsyncProperty.HoldsAsync(days, 25, async days =>
        {
            var owner = await NewOwnerAsync(database, ++cases);
            var before = await AddAsync(database, owner, days);
            var list = await database.Expenses.ListAsync(owner, new ExpenseFilter(), Test.Token).Select(expense => expense.Id).ToListAsync(Test.Token);
            using var read = new CancellationTokenSource();
            var writer = Task.Run(() => AddUntilAsync(database, owner, read.Token));

            var pages = await PagesAsync(database, owner, size: 2);

            await read.CancelAsync();
            await writer;
            var seen = pages.SelectMany(page => page.Expenses).ToList();
            Assert.Equal(seen.OrderByDescending(expense => expense.Content.Date).ThenByDescending(expense => expense.Id), seen);
            Assert.Distinct(seen.Select(expense => expense.Id));
            Assert.Equal(list, seen.Select(expense => expense.Id).Where(before.Contains));
        });
    }

    [Theory]
    [InlineData("2026-02-19.42", true)]
    [InlineData("2026-02-19", false)]
    [InlineData("2026-02-30.42", false)]
    [InlineData("2026-02-19.-1", false)]
    [InlineData("2026-02-19. 1", false)]
    [InlineData("2026-02-19.99999999999999999999", false)]
    [InlineData(".1", false)]
    [InlineData("", false)]
    public void A_cursor_is_a_day_and_an_id(string text, bool isGood)
    {
        Assert.Equal(isGood, ExpenseCursor.TryParse(text, out var cursor));
        Assert.Equal(isGood, cursor.ToString() == text);
    }

    private static async Task<string> NewOwnerAsync(TestDatabase database, int number)
    {
        await database.ExecuteAsync($"insert into owners (name) values ('owner {number}')");
        return $"owner {number}";
    }

    /// <summary>Adds an expense on each of these days of a month.</summary>
    private static async Task<List<long>> AddAsync(TestDatabase database, string owner, int[] days)
    {
        var ids = new List<long>();
        foreach (var day in days)
        {
            var draft = new ExpenseDraft { Date = $"2026-02-0{day}", Description = "x", Amount = "1" };
            ids.Add((await database.Expenses.AddAsync(Test.By(owner), draft, Test.Token)).Id);
        }

        return ids;
    }

    /// <summary>Adds expenses all over the month until the token says that it is enough; not so many that the paging never gets to the end.</summary>
    private static async Task AddUntilAsync(TestDatabase database, string owner, CancellationToken enough)
    {
        for (var i = 0; i < 50 && !enough.IsCancellationRequested; i++)
            await AddAsync(database, owner, [(i % 5) + 1]);
    }

    private static async Task<List<ExpensePage>> PagesAsync(TestDatabase database, string owner, int size)
    {
        var pages = new List<ExpensePage>();
        ExpenseCursor? after = null;
        do
        {
            pages.Add(await database.Expenses.PageAsync(owner, new ExpenseFilter(), after, size, Test.Token));
            // Through its text, as a client hands it back.
            after = pages[^1].Next is { } next && ExpenseCursor.TryParse(next.ToString(), out var parsed) ? parsed : null;
        }
        while (after is not null);
        return pages;
    }
}
