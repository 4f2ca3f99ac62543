using Outlay.Expenses;
using Outlay.Reports;
using Outlay.Storage;

namespace Outlay.Tests.Harness;

/// <summary>A database of its own for one test, with the services of the product on it.</summary>
internal sealed class TestDatabase : IAsyncDisposable
{
    private readonly TestFolder _folder = new();

    private TestDatabase(Engine engine, string? postgresName, Dictionary<string, string> environment)
    {
        Engine = engine;
        PostgresName = postgresName;
        Environment = environment;
        environment["DATA_DIR"] = _folder.Path;
        Settings = Settings.From(new SettingsSource(environment.GetValueOrDefault));
        Database = Database.Open(Settings, Database.PatienceOfVerbs, Clock);
        Expenses = new ExpenseService(Database, Clock, Settings);
        Reports = new ReportService(Database, Settings);
        Doctor = new DoctorService(Database);
    }

    public Engine Engine { get; }

    /// <summary>The environment that selects this database: for <see cref="OutlayProcess"/> or a host.</summary>
    public Dictionary<string, string> Environment { get; }

    public Settings Settings { get; }

    public TestClock Clock { get; } = new();

    public Database Database { get; }

    public ExpenseService Expenses { get; }

    public ReportService Reports { get; }

    public DoctorService Doctor { get; }

    /// <summary>The test's own folder: it holds the embedded database, and is removed with it.</summary>
    public string Folder => _folder.Path;

    private string? PostgresName { get; }

    /// <param name="engine">The engine that holds the database.</param>
    /// <param name="migrated">False for a database without any table.</param>
    /// <param name="postgresOptions">What an empty database of PostgreSQL is made with.</param>
    public static async Task<TestDatabase> CreateAsync(Engine engine, bool migrated = true, string postgresOptions = "")
    {
        if (engine is Engine.Postgres)
        {
            var cluster = await PostgresCluster.Shared;
            var name = await cluster.CreateDatabaseAsync(migrated, options: postgresOptions);
            return new TestDatabase(engine, name, cluster.EnvironmentFor(name));
        }

        var database = new TestDatabase(engine, null, []);
        if (migrated)
            await database.MigrateAsync();
        return database;
    }

    public Task<MigrationReport> MigrateAsync() => new Migrator(Database, Clock, Settings).RunAsync(Test.Token);

    /// <summary>Runs a statement past the product, to damage the data or to prepare it.</summary>
    public Task ExecuteAsync(string sql) => Database.WriteAsync(OwnerScope.All, connection => new Sql(sql).ExecuteAsync(connection, Test.Token), Test.Token);

    /// <summary>The first column of the first row.</summary>
    public Task<T> ScalarAsync<T>(string sql) => Database.ReadAsync(OwnerScope.All, connection => new Sql(sql).ScalarAsync<T>(connection, Test.Token), Test.Token);

    public async ValueTask DisposeAsync()
    {
        await Database.DisposeAsync();
        if (PostgresName is not null)
            await (await PostgresCluster.Shared).DropDatabaseAsync(PostgresName);
        _folder.Dispose();
    }
}
