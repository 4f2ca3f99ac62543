using Outlay.Expenses;

namespace Outlay.Tests.Harness;

public sealed class HarnessTests
{
    [Theory, EachEngine]
    public async Task Each_test_has_a_migrated_database_of_its_own(Engine engine)
    {
        await using var first = await TestDatabase.CreateAsync(engine);
        await using var second = await TestDatabase.CreateAsync(engine);

        var draft = new ExpenseDraft { Date = "2026-02-19", Description = "Coffee", Amount = "3.50" };
        await first.Expenses.AddAsync(Test.By(ExpenseService.DefaultOwner), draft, Test.Token);

        Assert.Equal(engine is Engine.Sqlite ? "sqlite" : "postgres", first.Database.Engine);
        Assert.Equal(1, await first.ScalarAsync<long>("select count(*) from expenses"));
        Assert.Equal(0, await second.ScalarAsync<long>("select count(*) from expenses"));
    }

    [Fact]
    public async Task A_transcript_finds_what_was_written_before_and_after()
    {
        var transcript = new Transcript();
        using var stream = new MemoryStream("choose: "u8.ToArray());
        var waiting = transcript.WaitForAsync(text => text.EndsWith(": ", StringComparison.Ordinal) ? text : null, Test.Token);

        await transcript.FollowAsync(new StreamReader(stream));

        Assert.Equal("choose: ", await waiting);
        Assert.Equal("choose: ", await transcript.WaitForAsync(text => text, Test.Token));
    }
}
