using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Npgsql;
using Outlay.Storage;

[assembly: AssemblyFixture(typeof(Outlay.Tests.Harness.PostgresClusterEnd))]

namespace Outlay.Tests.Harness;

/// <summary>
/// A PostgreSQL server that belongs to the tests: made in a temporary folder from the binaries of the system, run as an
/// unprivileged account, and deleted in the end. No server needs to run before.
/// </summary>
internal sealed class PostgresCluster : IAsyncDisposable
{
    /// <summary>Owns the databases of the tests and their tables. It is no superuser: those see past the policies of tables.</summary>
    public const string User = "outlay_tests";

    public const string Superuser = "outlay";

    /// <summary>Characters that connection strings must escape.</summary>
    public const string Password = "Pa55;word='x'";

    private const string Template = "migrated_template";

    private static readonly string? s_binaries = FindBinaries();
    private static readonly Lazy<Task<PostgresCluster>> s_shared = new(StartSharedAsync);
    private static int s_names;

    private readonly string _folder;
    private readonly int _port = FreePort();
    private readonly Process _keeper;
    private readonly string _durability;

    private PostgresCluster(string folder, bool durable)
    {
        _folder = folder;
        _durability = durable ? "on" : "off";
        _keeper = StartKeeper(folder);
    }

    /// <summary>Why tests on PostgreSQL are skipped; null when they run.</summary>
    public static string? SkipReason =>
        s_binaries is null && Environment.GetEnvironmentVariable("REQUIRE_POSTGRES") != "1"
            ? "PostgreSQL is not installed: ./test installs it."
            : null;

    /// <summary>The server that all tests share, each in databases of its own. It has a migrated template.</summary>
    public static Task<PostgresCluster> Shared => s_shared.Value;

    /// <summary>Whether some test has asked for <see cref="Shared"/>.</summary>
    public static bool IsSharedStarted => s_shared.IsValueCreated;

    /// <summary>The settings that select a database of this server.</summary>
    public Dictionary<string, string> EnvironmentFor(string database) => new()
    {
        ["DB_HOST"] = "127.0.0.1",
        ["DB_PORT"] = $"{_port}",
        ["DB_NAME"] = database,
        ["DB_USER"] = User,
        ["DB_PASSWORD"] = Password,
    };

    /// <summary>A server of its own, for a test that stops it.</summary>
    /// <param name="durable">Whether what it acknowledges survives its death.</param>
    public static async Task<PostgresCluster> CreateAsync(bool durable = false)
    {
        if (s_binaries is null)
            throw new InvalidOperationException("PostgreSQL is required and not installed: its initdb is neither in /usr/lib/postgresql/*/bin nor on PATH.");

        var folder = Directory.CreateTempSubdirectory("outlay-postgres-").FullName;
        var password = Path.Combine(folder, "password");
        await File.WriteAllTextAsync(password, Password);
        if (Environment.IsPrivilegedProcess)
            await Command.RunAsync("chown", "-R", Account, folder);
        await RunAsync("initdb", "-D", Path.Combine(folder, "data"), "-U", Superuser, "--no-sync", "--encoding=UTF8", "--locale=C.UTF-8",
            "--auth-local=trust", "--auth-host=scram-sha-256", $"--pwfile={password}");
        var cluster = new PostgresCluster(folder, durable);
        await cluster.StartAsync();
        await cluster.ExecuteAsync($"create role {User} login createrole createdb password '{Password.Replace("'", "''", StringComparison.Ordinal)}'");
        return cluster;
    }

    public Task StartAsync() => RunAsync("pg_ctl", "start", "-w", "-D", Path.Combine(_folder, "data"), "-l", Path.Combine(_folder, "log"), "-o",
        $"-p {_port} -k {_folder} -c listen_addresses=127.0.0.1 -c max_connections=300 -c fsync={_durability} -c synchronous_commit={_durability} -c full_page_writes={_durability}");

    /// <summary>Stops the server as an administrator would: it ends the sessions, and finishes no transaction.</summary>
    public Task StopAsync() => RunAsync("pg_ctl", "stop", "-w", "-m", "fast", "-D", Path.Combine(_folder, "data"));

    /// <summary>Kills the server with all its processes: none of them gets to write anything more.</summary>
    public async Task KillAsync()
    {
        var pid = (await File.ReadAllLinesAsync(Path.Combine(_folder, "data", "postmaster.pid")))[0];
        await Command.RunAsync("sh", "-c", $"kill -KILL {pid} $(pgrep -P {pid}); while kill -0 {pid} 2>/dev/null; do sleep 0.05; done");
    }

    /// <summary>Makes a place for databases on another disk, which is given to the account that the server runs as.</summary>
    /// <returns>Its name.</returns>
    public async Task<string> CreateTablespaceAsync(string folder)
    {
        var name = $"space_{Interlocked.Increment(ref s_names)}";
        await Command.RunAsync("chown", Account, folder);
        await ExecuteAsync($"create tablespace {name} location '{folder}'");
        return name;
    }

    public Task DropTablespaceAsync(string name) => ExecuteAsync($"drop tablespace {name}");

    /// <summary>Makes an empty database, or a migrated one.</summary>
    /// <param name="options">What an empty one is made with, such as another locale.</param>
    /// <returns>Its name.</returns>
    public async Task<string> CreateDatabaseAsync(bool migrated, string owner = User, string options = "")
    {
        var name = $"test_{Interlocked.Increment(ref s_names)}";
        await ExecuteAsync($"create database {name} owner {owner} template {(migrated ? Template : "template0")} {options}");
        return name;
    }

    /// <summary>Makes a login that is a member of a role.</summary>
    /// <param name="memberOf">The role; null for none.</param>
    /// <param name="privileges">What it may do beside that, like CREATEROLE.</param>
    /// <returns>Its name; the password is that of all.</returns>
    public async Task<string> CreateLoginAsync(string? memberOf, string privileges = "")
    {
        var name = $"login_{Interlocked.Increment(ref s_names)}";
        await ExecuteAsync($"create role {name} login {privileges} password '{Password.Replace("'", "''", StringComparison.Ordinal)}'");
        if (memberOf is not null)
            await ExecuteAsync($"grant {memberOf} to {name}");
        return name;
    }

    public Task ChangePasswordAsync(string login, string password) => ExecuteAsync($"alter role {login} password '{password}'");

    /// <summary>Ends the sessions of a login, whatever they are doing.</summary>
    public Task EndSessionsAsync(string login) => ExecuteAsync($"select pg_terminate_backend(pid) from pg_stat_activity where usename = '{login}'");

    /// <summary>Everything that a database holds, as its own tool writes it, for a login that may read all rows.</summary>
    public async Task<string> DumpAsync(string database, string login)
    {
        var file = Path.Combine(_folder, $"{database}.sql");
        await RunAsync("pg_dump", "--enable-row-security", "--inserts", "-f", file,
            $"host=127.0.0.1 port={_port} dbname={database} user={login} password='{Password.Replace("'", "\\'", StringComparison.Ordinal)}'");
        return await File.ReadAllTextAsync(file);
    }

    public Task DropDatabaseAsync(string name) => ExecuteAsync($"drop database {name} with (force)");

    /// <summary>Migrates the database that migrated ones are copied from.</summary>
    public async Task CreateTemplateAsync()
    {
        await ExecuteAsync($"create database {Template} owner {User}");
        var environment = EnvironmentFor(Template);
        var settings = Settings.From(new SettingsSource(environment.GetValueOrDefault));
        await using var database = Database.Open(settings, Database.PatienceOfVerbs, TimeProvider.System);
        await new Migrator(database, new TestClock(), settings).RunAsync(CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        _keeper.StandardInput.Close();
        await _keeper.WaitForExitAsync();
    }

    private static string Account => File.ReadLines("/etc/passwd").Any(line => line.StartsWith("postgres:", StringComparison.Ordinal)) ? "postgres" : "nobody";

    private static async Task<PostgresCluster> StartSharedAsync()
    {
        var cluster = await CreateAsync();
        await cluster.CreateTemplateAsync();
        return cluster;
    }

    private async Task ExecuteAsync(string sql)
    {
        var builder = new NpgsqlConnectionStringBuilder { Host = "127.0.0.1", Port = _port, Username = Superuser, Password = Password, Database = "postgres" };
        await using var connection = new NpgsqlConnection(builder.ToString());
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>
    /// Stops the server and removes its folder when its standard input ends: with the cluster, or with the test run, also
    /// when that is killed.
    /// </summary>
    private static Process StartKeeper(string folder)
    {
        const string Script = """trap '' HUP INT TERM; read -r _; "$@" >/dev/null 2>&1; rm -rf "$0" """;
        string[] stop = Unprivileged("pg_ctl", "stop", "-w", "-m", "immediate", "-D", Path.Combine(folder, "data"));
        return Process.Start(new ProcessStartInfo("sh", ["-c", Script, folder, .. stop]) { RedirectStandardInput = true, WorkingDirectory = "/" })!;
    }

    private static Task RunAsync(string program, params string[] arguments) => Command.RunAsync(Unprivileged(program, arguments));

    /// <summary>PostgreSQL refuses to run as root.</summary>
    private static string[] Unprivileged(string program, params string[] arguments)
    {
        string[] command = [Path.Combine(s_binaries!, program), .. arguments];
        return Environment.IsPrivilegedProcess
            ? ["setpriv", $"--reuid={Account}", $"--regid={(Account == "nobody" ? "nogroup" : Account)}", "--clear-groups", .. command]
            : command;
    }

    private static string? FindBinaries()
    {
        const string System = "/usr/lib/postgresql";
        var packaged = Directory.Exists(System) ? Directory.GetDirectories(System) : [];
        var newest = packaged.OrderByDescending(folder => int.TryParse(Path.GetFileName(folder), out var version) ? version : 0)
            .Select(folder => Path.Combine(folder, "bin"));
        var path = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);
        return newest.Concat(path).FirstOrDefault(folder => File.Exists(Path.Combine(folder, "initdb")));
    }

    /// <summary>A port below those that the system gives to clients: one of them could take it while the server is stopped.</summary>
    public static int FreePort()
    {
        while (true)
        {
            var port = Random.Shared.Next(15_000, 32_000);
            try
            {
                using var listener = new TcpListener(IPAddress.Loopback, port);
                listener.Start();
                return port;
            }
            catch (SocketException e) when (e.SocketErrorCode is SocketError.AddressAlreadyInUse)
            {
            }
        }
    }
}

/// <summary>Stops the shared server when the last test has ended.</summary>
public sealed class PostgresClusterEnd : IAsyncDisposable
{
    public async ValueTask DisposeAsync()
    {
        if (PostgresCluster.IsSharedStarted)
            await (await PostgresCluster.Shared).DisposeAsync();
    }
}
