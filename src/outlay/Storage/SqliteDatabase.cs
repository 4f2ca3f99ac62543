using System.Data;
using System.Data.Common;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Outlay.Storage;

/// <summary>The embedded engine: one file, many readers, one writer at a time.</summary>
internal sealed partial class SqliteDatabase : Database
{
    /// <summary>What a connection keeps of the file in memory, in KiB.</summary>
    private const int CacheSize = 2_000;

    /// <summary>The same during a bulk insert, which goes all over the indexes.</summary>
    private const int BulkCacheSize = 16_000;

    /// <summary>How many steps of its machine a statement makes between two looks at the time: some hundredths of a millisecond.</summary>
    private const int StepsBetweenLooks = 10_000;

    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly string _file;
    private readonly TimeSpan _patience;
    private readonly TimeProvider _clock;
    private readonly string _connectionString;

    private int _waiting;

    /// <summary>Since when whoever has the turn has been waiting.</summary>
    private long _waitingSince;

    /// <param name="file">The database file; it and its folder are made when they do not exist.</param>
    /// <param name="patience">How long a writer waits in all: for the writers of this process, and for another process to give up its lock.</param>
    /// <param name="clock">What measures the patience.</param>
    public SqliteDatabase(string file, TimeSpan patience, TimeProvider clock)
        : base(patience)
    {
        _file = file;
        _patience = patience;
        _clock = clock;
        _connectionString = new SqliteConnectionStringBuilder
        {
            DataSource = file,
            ForeignKeys = true,
            // The provider waits by sleeping in coarse steps; the engine's own busy timeout does better, so this one only ends it.
            DefaultTimeout = 1,
        }.ToString();
    }

    /// <summary>Whether the database may be lost: it is written without a journal then, and not flushed.</summary>
    public bool IsScratch { get; init; }

    public override int WaitingWriters => _waiting;

    public override string Engine => "sqlite";

    public override string Location => _file;

    public override string ForUpdate => "";

    public override string TimestampType => "text";

    // Whoever can open the file has all of it: the scope is kept by the statements alone.
    protected override async Task<DbConnection> OpenAsync(OwnerScope scope, bool forStream, CancellationToken token)
    {
        CreateFile();
        var connection = new SqliteConnection(_connectionString);
        try
        {
            await connection.OpenAsync(token);
            // WAL lets readers and the writer work side by side. FULL makes a commit survive a loss of power:
            // with NORMAL the last commits before it can be lost.
            // A part of opening: nobody wants it measured beside the statements.
            await using var pragmas = new Sql(
                $"pragma busy_timeout = {_patience.TotalMilliseconds:F0}; pragma journal_mode = {(IsScratch ? "off" : "wal")}; " +
                $"pragma synchronous = {(IsScratch ? "off" : "full")}; pragma cache_size = -{CacheSize}").On(connection);
            await pragmas.ExecuteNonQueryAsync(token);
            Interrupt(connection, Deadline, token);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    protected override void LiftDeadline(DbConnection connection, CancellationToken token) => Interrupt((SqliteConnection)connection, null, token);

    protected override async Task<IDisposable?> TakeTurnAsync(CancellationToken token)
    {
        var start = _clock.GetTimestamp();
        Interlocked.Increment(ref _waiting);
        try
        {
            if (!await _turn.WaitAsync(_patience, token))
                throw Busy("Too many writes are waiting for the database.", null);
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }

        _waitingSince = start;
        return new Turn(_turn);
    }

    protected override Task<DbTransaction> BeginWriteAsync(DbConnection connection, CancellationToken token)
    {
        var left = _patience - _clock.GetElapsedTime(_waitingSince);
        return Task.FromResult<DbTransaction>(new SqliteWriteTransaction((SqliteConnection)connection, left < TimeSpan.Zero ? TimeSpan.Zero : left));
    }

    protected override Task<DbTransaction> BeginSnapshotAsync(DbConnection connection, CancellationToken token) =>
        Task.FromResult<DbTransaction>(((SqliteConnection)connection).BeginTransaction(IsolationLevel.Serializable, deferred: true));

    protected override AppException? Explain(Exception exception) => exception switch
    {
        SqliteException { SqliteErrorCode: raw.SQLITE_BUSY or raw.SQLITE_LOCKED } =>
            Unavailable($"The database {_file} is locked by another process.", exception),
        SqliteException { SqliteErrorCode: raw.SQLITE_INTERRUPT } => Late(exception),
        SqliteException { SqliteErrorCode: raw.SQLITE_FULL } =>
            Unavailable($"The disk that holds {_file} is full.", exception),
        SqliteException { SqliteErrorCode: raw.SQLITE_CANTOPEN or raw.SQLITE_READONLY or raw.SQLITE_PERM } =>
            Unavailable($"The database {_file} cannot be opened or written: it may belong to another user. Check its permissions and those of its folder, or set DATA_DIR to a folder of your own.", exception),
        SqliteException { SqliteErrorCode: raw.SQLITE_IOERR } =>
            Unavailable($"The disk that holds {_file} does not answer as it should.", exception),
        SqliteException { SqliteErrorCode: raw.SQLITE_CORRUPT or raw.SQLITE_NOTADB } =>
            new AppException(ErrorCode.Inconsistent, $"{_file} is damaged or not an Outlay database. Keep a copy of it and restore a backup.", exception),
        SqliteException { SqliteExtendedErrorCode: raw.SQLITE_CONSTRAINT | (12 << 8) } =>
            new AppException(ErrorCode.LimitExceeded, "The total of one category and currency would exceed 64 bits.", exception),
        _ => null,
    };

    // What can pass by itself was waited for already.
    protected override bool DidNothing(Exception exception) => false;

    // The disk may have taken the end of the change, and said that it has not. Nobody sees it now; after a loss of power or of the process it would
    // be there, unless another change was written in its place.
    protected override bool IsOutcomeUnknown(Exception exception) => exception is SqliteException { SqliteErrorCode: raw.SQLITE_IOERR };

    protected override bool IsOutcomeSeen(Exception exception) => !IsOutcomeUnknown(exception);

    public override async Task<IReadOnlyList<string>> ColumnsAsync(DbConnection connection, string table, CancellationToken token) =>
        await new Sql("select name from pragma_table_info(@table)").With("@table", table)
            .ListAsync(connection, row => row.GetString(0), token);

    // A write transaction keeps all others out of everything.
    public override Task LockMigrationsAsync(DbConnection connection, CancellationToken token) => Task.CompletedTask;

    // It waits for the one lock there is as long as it was told to.
    public override bool IsLockTimeout(Exception exception) => false;

    public override Task LockAsync(DbConnection connection, string name, CancellationToken token) => Task.CompletedTask;

    public override Task<bool> TryLockAsync(DbConnection connection, string name, CancellationToken token) => Task.FromResult(true);

    // Each statement and each snapshot sees one state, whatever others do: nothing has to wait.
    public override Task<IAsyncDisposable?> TryHoldAsync(string name, CancellationToken token) => Task.FromResult<IAsyncDisposable?>(new NothingHeld());

    // Whoever may open the file may do everything.
    public override Task RequireOwnershipAsync(DbConnection connection, string why, string verb, CancellationToken token) => Task.CompletedTask;

    public override Task<string?> CreateRolesAsync(CancellationToken token) => Task.FromResult<string?>(null);

    public override Task LockTableAsync(DbConnection connection, string table, CancellationToken token) => Task.CompletedTask;

    public override Task KeepOutAsync(DbConnection connection, IReadOnlyList<string> tables, CancellationToken token) => Task.CompletedTask;

    public override async Task<long> SetAsideAsync(DbConnection connection, string table, string newName, CancellationToken token)
    {
        var columns = await ColumnsAsync(connection, table, token);
        await new Sql($"alter table {table} rename to {newName}").ExecuteAsync(connection, token);
        var last = columns.Contains("id")
            ? await new Sql($"select coalesce(max(id), 0) from {newName}").ScalarAsync<long>(connection, token)
            : 0;
        // The engine keeps the last id only of tables that never use one again, and this list only once there is such a table.
        return (await ColumnsAsync(connection, "sqlite_sequence", token)).Count == 0 ? last : Math.Max(last, await LastIdAsync(connection, newName, token));
    }

    public override async Task<IReadOnlyList<long>> ReserveIdsAsync(DbConnection connection, string table, int count, CancellationToken token)
    {
        var last = await LastIdAsync(connection, table, token);
        await SkipIdsAsync(connection, table, last + count, token);
        return [.. Enumerable.Range(1, count).Select(offset => last + offset)];
    }

    public override async Task SkipIdsAsync(DbConnection connection, string table, long last, CancellationToken token)
    {
        var raised = await new Sql("update sqlite_sequence set seq = max(seq, @last) where name = @table")
            .With("@last", last).With("@table", table).ExecuteAsync(connection, token);
        if (raised == 0)
            await new Sql("insert into sqlite_sequence (name, seq) values (@table, @last)")
                .With("@last", last).With("@table", table).ExecuteAsync(connection, token);
    }

    public override async Task BulkInsertAsync<T>(
        DbConnection connection, string table, IReadOnlyList<string> columns, IEnumerable<T> rows, Action<BulkRow, T> write, CancellationToken token)
    {
        await new Sql($"pragma cache_size = -{BulkCacheSize}").ExecuteAsync(connection, token);
        using var insert = new PreparedInsert((SqliteConnection)connection, table, columns);
        await SqlOperation.RunAsync(connection, insert.Text, () =>
        {
            foreach (var row in rows)
            {
                token.ThrowIfCancellationRequested();
                write(insert, row);
                insert.EndRow();
            }

            return Task.CompletedTask;
        });
    }

    public override Task CopyOutAsync(DbConnection connection, TableLayout table, Stream output, CancellationToken token) =>
        SqliteCopy.OutAsync((SqliteConnection)connection, table, output, token);

    public override async Task CopyInAsync(
        DbConnection connection, TableLayout table, IAsyncEnumerable<ReadOnlyMemory<byte>> lines, CancellationToken token)
    {
        await new Sql($"pragma cache_size = -{BulkCacheSize}").ExecuteAsync(connection, token);
        await SqliteCopy.InAsync((SqliteConnection)connection, table, lines, token);
    }

    public override async Task<IReadOnlyList<string>> EmptyAsync(DbConnection connection, IReadOnlyList<string> tables, CancellationToken token)
    {
        var statements = new List<string>();
        foreach (var table in tables)
        {
            var indexes = await new Sql("select name, sql from sqlite_master where type = 'index' and tbl_name = @table and sql is not null")
                .With("@table", table).ListAsync(connection, row => (Name: row.GetString(0), Sql: row.GetString(1)), token);
            foreach (var (name, sql) in indexes)
            {
                await new Sql($"drop index {name}").ExecuteAsync(connection, token);
                statements.Add(sql);
            }

            await new Sql($"delete from {table}").WithoutLimit().ExecuteAsync(connection, token);
        }

        return statements;
    }

    public override async Task<string?> CheckIntegrityAsync(DbConnection connection, CancellationToken token)
    {
        var answer = await new Sql("pragma integrity_check(1)").ScalarAsync<string>(connection, token);
        if (answer != "ok")
            return answer;
        var orphans = await new Sql("select count(*) from pragma_foreign_key_check").ScalarAsync<long>(connection, token);
        return orphans == 0 ? null : $"{Plural.Of(orphans, "row")} {Plural.Verb(orphans, "refers", "refer")} to rows that do not exist";
    }

    public override ValueTask DisposeAsync()
    {
        using var connection = new SqliteConnection(_connectionString);
        SqliteConnection.ClearPool(connection);
        _turn.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>
    /// The engine works in the thread of its caller, where nothing else can stop a statement. A commit is too short to be stopped.
    /// A connection that comes out of the pool still has what was set before.
    /// </summary>
    private static void Interrupt(SqliteConnection connection, Deadline? deadline, CancellationToken token)
    {
        if (deadline is null && !token.CanBeCanceled)
            raw.sqlite3_progress_handler(connection.Handle, 0, null, null);
        else
            raw.sqlite3_progress_handler(connection.Handle, StepsBetweenLooks, _ => token.IsCancellationRequested || deadline?.Left == TimeSpan.Zero ? 1 : 0, null);
    }

    /// <summary>The engine would make a file that everybody can read. What it puts beside the file gets the permissions of the file.</summary>
    private void CreateFile()
    {
        try
        {
            PrivateFolder.Create(Path.GetDirectoryName(_file)!);
            if (!File.Exists(_file))
                PrivateFile.Create(_file).Dispose();
        }
        catch (IOException) when (File.Exists(_file))
        {
            // Another process was faster.
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unavailable(
                $"There is no book of yours in {Path.GetDirectoryName(_file)}, and none can be made: {PathFailure.Reason(e, _file)}. If it belongs to somebody else, set DATA_DIR to a folder of your own.", e);
        }
    }

    /// <summary>The last id that a table has given out.</summary>
    private static Task<long> LastIdAsync(DbConnection connection, string table, CancellationToken token) =>
        new Sql("select coalesce(max(seq), 0) from sqlite_sequence where name = @table").With("@table", table).ScalarAsync<long>(connection, token);

    private sealed class NothingHeld : IAsyncDisposable
    {
        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }

    private sealed class Turn(SemaphoreSlim semaphore) : IDisposable
    {
        public void Dispose() => semaphore.Release();
    }
}
