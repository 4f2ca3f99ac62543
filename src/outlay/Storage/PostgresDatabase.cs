using System.Data;
using System.Data.Common;
using Npgsql;

namespace Outlay.Storage;

/// <summary>The PostgreSQL engine: several instances of the program on one server, or on a list of servers with one primary.</summary>
internal sealed partial class PostgresDatabase : Database
{
    /// <summary>The key of the advisory lock that only one migrating instance holds.</summary>
    private const long MigrationLock = 0x6F75746C6179; // "outlay"

    /// <summary>How often to try to keep all others out: some twenty seconds.</summary>
    private const int MaxKeepOutTries = 40;

    private readonly PostgresSettings _settings;
    private readonly TimeSpan _patience;
    private readonly CircuitBreaker _breaker;
    private readonly PostgresPools _requests;
    private readonly PostgresPools _unlimited;

    public PostgresDatabase(PostgresSettings settings, TimeSpan patience, TimeProvider clock)
        : base(patience)
    {
        _settings = settings;
        _patience = patience;
        _breaker = new CircuitBreaker(clock);
        var password = new PostgresPassword(settings.Password);
        // Together fewer than the 100 that a server takes unless it is told otherwise. A statement ends before its request does, and after a lock that it waits for.
        _requests = PostgresSession.Open(settings, password, patience, statementTimeout: patience * 7 / 6, max: 60, suffix: "");
        _unlimited = PostgresSession.Open(settings, password, patience, statementTimeout: TimeSpan.Zero, max: 30, suffix: " unlimited");
    }

    public override string Engine => "postgres";

    public override string Location => PostgresSession.Location(_settings);

    public override string ForUpdate => " for update";

    public override string TimestampType => "timestamptz";

    public override CircuitState Circuit => _breaker.State;

    public override IReadOnlyList<ConnectionPool> Pools => [.. _requests.Now, .. _unlimited.Now];

    protected override async Task<DbConnection> OpenAsync(OwnerScope scope, bool forStream, CancellationToken token)
    {
        if (!_breaker.TryEnter())
            throw Unavailable($"{_breaker.LastFailure?.Message} It is tried again once a second.", _breaker.LastFailure);
        var pools = Deadline is null || forStream ? _unlimited : _requests;
        try
        {
            var connection = await ConnectAsync(pools, token);
            _breaker.Succeed();
            return new PostgresConnection(connection, scope);
        }
        catch (Exception e)
        {
            // That all connections are busy says nothing about the server.
            if ((e as AppException ?? Explain(e)) is not { } failure || pools.IsFull)
                _breaker.Abandon();
            else if (_breaker.Fail(failure))
            {
                // A connection of before would be taken for a success.
                _requests.Clear();
                _unlimited.Clear();
            }

            throw;
        }
    }

    private async Task<NpgsqlConnection> ConnectAsync(PostgresPools pools, CancellationToken token)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(token);
        limit.CancelAfter(_patience);
        try
        {
            return await pools.OpenAsync(limit.Token);
        }
        catch (OperationCanceledException e) when (!token.IsCancellationRequested)
        {
            pools.CountTimeout();
            if (pools.IsFull)
                throw Busy("Too many requests wait for a connection to the database.", e);
            throw Unavailable($"PostgreSQL at {Location} gave no connection within {_patience.TotalSeconds} s.", e);
        }
    }

    // The server was told how long it may take when the session began.
    protected override void LiftDeadline(DbConnection connection, CancellationToken token)
    {
    }

    protected override Task<IDisposable?> TakeTurnAsync(CancellationToken token) => Task.FromResult<IDisposable?>(null);

    protected override async Task<DbTransaction> BeginWriteAsync(DbConnection connection, CancellationToken token) =>
        await connection.BeginTransactionAsync(IsolationLevel.ReadCommitted, token);

    protected override async Task<DbTransaction> BeginSnapshotAsync(DbConnection connection, CancellationToken token) =>
        await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, token);

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
        await new Sql("select pg_advisory_xact_lock(@key)").With("@key", MigrationLock).WithoutLimit().ExecuteAsync(connection, token);
        // Whoever comes after a statement that waits for a table waits behind it, readers too.
        await new Sql("set local lock_timeout = '1s'").ExecuteAsync(connection, token);
    }

    public override Task LockAsync(DbConnection connection, string name, CancellationToken token) =>
        new Sql("select pg_advisory_xact_lock(hashtextextended(@name, 0))").With("@name", name).ExecuteAsync(connection, token);

    public override Task<bool> TryLockAsync(DbConnection connection, string name, CancellationToken token) =>
        new Sql("select pg_try_advisory_xact_lock(hashtextextended(@name, 0))").With("@name", name).ScalarAsync<bool>(connection, token);

    public override async Task<IAsyncDisposable?> TryHoldAsync(string name, CancellationToken token) =>
        await Explained(PostgresLock.TryTakeAsync(await Explained(OpenAsync(OwnerScope.All, forStream: false, token), token), name, token), token);

    public override async Task RequireOwnershipAsync(DbConnection connection, string why, string verb, CancellationToken token)
    {
        if (await PostgresRoles.OutOfReach().ScalarAsync<long>(connection, token) > 0)
            throw Unavailable($"{why}, and {_settings.User} does not own its tables: whoever does runs {verb}.", null);
    }

    public override async Task<string?> CreateRolesAsync(CancellationToken token)
    {
        try
        {
            await ReadAsync(OwnerScope.All, connection => CreateMissingRolesAsync(connection, token), token);
            var former = await WriteAsync(OwnerScope.All, async connection =>
            {
                await LockMigrationsAsync(connection, token);
                var schema = await new Sql("select quote_ident(current_schema())").ScalarAsync<string>(connection, token);
                if (await new Sql("select not pg_has_role(current_user, @owner, 'usage')").With("@owner", PostgresRoles.Owner).ScalarAsync<bool>(connection, token))
                    await new Sql($"grant {PostgresRoles.Owner} to current_user").ExecuteAsync(connection, token);
                var tables = await PostgresRoles.OfOthers().ListAsync(connection, row => row.GetString(0), token);
                var former = await PostgresRoles.FormerOwners().ListAsync(connection, row => row.GetString(0), token);
                await new Sql(PostgresRoles.TakeOver(schema, tables)).ExecuteAsync(connection, token);
                await new Sql(PostgresRoles.Grant(schema)).ExecuteAsync(connection, token);
                foreach (var login in former)
                    await new Sql(PostgresRoles.LetServe(login)).ExecuteAsync(connection, token);
                return former;
            }, token);
            return $"The roles {string.Join(", ", PostgresRoles.All)} have what they need." + string.Concat(former.Select(login =>
                $"\nThe tables belong to {PostgresRoles.Owner} now. {login}, who had them, is a member of {PostgresRoles.Application}: it serves as before, and does not migrate or restore."));
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

    public override async Task KeepOutAsync(DbConnection connection, IReadOnlyList<string> tables, CancellationToken token)
    {
        // Writers take the tables one after the other: whoever waits for all of them while they work meets them in a deadlock, which the server
        // looks for after a second. This gives up before that, lets go of what it has, and comes back.
        for (var tries = 1; ; tries++)
        {
            await new Sql("savepoint keep_out").ExecuteAsync(connection, token);
            try
            {
                await new Sql("set local lock_timeout = '300ms'").ExecuteAsync(connection, token);
                await new Sql($"lock table {string.Join(", ", tables)} in access exclusive mode").ExecuteAsync(connection, token);
                return;
            }
            catch (PostgresException e) when (IsLockTimeout(e) && tries < MaxKeepOutTries)
            {
                await new Sql("rollback to savepoint keep_out").ExecuteAsync(connection, token);
                await Task.Delay(RetryBudget.Pause, token);
            }
        }
    }

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
        var values = new PostgresColumns();
        foreach (var row in rows)
        {
            token.ThrowIfCancellationRequested();
            write(values, row);
            values.EndRow();
        }

        if (!values.IsEmpty)
            await values.Insert(table, columns).ExecuteAsync(connection, token);
    }

    // The server writes and reads the lines itself: they pass through as they are.
    public override async Task CopyOutAsync(DbConnection connection, TableLayout table, Stream output, CancellationToken token)
    {
        var columns = string.Join(", ", table.Columns.Select(TextOf));
        // The order of bytes, whatever language the database sorts in.
        var keys = table.Columns.Take(table.Keys).Select(column => column.Kind is ColumnKind.Text ? $"{column.Name} collate \"C\"" : column.Name);
        using var reader = (StreamReader)await (await ((PostgresConnection)connection).ForCopyAsync(token)).BeginTextExportAsync(
            $"copy (select {columns} from {table.Name} order by {string.Join(", ", keys)}) to stdout", token);
        await reader.BaseStream.CopyToAsync(output, token);
    }

    public override async Task CopyInAsync(
        DbConnection connection, TableLayout table, IAsyncEnumerable<ReadOnlyMemory<byte>> lines, CancellationToken token)
    {
        var columns = string.Join(", ", table.Columns.Select(column => column.Name));
        await using var writer = (StreamWriter)await (await ((PostgresConnection)connection).ForCopyAsync(token)).BeginTextImportAsync(
            $"copy {table.Name} ({columns}) from stdin", token);
        await foreach (var block in lines.WithCancellation(token))
            await writer.BaseStream.WriteAsync(block, token);
    }

    public override async Task<IReadOnlyList<string>> EmptyAsync(DbConnection connection, IReadOnlyList<string> tables, CancellationToken token)
    {
        await new Sql($"truncate {string.Join(", ", tables)}").ExecuteAsync(connection, token);
        // COPY does not pass the policies of a table: they stand aside meanwhile.
        var walled = await new Sql("select oid::regclass::text from pg_class where oid = any (string_to_array(@tables, ',')::regclass[]) and relrowsecurity")
            .With("@tables", string.Join(',', tables)).ListAsync(connection, row => row.GetString(0), token);
        foreach (var table in walled)
            await new Sql($"alter table {table} disable row level security").ExecuteAsync(connection, token);
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
        return
        [
            .. statements.OrderBy(statement => statement.IsReference).Select(statement => statement.Add),
            .. walled.Select(table => $"alter table {table} enable row level security"),
        ];
    }

    public override async Task<string?> CheckIntegrityAsync(DbConnection connection, CancellationToken token)
    {
        // Foreign keys are always enforced here; reading every value shows what the disk has lost, also of long ones kept apart.
        await new Sql("select coalesce(sum(length(description) + length(search_text) + coalesce(length(notes), 0)), 0)::bigint from expenses")
            .WithoutLimit().ScalarAsync<long>(connection, token);
        await new Sql("select coalesce(sum(length(tag) + length(tag_key)), 0)::bigint from expense_tags").WithoutLimit().ScalarAsync<long>(connection, token);
        return null;
    }

    public override async ValueTask DisposeAsync()
    {
        await _requests.DisposeAsync();
        await _unlimited.DisposeAsync();
    }

    private static string TextOf(ColumnLayout column) => column.Kind switch
    {
        ColumnKind.Date => $"to_char({column.Name}, 'YYYY-MM-DD')",
        ColumnKind.Time => $"to_char({column.Name} at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"')",
        ColumnKind.Bytes => $"'\\x' || encode({column.Name}, 'hex')",
        _ => column.Name,
    };
}
