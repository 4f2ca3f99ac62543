using Microsoft.Data.Sqlite;
using Npgsql;
using Outlay.Expenses;
using Outlay.Storage;

namespace Outlay.Bench;

/// <summary>A database with a number of expenses, and the environment that selects it. Removed when it is disposed.</summary>
internal sealed class Book : IAsyncDisposable
{
    private static int s_names;

    private readonly PostgresSettings? _server;

    private Book(int size, PostgresSettings? server)
    {
        Size = size;
        Folder = Directory.CreateTempSubdirectory("outlay-bench-").FullName;
        Environment = new Dictionary<string, string?>
        {
            ["DATA_DIR"] = Folder,
            ["DB_HOST"] = null,
            ["DB_PORT"] = null,
            ["DB_NAME"] = null,
            ["DB_USER"] = null,
            ["DB_PASSWORD"] = null,
        };
        if (server is null)
            return;
        _server = server;
        Name = $"outlay_bench_{System.Environment.ProcessId}_{Interlocked.Increment(ref s_names)}";
        Environment["DB_HOST"] = server.Host;
        Environment["DB_PORT"] = $"{server.Port}";
        Environment["DB_NAME"] = Name;
        Environment["DB_USER"] = server.User;
        Environment["DB_PASSWORD"] = server.Password.Read();
    }

    /// <summary>How many expenses it was filled with.</summary>
    public int Size { get; }

    /// <summary>Its own folder; an embedded database lies in it.</summary>
    public string Folder { get; }

    /// <summary>What selects it, for the program; null for what must not be set.</summary>
    public Dictionary<string, string?> Environment { get; }

    /// <summary>The name of the database on the PostgreSQL server; null for an embedded one.</summary>
    private string? Name { get; }

    /// <summary>Makes a book, migrated and filled.</summary>
    public static async Task<Book> CreateAsync(BenchOptions options, string engine, int size, CancellationToken token, bool migrated = true)
    {
        var book = new Book(size, engine == "postgres" ? options.Postgres : null);
        if (book.Name is not null)
            await book.ExecuteAsync("postgres", $"create database {book.Name}", token);

        if (!migrated)
            return book;

        var settings = Settings.From(new SettingsSource(name => book.Environment.GetValueOrDefault(name)));
        await using (var database = Database.Open(settings, Database.PatienceOfVerbs, TimeProvider.System))
        {
            await new Migrator(database, TimeProvider.System, settings).RunAsync(token);
            await new ExpenseService(database, TimeProvider.System, settings)
                .AddManyAsync(new Caller(ExpenseService.DefaultOwner, "bench"), new SampleExpenses(SampleExpenses.Seed).Take(size).ToAsyncEnumerable(), token);
        }

        // What autovacuum does within the next minutes anyway; it would fall into one measurement or another.
        if (book.Name is not null)
            await book.ExecuteAsync(book.Name, "vacuum (analyze)", token);
        return book;
    }

    /// <summary>The version of the engine.</summary>
    public static async Task<string> EngineVersionAsync(BenchOptions options, string engine, CancellationToken token)
    {
        if (engine == "postgres")
            return await ScalarAsync(options.Postgres!, "postgres", "show server_version", token);
        await using var connection = new SqliteConnection();
        return connection.ServerVersion;
    }

    public async ValueTask DisposeAsync()
    {
        if (Name is not null)
            await ExecuteAsync("postgres", $"drop database {Name} with (force)", CancellationToken.None);
        Directory.Delete(Folder, recursive: true);
    }

    private Task ExecuteAsync(string database, string statement, CancellationToken token) => ScalarAsync(_server!, database, statement, token);

    private static async Task<string> ScalarAsync(PostgresSettings server, string database, string statement, CancellationToken token)
    {
        var address = new NpgsqlConnectionStringBuilder
        {
            Host = server.Host,
            Port = server.Port,
            Username = server.User,
            Password = server.Password.Read(),
            Database = database,
            Pooling = false,
            CommandTimeout = 0,
        };
        await using var connection = new NpgsqlConnection(address.ToString());
        await connection.OpenAsync(token);
        await using var command = new NpgsqlCommand(statement, connection);
        return await command.ExecuteScalarAsync(token) as string ?? "";
    }
}
