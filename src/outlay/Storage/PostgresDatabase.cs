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
    private readonly CircuitBreaker _breaker;
    private readonly NpgsqlDataSource _dataSource;
    private readonly PostgresPools _pools;

    public PostgresDatabase(PostgresSettings settings, TimeSpan patience, TimeProvider clock)
        : base(patience)
    {
        _settings = settings;
        _patience = patience;
        _breaker = new CircuitBreaker(clock);
        (_dataSource, _pools) = PostgresSession.Source(settings, patience);
    }

    public override string Engine => "postgres";

    public override string Location => PostgresSession.Location(_settings);

    public override string ForUpdate => " for update";

    public override string TimestampType => "timestamptz";

    public override CircuitState Circuit => _breaker.State;

    public override IReadOnlyList<ConnectionPool> Pools => _pools.Now;

    protected override async Task<DbConnection> OpenAsync(CancellationToken token)
    {
        if (!_breaker.TryEnter())
            throw Unavailable($"{_breaker.LastFailure?.Message} It is tried again once a second.", _breaker.LastFailure);
        try
        {
            var connection = await ConnectAsync(token);
            _breaker.Succeed();
            return connection;
        }
        catch (Exception e)
        {
            if ((e as AppException ?? Explain(e)) is not { } failure)
                _breaker.Abandon();
            else if (_breaker.Fail(failure))
                // A connection of before would be taken for a success.
                _dataSource.Clear();
            throw;
        }
    }

    private async Task<DbConnection> ConnectAsync(CancellationToken token)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(token);
        limit.CancelAfter(_patience);
        try
        {
            return await _pools.WaitAsync(_dataSource.OpenConnectionAsync(limit.Token));
        }
        catch (OperationCanceledException e) when (!token.IsCancellationRequested)
        {
            _pools.CountTimeout();
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
            Unavailable($"{_settings.User} lacks a privilege in {Location}: grant it, or connect as the owner of the tables. After an upgrade, the owner runs outlay migrate.", exception),
        PostgresException { SqlState: PostgresErrorCodes.DiskFull } =>
            Unavailable($"The disk of PostgreSQL at {Location} is full.", exception),
        PostgresException { SqlState: PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown or PostgresErrorCodes.CannotConnectNow } =>
            Unavailable($"PostgreSQL at {Location} is stopping or starting, or ended the session: see that it runs, and try again.", exception),
        PostgresException { SqlState: var state } when IsPassing(state) =>
            Unavailable($"PostgreSQL at {Location} cannot do this right now (SQLSTATE {state}).", exception),
        PostgresException => null,
        NpgsqlException { InnerException: TimeoutException } =>
            Unavailable($"PostgreSQL at {Location} did not answer in time.", exception),
        NpgsqlException or SocketException =>
            Unavailable($"PostgreSQL at {Location} cannot be reached: start it, or set DB_HOST and DB_PORT.", exception),
        _ => null,
    };

    // A deadlock and a conflict are rolled back by the server. A connection that is lost before the commit takes its transaction along;
    // a server that does not answer in time would not answer a second time.
    protected override bool DidNothing(Exception exception) => exception switch
    {
        PostgresException { SqlState: var state } =>
            state is PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown ||
            state.StartsWith("08", StringComparison.Ordinal),
        NpgsqlException { InnerException: TimeoutException } => false,
        NpgsqlException { InnerException: IOException or SocketException } => true,
        _ => false,
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
        // Whoever comes after a statement that waits for a table waits behind it, readers too.
        await new Sql("set local lock_timeout = '1s'").ExecuteAsync(connection, token);
    }

    public override bool IsLockTimeout(Exception exception) => exception is PostgresException { SqlState: PostgresErrorCodes.LockNotAvailable };

    public override Task LockAsync(DbConnection connection, string name, CancellationToken token) =>
        new Sql("select pg_advisory_xact_lock(hashtextextended(@name, 0))").With("@name", name).ExecuteAsync(connection, token);

    public override Task<bool> TryLockAsync(DbConnection connection, string name, CancellationToken token) =>
        new Sql("select pg_try_advisory_xact_lock(hashtextextended(@name, 0))").With("@name", name).ScalarAsync<bool>(connection, token);

    public override async Task<string?> CreateRolesAsync(CancellationToken token)
    {
        try
        {
            await ReadAsync(connection => CreateMissingRolesAsync(connection, token), token);
            await WriteAsync(async connection =>
            {
                await LockMigrationsAsync(connection, token);
                var schema = await new Sql("select quote_ident(current_schema())").ScalarAsync<string>(connection, token);
                if (await new Sql("select not pg_has_role(current_user, @owner, 'usage')").With("@owner", PostgresRoles.Owner).ScalarAsync<bool>(connection, token))
                    await new Sql($"grant {PostgresRoles.Owner} to current_user").ExecuteAsync(connection, token);
                var tables = await PostgresRoles.OfOthers().ListAsync(connection, row => row.GetString(0), token);
                await new Sql(PostgresRoles.TakeOver(schema, tables)).ExecuteAsync(connection, token);
                return await new Sql(PostgresRoles.Grant(schema)).ExecuteAsync(connection, token);
            }, token);
            return $"The roles {string.Join(", ", PostgresRoles.All)} have what they need.";
        }
        catch (AppException e) when (e.InnerException is PostgresException { SqlState: PostgresErrorCodes.InsufficientPrivilege })
        {
            return $"{_settings.User} may not make the roles {string.Join(", ", PostgresRoles.All)}: everything works without them. " +
                "To have them, run outlay migrate once as a superuser, or as the owner of the database with CREATEROLE.";
        }
    }

    private static async Task<int> CreateMissingRolesAsync(DbConnection connection, CancellationToken token)
    {
        var there = await new Sql("select rolname::text from pg_roles").ListAsync(connection, row => row.GetString(0), token);
        var isSuperuser = await new Sql("select rolsuper from pg_roles where rolname = current_user").ScalarAsync<bool>(connection, token);
        var missing = PostgresRoles.All.Except(there).ToList();
        foreach (var role in missing)
        {
            try
            {
                await new Sql(PostgresRoles.Create(role)).ExecuteAsync(connection, token);
                if (role == PostgresRoles.Monitoring && isSuperuser)
                    await new Sql(PostgresRoles.ShowFigures).ExecuteAsync(connection, token);
            }
            catch (PostgresException e) when (e.SqlState is PostgresErrorCodes.DuplicateObject or PostgresErrorCodes.UniqueViolation)
            {
                // All databases of a server share its roles: another one was faster.
            }
        }

        return missing.Count;
    }

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

    public override async Task<IReadOnlyList<long>> ReserveIdsAsync(DbConnection connection, CancellationToken token, params IReadOnlyList<string> tables) =>
        await new Sql($"values {string.Join(", ", tables.Select(table => $"(nextval(pg_get_serial_sequence('{table}', 'id')))"))}")
            .ListAsync(connection, row => row.GetInt64(0), token);

    public override Task SkipIdsAsync(DbConnection connection, string table, long last, CancellationToken token) =>
        new Sql($"select setval(pg_get_serial_sequence('{table}', 'id'), greatest(@last, nextval(pg_get_serial_sequence('{table}', 'id'))))")
            .With("@last", last).ExecuteAsync(connection, token);

    public override async Task BulkInsertAsync<T>(
        DbConnection connection, string table, IReadOnlyList<string> columns, IEnumerable<T> rows, Action<BulkRow, T> write, CancellationToken token)
    {
        var copy = new PostgresCopyRow((short)columns.Count);
        await using var stream = await ((NpgsqlConnection)connection)
            .BeginRawBinaryCopyAsync($"copy {table} ({string.Join(", ", columns)}) from stdin (format binary)", token);
        copy.Begin();
        foreach (var row in rows)
        {
            token.ThrowIfCancellationRequested();
            copy.BeginRow();
            write(copy, row);
            if (copy.IsFull)
                await stream.WriteAsync(copy.Take(), token);
        }

        copy.End();
        await stream.WriteAsync(copy.Take(), token);
    }

    // The server writes and reads the lines itself: they pass through as they are.
    public override async Task CopyOutAsync(DbConnection connection, TableLayout table, Stream output, CancellationToken token)
    {
        var columns = string.Join(", ", table.Columns.Select(TextOf));
        // The order of bytes, whatever language the database sorts in.
        var keys = table.Columns.Take(table.Keys).Select(column => column.Kind is ColumnKind.Text ? $"{column.Name} collate \"C\"" : column.Name);
        using var reader = (StreamReader)await ((NpgsqlConnection)connection).BeginTextExportAsync(
            $"copy (select {columns} from {table.Name} order by {string.Join(", ", keys)}) to stdout", token);
        await reader.BaseStream.CopyToAsync(output, token);
    }

    public override async Task CopyInAsync(
        DbConnection connection, TableLayout table, IAsyncEnumerable<ReadOnlyMemory<byte>> lines, CancellationToken token)
    {
        var columns = string.Join(", ", table.Columns.Select(column => column.Name));
        await using var writer = (StreamWriter)await ((NpgsqlConnection)connection).BeginTextImportAsync(
            $"copy {table.Name} ({columns}) from stdin", token);
        await foreach (var block in lines.WithCancellation(token))
            await writer.BaseStream.WriteAsync(block, token);
    }

    public override async Task<IReadOnlyList<string>> EmptyAsync(DbConnection connection, IReadOnlyList<string> tables, CancellationToken token)
    {
        await new Sql($"truncate {string.Join(", ", tables)}").ExecuteAsync(connection, token);
        // References go first and come back last; they need the keys of other tables.
        var statements = await new Sql(
            """
            select format('alter table %s drop constraint %I', conrelid::regclass, conname),
                   format('alter table %s add constraint %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid)), contype = 'f'
            from pg_constraint where conrelid = any (string_to_array(@tables, ',')::regclass[]) and contype in ('p', 'u', 'f')
            union all
            select format('drop index %s', indexrelid::regclass), pg_get_indexdef(indexrelid), false
            from pg_index where indrelid = any (string_to_array(@tables, ',')::regclass[]) and not exists (select from pg_constraint where conindid = indexrelid)
            order by 3 desc
            """).With("@tables", string.Join(',', tables))
            .ListAsync(connection, row => (Drop: row.GetString(0), Add: row.GetString(1), IsReference: row.GetBoolean(2)), token);
        foreach (var statement in statements)
            await new Sql(statement.Drop).ExecuteAsync(connection, token);
        return [.. statements.OrderBy(statement => statement.IsReference).Select(statement => statement.Add)];
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

    /// <summary>Connection trouble, too few resources, a lock or a deadlock, a shutdown, a standby: it passes by itself.</summary>
    private static bool IsPassing(string state) =>
        state.StartsWith("08", StringComparison.Ordinal) ||
        state.StartsWith("53", StringComparison.Ordinal) ||
        state.StartsWith("57", StringComparison.Ordinal) ||
        state.StartsWith("40", StringComparison.Ordinal) ||
        state is PostgresErrorCodes.LockNotAvailable or PostgresErrorCodes.ReadOnlySqlTransaction;

    private static string TextOf(ColumnLayout column) => column.Kind switch
    {
        ColumnKind.Date => $"to_char({column.Name}, 'YYYY-MM-DD')",
        ColumnKind.Time => $"to_char({column.Name} at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"')",
        ColumnKind.Bytes => $"'\\x' || encode({column.Name}, 'hex')",
        _ => column.Name,
    };
}
