using Outlay.Storage;
using Outlay.Tests.Harness;

namespace Outlay.Tests.Storage;

/// <summary>What a request asks of the database ends with its time, on both engines: also the statement that the engine is working on.</summary>
public sealed class DeadlineTests
{
    /// <summary>Counts for minutes.</summary>
    private const string Endless = "with recursive n(i) as (select 1 union all select i + 1 from n where i < 1000000000) select count(*) from n";

    private const string Short = "with recursive n(i) as (select 1 union all select i + 1 from n where i < 100000) select count(*) from n";

    [Theory, EachEngine]
    public async Task A_statement_ends_with_the_time_of_its_request(Engine engine)
    {
        await using var database = await TestDatabase.CreateAsync(engine);

        var failure = await Assert.ThrowsAsync<AppException>(() => AskAsync(database, TimeSpan.FromSeconds(0.3), Endless));

        Assert.Equal(ErrorCode.Unavailable, failure.Code);
        Assert.NotNull(failure.RetryAfter);
        Assert.Equal(1, await AskAsync(database, TimeSpan.FromMinutes(1), "select cast(1 as bigint)"));
    }

    [Theory, EachEngine]
    public async Task All_that_a_request_asks_for_shares_its_time(Engine engine)
    {
        await using var database = await TestDatabase.CreateAsync(engine);
        var clock = new SteppedClock();
        Database.LimitRequest(TimeSpan.FromMinutes(1), clock);
        Assert.Equal(100_000, await ReadAsync());
        clock.Now += TimeSpan.FromMinutes(1);

        Assert.Equal(ErrorCode.Unavailable, (await Assert.ThrowsAsync<AppException>(ReadAsync)).Code);

        Task<long> ReadAsync() => database.Database.ReadAsync(OwnerScope.All, connection => new Sql(Short).ScalarAsync<long>(connection, Test.Token), Test.Token);
    }

    [Theory]
    [InlineData(1, true)]
    [InlineData(0, false)]
    public async Task What_did_nothing_is_tried_again_only_while_its_request_has_time(int minutesLeft, bool again)
    {
        Assert.SkipWhen(PostgresCluster.SkipReason is not null, PostgresCluster.SkipReason ?? "");
        await using var database = await TestDatabase.CreateAsync(Engine.Postgres);
        var (clock, tries) = (new SteppedClock(), 0);
        Database.LimitRequest(TimeSpan.FromMinutes(2), clock);

        await Assert.ThrowsAsync<AppException>(() => database.Database.ReadAsync(OwnerScope.All, connection =>
        {
            if (tries++ == 0)
                clock.Now += TimeSpan.FromMinutes(2 - minutesLeft);
            return new Sql("do $$ begin raise exception using errcode = '40001'; end $$").ExecuteAsync(connection, Test.Token);
        }, Test.Token));

        Assert.Equal(again, tries > 1);
    }

    [Theory, EachEngine]
    public async Task A_statement_that_nobody_waits_for_is_stopped(Engine engine)
    {
        await using var database = await TestDatabase.CreateAsync(engine);
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(0.3));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Task.Run(() =>
            database.Database.ReadAsync(OwnerScope.All, connection => new Sql(Endless).ScalarAsync<long>(connection, stop.Token), stop.Token)));
    }

    [Theory, EachEngine]
    public async Task A_change_of_many_statements_that_nobody_waits_for_does_no_more(Engine engine)
    {
        await using var database = await TestDatabase.CreateAsync(engine);
        var ended = new TaskCompletionSource<int>();

        var failure = await Assert.ThrowsAsync<AppException>(() => Task.Run(() =>
        {
            Database.LimitRequest(TimeSpan.FromSeconds(0.3), TimeProvider.System);
            return database.Database.WriteAsync(OwnerScope.All, WriteAsync, null, repeatable: true, Test.Token);
        }));

        Assert.Equal(ErrorCode.Unavailable, failure.Code);
        Assert.InRange(await ended.Task.WaitAsync(TimeSpan.FromMinutes(1), Test.Token), 0, int.MaxValue - 1);
        Assert.Equal(0, await database.ScalarAsync<long>("select count(*) from owners where name = 'nobody'"));

        async Task<int> WriteAsync(System.Data.Common.DbConnection connection, CancellationToken stop)
        {
            var count = 0;
            try
            {
                await new Sql("insert into owners (name) values ('nobody')").ExecuteAsync(connection, stop);
                // Each of them is short enough.
                while (true)
                {
                    await new Sql("select cast(1 as bigint)").ScalarAsync<long>(connection, stop);
                    await Task.Delay(10, stop);
                    count++;
                }
            }
            finally
            {
                ended.SetResult(count);
            }
        }
    }

    private static Task<long> AskAsync(TestDatabase database, TimeSpan budget, string sql) => Task.Run(() =>
    {
        Database.LimitRequest(budget, TimeProvider.System);
        return database.Database.ReadAsync(OwnerScope.All, connection => new Sql(sql).ScalarAsync<long>(connection, Test.Token), Test.Token);
    });

    private sealed class SteppedClock : TimeProvider
    {
        public TimeSpan Now { get; set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Now.Ticks;
    }
}
