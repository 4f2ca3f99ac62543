using System.Data;
using System.Data.Common;
using System.Net.Sockets;
using Npgsql;

namespace Outlay.Storage;

/// <summary>The PostgreSQL engine: several instances of the program on one server, or on a list of servers with one primary.</summary>
internal sealed class PostgresDatabase : Database
{
    /// <summary>The key of the advisory lock that only one migrating instance holds.</summary>
    private const long MigrationLock = 0x6F75746C6179; // "outlay"

    private readonly PostgresSettings _settings;
    private readonly TimeSpan _patience;
    private readonly DbDataSource _dataSource;

    public PostgresDatabase(PostgresSettings settings, TimeSpan patience)
    {
        _settings = settings;
        _patience = patience;
        var hosts = settings.Host.Split(',');
        Location = $"{string.Join(',', hosts.Select(host => HasPort(host) ? host : $"{host}:{settings.Port}"))}/{settings.Database}";
        var builder = new NpgsqlSlimDataSourceBuilder(new NpgsqlConnectionStringBuilder
        {
            Host = settings.Host,
            Port = settings.Port,
            Database = settings.Database,
            Username = settings.User,
            Password = settings.Password,
            ApplicationName = "outlay",
            // For each server of a list: one that is silent must leave time for the next. Whole seconds only: OpenAsync holds the exact limit.
            Timeout = hosts.Length == 1 ? (int)Math.Ceiling(patience.TotalSeconds) : Math.Max(1, (int)(patience / hosts.Length).TotalSeconds),
            CommandTimeout = 30,
            // A server, a database or an account can have other defaults. The statements rely on these.
            Options = $"-c lock_timeout={patience.TotalMilliseconds:F0} -c datestyle=ISO -c timezone=UTC -c standard_conforming_strings=on -c default_transaction_isolation=read\\ committed",
            MaxAutoPrepare = 50,
            AutoPrepareMinUsages = 2,
            // How long a server of a list is left alone that gave no answer, or that took no writes.
            HostRecheckSeconds = 5,
        }.ToString());
        // Only built-in types are in use: no query for the others at each first connection.
        builder.EnableTransportSecurity().ConfigureTypeLoading(types => types.EnableTypeLoading(false));
        // A list of servers is followed to whichever of them takes writes. A single server may stand behind a proxy, where asking
        // for its role would go wrong.
        _dataSource = hosts.Length > 1
            ? builder.BuildMultiHost().WithTargetSession(TargetSessionAttributes.ReadWrite)
            : builder.Build();
    }

    public override string Engine => "postgres";

    public override string Location { get; }

    public override string ForUpdate => " for update";

    public override string TimestampType => "timestamptz";

    protected override async Task<DbConnection> OpenAsync(CancellationToken token)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(token);
        limit.CancelAfter(_patience);
        try
        {
            return await _dataSource.OpenConnectionAsync(limit.Token);
        }
        catch (OperationCanceledException e) when (!token.IsCancellationRequested)
        {
            throw Unavailable($"PostgreSQL at {Location} gave no connection within {_patience.TotalSeconds} s.", e);
        }
    }

    protected override Task<IDisposable?> TakeTurnAsync(CancellationToken token) => Task.FromResult<IDisposable?>(null);

    protected override async Task<DbTransaction> BeginWriteAsync(DbConnection connection, CancellationToken token) =>
        await connection.BeginTransactionAsync(IsolationLevel.ReadCommitted, token);

    protected override async Task<DbTransaction> BeginSnapshotAsync(DbConnection connection, CancellationToken token) =>
        await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, token);

    protected override AppException? Explain(Exception exception) => exception switch
    {
        PostgresException { SqlState: PostgresErrorCodes.NumericValueOutOfRange } =>
            new AppException(ErrorCode.LimitExceeded, "The total of one category and currency would exceed 64 bits.", exception),
        PostgresException { SqlState: PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification } =>
            Unavailable($"PostgreSQL at {Location} refused the login of {_settings.User}: check DB_USER and DB_PASSWORD.", exception),
        PostgresException { SqlState: PostgresErrorCodes.InvalidCatalogName } =>
            Unavailable($"PostgreSQL has no database {Location}: create it, or set DB_NAME.", exception),
        PostgresException { SqlState: PostgresErrorCodes.InsufficientPrivilege } =>
            Unavailable($"{_settings.User} lacks a privilege in {Location}: grant it, or connect as the owner of the tables.", exception),
        PostgresException { SqlState: PostgresErrorCodes.DiskFull } =>
            Unavailable($"The disk of PostgreSQL at {Location} is full.", exception),
        PostgresException { SqlState: var state } when IsPassing(state) =>
            Unavailable($"PostgreSQL at {Location} cannot do this right now (SQLSTATE {state}).", exception),
        PostgresException => null,
        NpgsqlException { InnerException: TimeoutException } =>
            Unavailable($"PostgreSQL at {Location} did not answer in time.", exception),
        NpgsqlException or SocketException =>
            Unavailable($"PostgreSQL at {Location} cannot be reached: start it, or set DB_HOST and DB_PORT.", exception),
        _ => null,
    };

    // Without an answer of the server itself, the commit may have reached it.
    protected override bool IsOutcomeUnknown(Exception exception) =>
        exception is NpgsqlException and not PostgresException
            or PostgresException { SqlState: PostgresErrorCodes.TransactionResolutionUnknown or PostgresErrorCodes.AdminShutdown };

    public override async Task<IReadOnlyList<string>> ColumnsAsync(DbConnection connection, string table, CancellationToken token) =>
        await new Sql(
            """
            select attname::text from pg_attribute
            where attrelid = to_regclass(@table) and attnum > 0 and not attisdropped order by attnum
            """).With("@table", table).ListAsync(connection, row => row.GetString(0), token);

    public override async Task LockMigrationsAsync(DbConnection connection, CancellationToken token)
    {
        // Another instance may take long to migrate a big history.
        await new Sql("set local lock_timeout = 0").ExecuteAsync(connection, token);
        await new Sql("select pg_advisory_xact_lock(@key)").With("@key", MigrationLock).ExecuteAsync(connection, token);
    }

    public override Task LockAsync(DbConnection connection, string name, CancellationToken token) =>
        new Sql("select pg_advisory_xact_lock(hashtextextended(@name, 0))").With("@name", name).ExecuteAsync(connection, token);

    public override Task<bool> TryLockAsync(DbConnection connection, string name, CancellationToken token) =>
        new Sql("select pg_try_advisory_xact_lock(hashtextextended(@name, 0))").With("@name", name).ScalarAsync<bool>(connection, token);

    public override Task LockTableAsync(DbConnection connection, string table, CancellationToken token) =>
        new Sql($"lock table {table} in exclusive mode").ExecuteAsync(connection, token);

    public override async Task<long> SetAsideAsync(DbConnection connection, string table, string newName, CancellationToken token)
    {
        // Until nobody writes to it any more, the last id is not known.
        await new Sql($"lock table {table} in access exclusive mode").ExecuteAsync(connection, token);
        var columns = await ColumnsAsync(connection, table, token);
        var lastId = columns.Contains("id")
            ? await new Sql($"select greatest(coalesce(max(id), 0), coalesce(pg_sequence_last_value(pg_get_serial_sequence('{table}', 'id')::regclass), 0))::bigint from {table}")
                .ScalarAsync<long>(connection, token)
            : 0;
        // Names of indexes and sequences share one space with tables: they go aside too, so that the new table gets its own.
        await new Sql($"alter table {table} rename to {newName}").ExecuteAsync(connection, token);
        await new Sql($"alter index if exists {table}_pkey rename to {newName}_pkey").ExecuteAsync(connection, token);
        await new Sql($"alter sequence if exists {table}_id_seq rename to {newName}_id_seq").ExecuteAsync(connection, token);
        return lastId;
    }

    public override async Task<IReadOnlyList<long>> ReserveIdsAsync(DbConnection connection, string table, int count, CancellationToken token) =>
        // The name of the sequence is looked up once, not for every id.
        await new Sql(
            $"""
            with ids as materialized (select pg_get_serial_sequence('{table}', 'id')::regclass as sequence)
            select nextval(sequence) from ids, generate_series(1, @count)
            """).With("@count", count).ListAsync(connection, row => row.GetInt64(0), token);

    public override Task SkipIdsAsync(DbConnection connection, string table, long last, CancellationToken token) =>
        new Sql($"select setval(pg_get_serial_sequence('{table}', 'id'), greatest(@last, nextval(pg_get_serial_sequence('{table}', 'id'))))")
            .With("@last", last).ExecuteAsync(connection, token);

    public override async Task BulkInsertAsync<T>(
        DbConnection connection, string table, IReadOnlyList<string> columns, IEnumerable<T> rows, Action<BulkRow, T> write, CancellationToken token)
    {
        await using var importer = await ((NpgsqlConnection)connection)
            .BeginBinaryImportAsync($"copy {table} ({string.Join(", ", columns)}) from stdin (format binary)", token);
        var copied = new CopiedRow(importer);
        foreach (var row in rows)
        {
            token.ThrowIfCancellationRequested();
            importer.StartRow();
            write(copied, row);
        }

        await importer.CompleteAsync(token);
    }

    public override async Task<string?> CheckIntegrityAsync(DbConnection connection, CancellationToken token)
    {
        // Foreign keys are always enforced here; reading every value shows what the disk has lost, also of long ones kept apart.
        await new Sql("select coalesce(sum(length(description) + length(search_text) + coalesce(length(notes), 0)), 0)::bigint from expenses")
            .ScalarAsync<long>(connection, token);
        await new Sql("select coalesce(sum(length(tag) + length(tag_key)), 0)::bigint from expense_tags").ScalarAsync<long>(connection, token);
        return null;
    }

    public override ValueTask DisposeAsync() => _dataSource.DisposeAsync();

    /// <summary>Whether a name in the list of servers carries a port of its own; a bare address of IPv6 carries none.</summary>
    private static bool HasPort(string host) => host.Contains(']') ? host.Contains("]:", StringComparison.Ordinal) : host.Count(':') == 1;

    /// <summary>Connection trouble, too few resources, a lock or a deadlock, a shutdown, a standby: it passes by itself.</summary>
    private static bool IsPassing(string state) =>
        state.StartsWith("08", StringComparison.Ordinal) ||
        state.StartsWith("53", StringComparison.Ordinal) ||
        state.StartsWith("57", StringComparison.Ordinal) ||
        state.StartsWith("40", StringComparison.Ordinal) ||
        state is PostgresErrorCodes.LockNotAvailable or PostgresErrorCodes.ReadOnlySqlTransaction;

    private sealed class CopiedRow(NpgsqlBinaryImporter importer) : BulkRow
    {
        public override void Add(long value) => importer.Write(value);

        public override void Add(string? value) => importer.Write(value);

        public override void Add(DateOnly value) => importer.Write(value);

        public override void Add(DateTimeOffset value) => importer.Write(value);

        public override void Add(byte[] value) => importer.Write(value);
    }
}
