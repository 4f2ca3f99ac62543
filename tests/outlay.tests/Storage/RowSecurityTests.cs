using Npgsql;
using Outlay.Access;
using Outlay.Storage;
using Outlay.Tests.Backup;
using Outlay.Tests.Harness;

namespace Outlay.Tests.Storage;

/// <summary>The second wall between owners, attacked with statements that the program never sends: those that forget the owner.</summary>
public sealed class RowSecurityTests
{
    /// <summary>Tables without rows of owners.</summary>
    private static readonly string[] s_open = ["figures", "schema_migrations"];

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Without_a_setting_the_application_and_the_owner_of_the_tables_see_and_change_nothing(bool asApplication)
    {
        await using var database = await CreateAsync();
        await using var connection = await OpenAsync(database, asApplication ? PostgresRoles.Application : PostgresRoles.Owner);

        foreach (var table in await TablesAsync(database))
        {
            Assert.Equal((table, 0L), (table, await CountAsync(connection, table)));
            Assert.True(await database.ScalarAsync<long>($"select count(*) from {table}") > 0, $"{table} is empty: that proves nothing.");
        }

        Assert.Equal(0, await ExecuteAsync(connection, "update expenses set amount = 1"));
        Assert.Equal(0, await ExecuteAsync(connection, "delete from expense_tags"));
        Assert.Equal(0, await ExecuteAsync(connection, "update owners set history_seq = 0"));
        foreach (var insert in new[]
        {
            "insert into totals (owner, month, currency, category_key, amount, count) values ('default', '2031-01', 'EUR', 'x', 1, 1)",
            "insert into expense_tags (expense_id, tag_key, tag) select 1, 'x', 'x'",
            "insert into history (change_id, n, expense_id, version, hash) select 1, 99, 1, 99, decode(repeat('00', 32), 'hex')",
        })
            Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, (await Assert.ThrowsAsync<PostgresException>(() => ExecuteAsync(connection, insert))).SqlState);
    }

    [Fact]
    public async Task A_setting_shows_the_rows_of_one_owner_until_the_transaction_ends()
    {
        await using var database = await CreateAsync();
        await using var connection = await OpenAsync(database, PostgresRoles.Application);

        await using (var transaction = await connection.BeginTransactionAsync(Test.Token))
        {
            await ExecuteAsync(connection, "select set_config('outlay.owner', 'Ünal', true)");
            foreach (var (table, rows) in new[] { ("owners", 1L), ("expenses", 1L), ("expense_tags", 0L), ("changes", 1L), ("history", 1L), ("totals", 2L), ("idempotency", 0L), ("api_keys", 1L) })
                Assert.Equal((table, rows), (table, await CountAsync(connection, table)));
            Assert.Equal(1, await ExecuteAsync(connection, "update expenses set notes = 'mine'"));
            Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, (await Assert.ThrowsAsync<PostgresException>(() => ExecuteAsync(connection, "update expenses set owner = 'default'"))).SqlState);
        }

        Assert.Equal(0, await CountAsync(connection, "expenses"));
    }

    [Fact]
    public async Task Work_for_an_owner_that_forgets_to_name_it_finds_only_what_is_theirs()
    {
        await using var database = await CreateAsync();

        Assert.Equal(1, await CountAsync(OwnerScope.Of("Ünal")));
        Assert.Equal(0, await CountAsync(OwnerScope.Of("nobody")));
        Assert.True(await CountAsync(OwnerScope.All) > 3);
        Assert.Throws<ArgumentException>(() => OwnerScope.Of("*"));

        // It is the wall that holds, and this test would see it gone.
        await database.ExecuteAsync("alter table expenses no force row level security");
        Assert.True(await CountAsync(OwnerScope.Of("Ünal")) > 3);

        Task<long> CountAsync(OwnerScope scope) =>
            database.Database.ReadAsync(scope, connection => new Sql("select count(*) from expenses").ScalarAsync<long>(connection, Test.Token), Test.Token);
    }

    [Fact]
    public async Task Every_table_with_rows_of_owners_has_the_wall_for_its_owner_too()
    {
        await using var database = await TestDatabase.CreateAsync(Engine.Postgres);

        var walled = await database.ScalarAsync<string>(
            "select string_agg(relname::text, ',' order by relname) from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r' and relrowsecurity and relforcerowsecurity");

        Assert.Equal((await TablesAsync(database)).Order(StringComparer.Ordinal), walled.Split(','));
    }

    [Fact]
    public async Task A_restore_puts_the_wall_back()
    {
        await using var source = await CreateAsync();
        await using var target = await TestDatabase.CreateAsync(Engine.Postgres);
        using var backup = new MemoryStream();
        await new Outlay.Backup.BackupWriter(source.Database, source.Settings, "run").WriteAsync(backup, source.Clock.Now, Test.Token);

        backup.Position = 0;
        await new Outlay.Backup.BackupRestore(target.Database, target.Clock).RunAsync(backup, replaced: null, isVerified: false, Test.Token);

        Assert.Equal((await TablesAsync(target)).Count, await target.ScalarAsync<long>("select count(*) from pg_class where relrowsecurity and relforcerowsecurity"));
    }

    [Fact]
    public async Task Whoever_backs_up_sees_the_rows_of_all_owners()
    {
        await using var database = await CreateAsync();
        await using var connection = await OpenAsync(database, PostgresRoles.Backup);

        foreach (var table in await TablesAsync(database))
            Assert.Equal((table, await database.ScalarAsync<long>($"select count(*) from {table}")), (table, await CountAsync(connection, table)));
    }

    [Fact]
    public async Task A_dump_has_everything_but_a_key_that_could_be_used()
    {
        await using var database = await CreateAsync();
        var key = (await new KeyService(database.Database, database.Clock).CreateAsync(new KeyDraft("ana", "phone", null, null), Test.Token)).Text;
        var cluster = await PostgresCluster.Shared;

        var dump = await cluster.DumpAsync(database.Environment["DB_NAME"], await cluster.CreateLoginAsync(PostgresRoles.Backup));

        Assert.Contains("Ragoût", dump, StringComparison.Ordinal);
        Assert.Contains(key[..15], dump, StringComparison.Ordinal);
        Assert.DoesNotContain(key[15..], dump, StringComparison.Ordinal);
        Assert.DoesNotContain(Convert.ToHexStringLower(System.Text.Encoding.UTF8.GetBytes(key[15..])), dump, StringComparison.Ordinal);
    }

    private static async Task<TestDatabase> CreateAsync()
    {
        Assert.SkipWhen(PostgresCluster.SkipReason is not null, PostgresCluster.SkipReason ?? "");
        var database = await SampleBook.CreateAsync(Engine.Postgres);
        await database.Database.CreateRolesAsync(Test.Token);
        return database;
    }

    private static async Task<List<string>> TablesAsync(TestDatabase database) =>
        [.. (await database.ScalarAsync<string>("select string_agg(tablename::text, ',') from pg_tables where schemaname = 'public'")).Split(',').Except(s_open)];

    private static async Task<NpgsqlConnection> OpenAsync(TestDatabase database, string role)
    {
        var builder = new NpgsqlConnectionStringBuilder
        {
            Host = database.Environment["DB_HOST"],
            Port = int.Parse(database.Environment["DB_PORT"], null),
            Database = database.Environment["DB_NAME"],
            Username = await (await PostgresCluster.Shared).CreateLoginAsync(role),
            Password = database.Environment["DB_PASSWORD"],
            Pooling = false,
        };
        var connection = new NpgsqlConnection(builder.ToString());
        await connection.OpenAsync(Test.Token);
        return connection;
    }

    private static async Task<int> ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteNonQueryAsync(Test.Token);
    }

    private static async Task<long> CountAsync(NpgsqlConnection connection, string table)
    {
        await using var command = new NpgsqlCommand($"select count(*) from {table}", connection);
        return (long)(await command.ExecuteScalarAsync(Test.Token))!;
    }
}
