using Outlay.Expenses;
using Outlay.Storage;
using Outlay.Tests.Harness;

namespace Outlay.Tests.Storage;

/// <summary>A PostgreSQL server, database or account that is set up otherwise than usual gives the same answers.</summary>
public sealed class ForeignDefaultsTests
{
    [Fact]
    public async Task What_a_database_sets_for_its_sessions_changes_no_total_and_no_filter()
    {
        Assert.SkipWhen(PostgresCluster.SkipReason is not null, PostgresCluster.SkipReason ?? "");
        await using var database = await TestDatabase.CreateAsync(Engine.Postgres);
        foreach (var setting in new[] { "datestyle = 'German'", "timezone = 'Asia/Tokyo'", "standard_conforming_strings = off", "default_transaction_isolation = 'serializable'" })
            await database.ExecuteAsync($"alter database {database.Environment["DB_NAME"]} set {setting}");
        await using var server = await TestServer.StartAsync(database);
        await server.AddAsync("""{"date":"2026-02-19","description":"Coffee","amount":3.50,"notes":"100%"}""");
        await server.AddAsync("""{"date":"2026-03-01","description":"Tea","amount":2}""");

        Assert.True((await server.Doctor.ExamineAsync(Test.Token)).IsHealthy);
        await server.Doctor.RebuildTotalsAsync(Test.Token);

        Assert.True((await server.Doctor.ExamineAsync(Test.Token)).IsHealthy);
        foreach (var narrowed in new[] { "", "&from=2026-02-02" })
            Assert.Equal(["2026-02", "2026-03"], await GroupsAsync(server, $"group_by=month{narrowed}"));
        Assert.Equal(1, (await server.GetAsync("/expenses?q=0%25")).MustBe(200).Json.GetArrayLength());
    }

    /// <summary>By default a server waits two hours for a client that says nothing, and a quarter of an hour for one that does not confirm.</summary>
    [Fact]
    public async Task Each_session_asks_the_server_to_notice_within_25_s_that_its_client_is_gone()
    {
        Assert.SkipWhen(PostgresCluster.SkipReason is not null, PostgresCluster.SkipReason ?? "");
        await using var database = await TestDatabase.CreateAsync(Engine.Postgres);

        foreach (var (setting, value) in new[] { ("tcp_keepalives_idle", "10"), ("tcp_keepalives_interval", "5"), ("tcp_keepalives_count", "3"), ("tcp_user_timeout", "25000") })
        {
            Assert.Equal(value, await database.Database.ReadAsync(OwnerScope.All, connection =>
                new Sql($"select current_setting('{setting}')").ScalarAsync<string>(connection, Test.Token), Test.Token));
        }
    }

    [Fact]
    public async Task Whoever_comes_first_after_all_sessions_were_ended_is_served_however_many_wait_in_the_pool()
    {
        Assert.SkipWhen(PostgresCluster.SkipReason is not null, PostgresCluster.SkipReason ?? "");
        await using var database = await TestDatabase.CreateAsync(Engine.Postgres);
        var all = new TaskCompletionSource();
        var waiting = 0;
        await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => database.Database.ReadAsync(OwnerScope.All, async connection =>
        {
            if (Interlocked.Increment(ref waiting) == 10)
                all.SetResult();
            await all.Task.WaitAsync(Test.Token);
            return true;
        }, Test.Token)));
        await database.ExecuteAsync("select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()");

        Assert.Equal(1, await database.Database.ReadAsync(OwnerScope.All, connection => new Sql("select 1").ScalarAsync<int>(connection, Test.Token), Test.Token));
    }

    [Fact]
    public async Task A_book_of_the_original_is_taken_over_whatever_way_dates_are_shown()
    {
        Assert.SkipWhen(PostgresCluster.SkipReason is not null, PostgresCluster.SkipReason ?? "");
        await using var database = await TestDatabase.CreateAsync(Engine.Postgres, migrated: false);
        await database.ExecuteAsync("create table expenses (id serial primary key, date date not null, description text not null, amount numeric(10,2) not null)");
        await database.ExecuteAsync("insert into expenses (date, description, amount) values ('2026-02-19', 'Coffee', 3.5)");
        await database.ExecuteAsync($"alter database {database.Environment["DB_NAME"]} set datestyle = 'German'");

        await using var session = Database.Open(database.Settings, Database.PatienceOfVerbs, database.Clock);
        await new Migrator(session, database.Clock, database.Settings).RunAsync(Test.Token);

        var expense = await database.Expenses.GetAsync(ExpenseService.DefaultOwner, 1, Test.Token);
        Assert.Equal(new DateOnly(2026, 2, 19), expense.Content.Date);
    }

    [Theory, EachEngine]
    public async Task Of_several_spellings_the_same_one_is_shown_whatever_order_the_database_sorts_in(Engine engine)
    {
        await using var database = await TestDatabase.CreateAsync(engine, migrated: false, "locale_provider icu icu_locale 'en-US'");
        await using var server = await TestServer.StartAsync(database);
        foreach (var spelling in new[] { "Food", "food", "FOOD" })
            await server.AddAsync($$"""{"date":"2026-02-19","description":"Coffee","amount":3.50,"category":"{{spelling}}","tags":["{{spelling}}"]}""");

        Assert.Equal(["FOOD"], await GroupsAsync(server, "group_by=category&q=coffee"));
        Assert.Equal(["FOOD"], await GroupsAsync(server, "group_by=tag"));
        await server.Doctor.RebuildTotalsAsync(Test.Token);
        Assert.Equal(["FOOD"], await GroupsAsync(server, "group_by=category"));
    }

    [Theory, EachEngine]
    public async Task A_page_of_the_trash_is_read_in_the_order_of_an_index(Engine engine)
    {
        await using var database = await TestDatabase.CreateAsync(engine);
        var plan = await database.Database.SnapshotAsync(OwnerScope.Of(ExpenseService.DefaultOwner), async connection =>
        {
            // Few rows would be sorted all the same.
            if (engine is Engine.Postgres)
                await new Sql("set enable_sort = off; set enable_seqscan = off").ExecuteAsync(connection, Test.Token);
            await using var command = ExpenseStore.List(ExpenseService.DefaultOwner, new ExpenseFilter { InTrash = true }, limit: 10).On(connection);
            command.CommandText = $"explain {(engine is Engine.Sqlite ? "query plan " : "")}{command.CommandText}";
            await using var reader = await command.ExecuteReaderAsync(Test.Token);
            var lines = new List<string>();
            while (await reader.ReadAsync(Test.Token))
                lines.Add(reader.GetString(reader.FieldCount - 1));
            return lines;
        }, Test.Token);

        Assert.Contains(plan, line => line.Contains("expenses_in_trash", StringComparison.Ordinal));
        // The tags of one expense are few and have their own key.
        Assert.DoesNotContain(plan, line => line.Contains("FOR ORDER BY", StringComparison.Ordinal) || line.Contains("Sort Key: e.", StringComparison.Ordinal));
    }

    private static async Task<string[]> GroupsAsync(TestServer server, string query) =>
        [.. (await server.GetAsync($"/expenses/summary?{query}")).MustBe(200).Json.GetProperty("groups").EnumerateArray().Select(group => group.GetProperty("key").GetString()!)];
}
