using Microsoft.Extensions.Logging.Abstractions;
using Outlay.Expenses;
using Outlay.History;
using Outlay.Tests.Cli;
using Outlay.Tests.Harness;
using Outlay.Trash;

namespace Outlay.Tests.Trash;

/// <summary>What was deleted is removed for good in the end; its history is not.</summary>
public sealed class TrashTests
{
    private const int Many = ExpenseService.BatchSize + 10;

    private static readonly ExpenseDraft s_coffee = new() { Date = "2026-02-19", Description = "Coffee", Amount = "3.50", Tags = ["a"] };

    [Theory, EachEngine]
    public async Task The_server_removes_what_was_in_the_trash_for_too_long(Engine engine)
    {
        await using var database = await CreateAsync(engine);
        await ProveClockAsync(database);
        await using (await TestServer.StartAsync(database))
            await Eventually.TrueAsync("the oldest is removed", async () => await CountAsync(database) == 3);

        Assert.Equal(0, await database.ScalarAsync<long>("select count(*) from expense_tags where expense_id = 1"));
        Assert.Equal("trash retention", await database.ScalarAsync<string>("select actor from changes where action = 'purge'"));
        Assert.Null((await database.Doctor.CheckHistoryAsync(Test.Token)).Fault);
        Assert.True((await database.Doctor.ExamineAsync(Test.Token)).IsHealthy);
    }

    [Theory, EachEngine]
    public async Task A_clock_that_is_set_ahead_empties_no_trash_before_a_day_has_passed(Engine engine)
    {
        await using var database = await CreateAsync(engine);
        await ProveClockAsync(database);
        database.Clock.Advance(TimeSpan.FromDays(31));
        // What is recorded by that clock proves nothing, nor does a restart.
        await database.Expenses.AddAsync(Test.By(ExpenseService.DefaultOwner), s_coffee, Test.Token);
        for (var restart = 0; restart < 3; restart++)
        {
            await RunRetentionAsync(database);
            database.Clock.Advance(TimeSpan.FromMinutes(1));
        }

        Assert.Equal(5, await CountAsync(database));

        database.Clock.Advance(TimeSpan.FromDays(-31));
        await RunRetentionAsync(database);
        Assert.Equal(5, await CountAsync(database));
        database.Clock.Advance(TimeSpan.FromDays(1));
        await RunRetentionAsync(database);
        Assert.Equal(4, await CountAsync(database));
    }

    [Theory, EachEngine]
    public async Task The_server_keeps_everything_when_it_is_told_to(Engine engine)
    {
        await using var database = await CreateAsync(engine);
        using var retention = new TrashRetention(
            database.Database, Trash(database), new TrashClock(database.Database, database.Clock), database.Settings with { TrashRetentionDays = 0 }, database.Clock, NullLogger<TrashRetention>.Instance, Task.CompletedTask);

        await retention.RunAsync(Test.Token);

        Assert.Equal(4, await CountAsync(database));
    }

    [Fact]
    public async Task One_instance_removes_and_the_others_leave_it_alone()
    {
        Assert.SkipWhen(PostgresCluster.SkipReason is not null, PostgresCluster.SkipReason ?? "");
        await using var database = await CreateAsync(Engine.Postgres);
        await ProveClockAsync(database);

        await using (await database.Database.TryHoldAsync("trash retention", Test.Token))
            await RunRetentionAsync(database);
        var whileAnotherDoes = await CountAsync(database);
        await RunRetentionAsync(database);

        Assert.Equal((4, 3), (whileAnotherDoes, await CountAsync(database)));
    }

    [Theory, EachEngine]
    public async Task The_history_of_what_was_removed_stays_and_its_id_is_not_used_again(Engine engine)
    {
        await using var database = await TestDatabase.CreateAsync(engine);
        var me = Test.By(ExpenseService.DefaultOwner);
        await database.Expenses.AddAsync(me, s_coffee, Test.Token);
        await database.Expenses.DeleteAsync(me, 1, null, Test.Token);
        await Trash(database).PurgeAsync(me, TimeSpan.Zero, null, Test.Token);
        await using var server = await TestServer.StartAsync(database);

        var history = (await server.GetAsync("/expenses/1/history")).MustBe(200).Json;
        var next = await database.Expenses.AddAsync(me, s_coffee, Test.Token);

        Assert.Equal(["create", "delete", "purge"], history.EnumerateArray().Select(version => version.GetProperty("action").GetString()));
        Assert.Equal("null", history[2].GetProperty("after").GetRawText());
        Assert.Equal("Coffee", history[2].GetProperty("before").GetProperty("description").GetString());
        (await server.SendAsync("POST", "/expenses/1/restore")).MustBeProblem(404, "not-found");
        (await server.SendAsync("POST", "/changes/3/undo")).MustBeProblem(409, "conflict");
        (await server.SendAsync("POST", "/changes/2/undo")).MustBeProblem(409, "conflict");
        Assert.Equal(2, next.Id);
    }

    [Theory, EachEngine]
    public async Task Several_instances_at_once_remove_each_expense_once(Engine engine)
    {
        await using var database = await TestDatabase.CreateAsync(engine);
        await FillAsync(database);

        var removed = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => Task.Run(() => Trash(database).PurgeAllAsync("tester", TimeSpan.Zero, Test.Token))));

        Assert.Equal(Many, removed.Sum());
        Assert.Equal(Many, await database.ScalarAsync<long>("select count(*) from history where content is null"));
        Assert.Null((await database.Doctor.CheckHistoryAsync(Test.Token)).Fault);
    }

    [Theory, EachEngine]
    public async Task A_purge_that_is_cancelled_half_way_has_told_what_is_gone(Engine engine)
    {
        await using var database = await TestDatabase.CreateAsync(engine);
        await FillAsync(database);
        var me = Test.By(ExpenseService.DefaultOwner);
        using var stop = new CancellationTokenSource();
        var told = 0L;

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Trash(database).PurgeAsync(me, TimeSpan.Zero, gone =>
        {
            told = gone;
            stop.Cancel();
        }, stop.Token));

        Assert.Equal(ExpenseService.BatchSize, told);
        Assert.Equal(10, await Trash(database).CountAsync(ExpenseService.DefaultOwner, TimeSpan.Zero, Test.Token));
    }

    [Theory, EachEngine]
    public async Task A_purge_asks_and_counts(Engine engine)
    {
        await using var book = await Book.CreateAsync(engine);
        await book.RunAsync("add", "3.50", "Coffee");
        Assert.Contains("The trash is empty.", (await book.FailAsync(0, "purge")).Error, StringComparison.Ordinal);
        await book.RunAsync("delete", "1", "--yes");

        Assert.Contains("Nothing in the trash was deleted 1 day ago or earlier", (await book.FailAsync(0, "purge", "--older-than", "1")).Error, StringComparison.Ordinal);
        Assert.Contains("Remove 1 expense for good? That cannot be undone. Nobody is at a terminal", (await book.FailAsync(2, "purge")).Error, StringComparison.Ordinal);
        Assert.Equal("Removed 1 expense for good.\n", (await book.FailAsync(0, "purge", "--yes")).Error);

        Assert.Equal("[]\n", await book.RunAsync("list", "--trash", "--output", "json"));
        Assert.Contains("purge", await book.RunAsync("history", "1"), StringComparison.Ordinal);
        await book.RunAsync("doctor", "--deep");
    }

    /// <summary>Puts into the trash what one transaction does not remove.</summary>
    private static async Task FillAsync(TestDatabase database)
    {
        var me = Test.By(ExpenseService.DefaultOwner);
        var content = ExpenseRules.Check(s_coffee, Currency.Of("EUR"), new Faults())!;
        await database.Expenses.AddManyAsync(me, Enumerable.Repeat(content, Many).ToAsyncEnumerable(), Test.Token);
        await new UndoService(database.Database, database.Expenses).UndoAsync(me, 1, null, null, Test.Token);
    }

    /// <summary>The clock has gone on for a day.</summary>
    private static async Task ProveClockAsync(TestDatabase database)
    {
        await RunRetentionAsync(database, days: 1000);
        database.Clock.Advance(TimeSpan.FromDays(1));
    }

    /// <summary>What a server does at its start.</summary>
    private static async Task RunRetentionAsync(TestDatabase database, int days = 30)
    {
        using var retention = new TrashRetention(
            database.Database, Trash(database), new TrashClock(database.Database, database.Clock), database.Settings with { TrashRetentionDays = days }, database.Clock,
            NullLogger<TrashRetention>.Instance, Task.CompletedTask);
        await retention.RunAsync(Test.Token);
    }

    private static TrashService Trash(TestDatabase database) => new(database.Database, database.Expenses, database.Clock);

    private static Task<long> CountAsync(TestDatabase database) => database.ScalarAsync<long>("select count(*) from expenses");

    /// <summary>Four expenses, of which one was deleted 40 days ago and one 20 days ago.</summary>
    private static async Task<TestDatabase> CreateAsync(Engine engine)
    {
        var database = await TestDatabase.CreateAsync(engine);
        var me = Test.By(ExpenseService.DefaultOwner);
        for (var i = 0; i < 4; i++)
            await database.Expenses.AddAsync(me, s_coffee, Test.Token);
        await database.Expenses.DeleteAsync(me, 1, null, Test.Token);
        database.Clock.Advance(TimeSpan.FromDays(20));
        await database.Expenses.DeleteAsync(me, 2, null, Test.Token);
        database.Clock.Advance(TimeSpan.FromDays(20));
        return database;
    }
}
