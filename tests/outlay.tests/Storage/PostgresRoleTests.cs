using Npgsql;
using Outlay.Expenses;
using Outlay.Storage;
using Outlay.Tests.Harness;

namespace Outlay.Tests.Storage;

/// <summary>Logins of PostgreSQL that may do what their task needs, attacked with statements that the program never sends.</summary>
public sealed class PostgresRoleTests
{
    private const string Denied = "42501";

    private static readonly ExpenseDraft s_coffee = new() { Date = "2026-02-19", Description = "Coffee", Amount = "3.50", Tags = ["a"] };

    public static TheoryData<string> Attacks =>
    [
        "update history set content = replace(content, 'Coffee', 'Tea')", "delete from history", "truncate history", "drop table history",
        "update changes set actor = 'nobody'", "delete from changes", "truncate changes", "drop table changes",
        "alter table history disable trigger all", "alter table changes owner to current_user", "create table mine (x int)",
        "delete from owners", "delete from api_keys", "update api_keys set hash = decode(repeat('00', 32), 'hex')", "update api_keys set scopes = 'admin'", "alter table expenses disable row level security", "drop policy of_owner on expenses", "alter table expenses no force row level security", "truncate expenses cascade", "update schema_migrations set checksum = 'x'", "select setval('changes_id_seq', 1)",
        "set role outlay_owner", "grant delete on history to current_user; delete from history", "update owners set name = 'x'",
    ];

    [Theory, MemberData(nameof(Attacks))]
    public async Task The_application_cannot(string attack)
    {
        await using var database = await CreateAsync();
        await database.Expenses.AddAsync(Test.By(ExpenseService.DefaultOwner), s_coffee, Test.Token);
        await using var application = await OpenAsync(database, PostgresRoles.Application);

        Assert.Equal(Denied, await TryAsync(application, attack));
        Assert.Null((await database.Doctor.CheckHistoryAsync(Test.Token)).Fault);
    }

    [Fact]
    public async Task The_application_serves_everything()
    {
        await using var database = await CreateAsync();
        await using var server = await TestServer.StartAsync(await LoginAsync(database, PostgresRoles.Application), ("TRASH_RETENTION_DAYS", "30"));
        await server.ReadyAsync();

        var id = await server.AddAsync("""{"date":"2026-02-19","description":"Coffee","amount":3.50,"tags":["a"]}""");
        (await server.SendAsync("PATCH", $"/expenses/{id}", """{"amount":4,"tags":["b"]}""", ("If-Match", "\"1\""))).MustBe(200);
        (await server.SendAsync("DELETE", $"/expenses/{id}")).MustBe(204);
        (await server.SendAsync("POST", $"/expenses/{id}/restore")).MustBe(200);
        (await server.SendAsync("POST", "/changes/4/undo")).MustBe(200);
        (await server.SendAsync("POST", "/changes/5/undo")).MustBe(200);
        foreach (var path in new[] { "/expenses", $"/expenses/{id}", $"/expenses/{id}/history", "/changes", "/trash", "/expenses/summary", "/readyz" })
            (await server.GetAsync(path)).MustBe(200);
    }

    [Theory]
    [InlineData("import", "-")]
    [InlineData("list")]
    [InlineData("undo", "--yes")]
    [InlineData("purge", "--yes")]
    [InlineData("doctor", "--deep", "--repair")]
    public async Task The_application_runs_the_verbs(params string[] verb)
    {
        await using var database = await CreateAsync();
        await database.Expenses.AddAsync(Test.By(ExpenseService.DefaultOwner), s_coffee, Test.Token);
        await database.Expenses.DeleteAsync(Test.By(ExpenseService.DefaultOwner), 1, null, Test.Token);

        var result = await OutlayProcess.RunAsync(verb, await LoginAsync(database, PostgresRoles.Application), "date,description,amount\n2026-02-19,Tea,2.50\n");

        Assert.True(result.ExitCode == 0, result.Error);
    }

    [Fact]
    public async Task The_backup_reads_everything_and_changes_nothing()
    {
        await using var database = await CreateAsync();
        await using var backup = await OpenAsync(database, PostgresRoles.Backup);

        foreach (var table in await TablesAsync(database))
        {
            Assert.Equal("", await TryAsync(backup, $"select * from {table}"));
            Assert.Equal(Denied, await TryAsync(backup, $"delete from {table}"));
        }
    }

    [Fact]
    public async Task Monitoring_sees_figures_and_nothing_of_people()
    {
        await using var database = await CreateAsync();
        await using var monitoring = await OpenAsync(database, PostgresRoles.Monitoring);

        foreach (var table in (await TablesAsync(database)).Except(["schema_migrations"]))
            Assert.Equal(Denied, await TryAsync(monitoring, $"select * from {table}"));
        Assert.Equal("", await TryAsync(monitoring, "select * from schema_migrations"));
        Assert.Equal("", await TryAsync(monitoring, "select n_live_tup, n_dead_tup from pg_stat_user_tables"));
    }

    [Fact]
    public async Task The_application_reads_every_table_there_is()
    {
        await using var database = await CreateAsync();
        await using var application = await OpenAsync(database, PostgresRoles.Application);

        foreach (var table in await TablesAsync(database))
            Assert.Equal("", await TryAsync(application, $"select * from {table}"));
    }

    [Fact]
    public async Task A_member_of_the_owner_migrates()
    {
        await using var database = await CreateAsync();

        var result = await OutlayProcess.RunAsync(["migrate"], await LoginAsync(database, PostgresRoles.Owner));
        await using var owner = await OpenAsync(database, PostgresRoles.Owner);

        Assert.True(result.ExitCode == 0, result.Error);
        Assert.Contains("The roles outlay_owner, outlay_app, outlay_backup, outlay_monitor have what they need.", result.Error, StringComparison.Ordinal);
        Assert.Equal("", await TryAsync(owner, "alter table expenses add column later text"));
    }

    [Fact]
    public async Task Who_owned_the_tables_goes_on_serving_when_a_superuser_makes_the_roles()
    {
        var cluster = await PostgresCluster.CreateAsync();
        await using var stop = cluster;
        var login = await cluster.CreateLoginAsync(null);
        var name = await cluster.CreateDatabaseAsync(migrated: false, owner: login);
        var former = new Dictionary<string, string>(cluster.EnvironmentFor(name)) { ["DB_USER"] = login };
        await using var server = await TestServer.StartAsync(former);
        await server.ReadyAsync();

        var superuser = new Dictionary<string, string>(former) { ["DB_USER"] = PostgresCluster.Superuser };
        var migrate = await OutlayProcess.RunAsync(["migrate"], superuser);

        Assert.Contains($"{login}, who had them, is a member of outlay_app: it serves as before", migrate.Error, StringComparison.Ordinal);
        await server.AddAsync("""{"date":"2026-02-19","description":"Coffee","amount":3.50}""");
        (await server.GetAsync("/expenses")).MustBe(200);
        Assert.DoesNotContain(login, (await OutlayProcess.RunAsync(["migrate"], superuser)).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_login_without_a_privilege_is_told_what_to_grant()
    {
        await using var database = await CreateAsync();
        var login = await (await PostgresCluster.Shared).CreateLoginAsync(null);

        var refused = await OutlayProcess.RunAsync(["list"], new Dictionary<string, string>(database.Environment) { ["DB_USER"] = login });

        Assert.Equal(69, refused.ExitCode);
        Assert.Contains($"grant outlay_app to \"{login}\";", refused.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_owner_of_the_database_makes_the_roles_when_it_may()
    {
        var cluster = await PostgresCluster.CreateAsync();
        await using var stop = cluster;
        var login = await cluster.CreateLoginAsync(null, "createrole createdb");
        var name = await cluster.CreateDatabaseAsync(migrated: false, owner: login);
        var environment = new Dictionary<string, string>(cluster.EnvironmentFor(name)) { ["DB_USER"] = login };

        var first = await OutlayProcess.RunAsync(["migrate"], environment);
        var second = await OutlayProcess.RunAsync(["migrate"], environment);
        var added = await OutlayProcess.RunAsync(["add", "3.50", "Coffee"], environment);

        Assert.Contains("have what they need", first.Error, StringComparison.Ordinal);
        Assert.Contains("have what they need", second.Error, StringComparison.Ordinal);
        Assert.True(added.ExitCode == 0, added.Error);
    }

    [Fact]
    public async Task Who_may_not_make_the_roles_is_told_how()
    {
        var cluster = await PostgresCluster.CreateAsync();
        await using var stop = cluster;
        var login = await cluster.CreateLoginAsync(null);
        var name = await cluster.CreateDatabaseAsync(migrated: false, owner: login);

        var result = await OutlayProcess.RunAsync(["migrate"], new Dictionary<string, string>(cluster.EnvironmentFor(name)) { ["DB_USER"] = login });

        Assert.True(result.ExitCode == 0, result.Error);
        Assert.Contains("run outlay migrate once as a superuser", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_application_does_not_migrate()
    {
        await using var database = await TestDatabase.CreateAsync(Engine.Postgres, migrated: false);
        await using var other = await CreateAsync();
        await using var server = await TestServer.StartAsync(
            new Dictionary<string, string>(await LoginAsync(other, PostgresRoles.Application)) { ["DB_NAME"] = database.Environment["DB_NAME"] });

        var refused = await OutlayProcess.RunAsync(["list"],
            new Dictionary<string, string>(await LoginAsync(other, PostgresRoles.Application)) { ["DB_NAME"] = database.Environment["DB_NAME"] });

        Assert.Equal(69, refused.ExitCode);
        Assert.Contains("the owner runs outlay migrate", refused.Error, StringComparison.Ordinal);
        (await server.GetAsync("/expenses")).MustBeProblem(503, "unavailable");
    }

    private static async Task<TestDatabase> CreateAsync()
    {
        Assert.SkipWhen(PostgresCluster.SkipReason is not null, PostgresCluster.SkipReason ?? "");
        var database = await TestDatabase.CreateAsync(Engine.Postgres);
        await database.Database.CreateRolesAsync(Test.Token);
        return database;
    }

    /// <summary>The environment of a new login that is a member of a role.</summary>
    private static async Task<Dictionary<string, string>> LoginAsync(TestDatabase database, string role) =>
        new(database.Environment) { ["DB_USER"] = await (await PostgresCluster.Shared).CreateLoginAsync(role) };

    private static async Task<NpgsqlConnection> OpenAsync(TestDatabase database, string role)
    {
        var environment = await LoginAsync(database, role);
        var builder = new NpgsqlConnectionStringBuilder
        {
            Host = environment["DB_HOST"],
            Port = int.Parse(environment["DB_PORT"], null),
            Database = environment["DB_NAME"],
            Username = environment["DB_USER"],
            Password = environment["DB_PASSWORD"],
            Pooling = false,
        };
        var connection = new NpgsqlConnection(builder.ToString());
        await connection.OpenAsync(Test.Token);
        return connection;
    }

    /// <summary>What the server refuses a statement with; nothing when it does not.</summary>
    private static async Task<string> TryAsync(NpgsqlConnection connection, string statement)
    {
        try
        {
            await using var command = new NpgsqlCommand(statement, connection);
            await command.ExecuteNonQueryAsync(Test.Token);
            return "";
        }
        catch (PostgresException e)
        {
            return e.SqlState;
        }
    }

    private static Task<List<string>> TablesAsync(TestDatabase database) => database.Database.ReadAsync(
        OwnerScope.All, connection => new Sql("select tablename::text from pg_tables where schemaname = current_schema()").ListAsync(connection, row => row.GetString(0), Test.Token), Test.Token);
}
