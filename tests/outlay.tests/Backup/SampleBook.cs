using Outlay.Access;
using Outlay.Expenses;
using Outlay.Tests.Harness;

namespace Outlay.Tests.Backup;

/// <summary>A small database with everything in it that a backup could get wrong.</summary>
internal static class SampleBook
{
    public static async Task<TestDatabase> CreateAsync(Engine engine)
    {
        var database = await TestDatabase.CreateAsync(engine);
        await FillAsync(database);
        return database;
    }

    public static async Task FillAsync(TestDatabase database)
    {
        await database.ExecuteAsync("insert into owners (name, currency) values ('ann, \"the\" =first', 'JPY'), ('Ünal', null), ('ünal', null), ('\u00e9clair\\N', null)");
        await AddAsync(database, "Bread, \"fresh\"", category: "Food");
        await AddAsync(database, "Back\\slash \\N \\t", notes: "two\r\nlines\tand a tab \\\n", tags: ["-x", "'=y", "ü", "Ü2", "😀"]);
        await AddAsync(database, "\\N", owner: "ann, \"the\" =first", amount: "1200");
        await AddAsync(database, "Ragoût 😀", owner: "Ünal", currency: "BHD", amount: "2.646");
        database.Clock.Advance(TimeSpan.FromMilliseconds(120));
        var trashed = await AddAsync(database, "Binned", notes: "'=x");
        database.Clock.Advance(TimeSpan.FromMilliseconds(1003));
        await database.Expenses.DeleteAsync(Test.By(ExpenseService.DefaultOwner), trashed.Id, null, Test.Token);
        await database.Expenses.ChangeAsync(Test.By(ExpenseService.DefaultOwner), 1, null, draft => draft with { Notes = "changed" }, Test.Token);
        var keys = new KeyService(database.Database, database.Clock);
        foreach (var owner in new[] { ExpenseService.DefaultOwner, "Ünal" })
            await keys.CreateAsync(new KeyDraft(owner, "k\\N", null, "90d"), Test.Token);
        await keys.RevokeAsync(1, Test.Token);
        await database.ExecuteAsync(
            "insert into idempotency (owner, key, fingerprint, status, body, created_at, expires_at) select 'default', 'k', hash, 204, '', at, at from changes where id = 1");
    }

    public static Task<Expense> AddAsync(
        TestDatabase database, string description, string owner = ExpenseService.DefaultOwner, string? notes = null, string? category = null,
        string[]? tags = null, string? currency = null, string amount = "3.50") =>
        database.Expenses.AddAsync(Test.By(owner), new ExpenseDraft
        {
            Date = "2026-02-19",
            Description = description,
            Amount = amount,
            Currency = currency,
            Category = category,
            Tags = tags ?? [],
            Notes = notes,
        }, Test.Token);
}
