using System.Data.Common;

namespace Outlay.Storage;

/// <summary>
/// The contract of a database engine: connections, the write transaction, bulk insert, and what its errors mean.
/// Everything that the two engines do differently is a member here; all other SQL is one text for both.
/// </summary>
/// <param name="patience">How long to wait for a connection, a lock, or the outcome of a commit before the database counts as unavailable.</param>
internal abstract partial class Database(TimeSpan patience) : IAsyncDisposable
{
    /// <summary>How long a verb waits for a connection or a lock, while a person looks on.</summary>
    public static readonly TimeSpan PatienceOfVerbs = TimeSpan.FromSeconds(10);

    /// <summary>How long a caller should wait before it tries an unavailable database again.</summary>
    public static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    /// <summary>The engine, as it is called in logs and in the folder of its migrations: sqlite or postgres.</summary>
    public abstract string Engine { get; }

    /// <summary>Where the data is, for a person to read; no password in it.</summary>
    public abstract string Location { get; }

    /// <summary>What a select appends to keep the row it read from changing until the transaction ends.</summary>
    public abstract string ForUpdate { get; }

    /// <summary>The type of a column that holds a moment in time.</summary>
    public abstract string TimestampType { get; }

    /// <param name="settings">Which engine, and where its data is.</param>
    /// <param name="patience">How long to wait for a connection or a lock before the database counts as unavailable.</param>
    /// <param name="clock">What measures it.</param>
    public static Database Open(Settings settings, TimeSpan patience, TimeProvider clock) =>
        settings.Postgres is { } postgres ? new PostgresDatabase(postgres, patience, clock) : new SqliteDatabase(settings.SqliteFile, patience, clock);

    /// <summary>Makes an embedded database that nobody needs after this run: nothing is done to let it survive a loss of power.</summary>
    /// <param name="file">A file that is not there yet.</param>
    public static Database OpenScratch(string file, TimeProvider clock) => new SqliteDatabase(file, PatienceOfVerbs, clock) { IsScratch = true };

    /// <summary>Opens a connection, ready for use, within the patience that it was given.</summary>
    /// <param name="scope">Whose rows are seen, where an engine knows.</param>
    /// <param name="forStream">Whether its statement may go on for longer than the request has time for the first row.</param>
    protected abstract Task<DbConnection> OpenAsync(OwnerScope scope, bool forStream, CancellationToken token);

    /// <summary>Lets the rest of a statement take longer than its request had time for its first row.</summary>
    protected abstract void LiftDeadline(DbConnection connection, CancellationToken token);

    /// <summary>Waits for the turn to write, where an engine knows only one writer. Null where it takes many.</summary>
    protected abstract Task<IDisposable?> TakeTurnAsync(CancellationToken token);

    protected abstract Task<DbTransaction> BeginWriteAsync(DbConnection connection, CancellationToken token);

    protected abstract Task<DbTransaction> BeginSnapshotAsync(DbConnection connection, CancellationToken token);

    /// <summary>What an exception of the engine means to a user; null when it is none of the engine's, or a fault in this program.</summary>
    protected abstract AppException? Explain(Exception exception);

    /// <summary>Whether attempts to connect are made.</summary>
    public virtual CircuitState Circuit => CircuitState.Closed;

    /// <summary>The connections to each server; none where the engine has no server.</summary>
    public virtual IReadOnlyList<ConnectionPool> Pools => [];

    /// <summary>How many writes wait for their turn, where an engine knows only one writer.</summary>
    public virtual int WaitingWriters => 0;

    /// <summary>Whether a transaction has failed that did nothing, and that may well succeed when it is run again at once.</summary>
    protected abstract bool DidNothing(Exception exception);

    /// <summary>Whether a session has ended that the server had taken: there are only so many, so a retry for each cannot multiply the load.</summary>
    protected virtual bool LostSession(Exception exception) => false;

    /// <summary>Whether a failed commit may have been stored all the same.</summary>
    protected abstract bool IsOutcomeUnknown(Exception exception);

    /// <summary>Whether another connection sees what became of a commit that failed so.</summary>
    protected virtual bool IsOutcomeSeen(Exception exception) => true;

    /// <summary>The names of a table's columns; none when there is no such table.</summary>
    public abstract Task<IReadOnlyList<string>> ColumnsAsync(DbConnection connection, string table, CancellationToken token);

    /// <summary>Keeps other instances from migrating until the transaction ends.</summary>
    public abstract Task LockMigrationsAsync(DbConnection connection, CancellationToken token);

    /// <summary>Takes a lock with a name, which others cannot take until the transaction ends; waits for it as long as for any lock.</summary>
    public abstract Task LockAsync(DbConnection connection, string name, CancellationToken token);

    /// <summary>As <see cref="LockAsync"/>, but does not wait.</summary>
    /// <returns>Whether the lock was taken.</returns>
    public abstract Task<bool> TryLockAsync(DbConnection connection, string name, CancellationToken token);

    /// <summary>
    /// Takes a lock with a name, for work that takes long: no transaction is open meanwhile. It is given back when the result is
    /// disposed, or when the process ends. Null when another instance has it.
    /// </summary>
    public abstract Task<IAsyncDisposable?> TryHoldAsync(string name, CancellationToken token);

    /// <summary>Throws <see cref="ErrorCode.Unavailable"/> when whoever is connected may not do what only the owner of the tables may.</summary>
    /// <param name="why">What is to be done, as the beginning of a sentence.</param>
    /// <param name="verb">The command that whoever owns them runs.</param>
    public abstract Task RequireOwnershipAsync(DbConnection connection, string why, string verb, CancellationToken token);

    /// <summary>Makes the roles that an engine keeps logins apart with, and gives each what it needs: again and again, with the same result.</summary>
    /// <returns>What a person should know about it; nothing where an engine has no roles.</returns>
    public abstract Task<string?> CreateRolesAsync(CancellationToken token);

    /// <summary>Whether a statement gave up because others kept the lock that it needs.</summary>
    public abstract bool IsLockTimeout(Exception exception);

    /// <summary>Keeps others from changing a table until the transaction ends.</summary>
    public abstract Task LockTableAsync(DbConnection connection, string table, CancellationToken token);

    /// <summary>Keeps others out of tables, readers too, until the transaction ends.</summary>
    public abstract Task KeepOutAsync(DbConnection connection, IReadOnlyList<string> tables, CancellationToken token);

    /// <summary>Sets a table of the original system aside under another name, with the names that belong to it.</summary>
    /// <returns>The last id that the table gave out; 0 when it gave none.</returns>
    public abstract Task<long> SetAsideAsync(DbConnection connection, string table, string newName, CancellationToken token);

    /// <summary>Takes ids out of a table's sequence, ascending, for rows that are about to be inserted in bulk.</summary>
    public abstract Task<IReadOnlyList<long>> ReserveIdsAsync(DbConnection connection, string table, int count, CancellationToken token);

    /// <summary>Makes sure that no id up to this one is given out again.</summary>
    public abstract Task SkipIdsAsync(DbConnection connection, string table, long last, CancellationToken token);

    /// <summary>Inserts many rows the fastest way the engine has.</summary>
    /// <param name="write">Adds the values of a row, in the order of the columns.</param>
    public abstract Task BulkInsertAsync<T>(
        DbConnection connection, string table, IReadOnlyList<string> columns, IEnumerable<T> rows, Action<BulkRow, T> write, CancellationToken token);

    /// <summary>Writes every row of a table as a line, in the order of its key.</summary>
    public abstract Task CopyOutAsync(DbConnection connection, TableLayout table, Stream output, CancellationToken token);

    /// <summary>Inserts the rows of these lines. Each block ends with the end of a line.</summary>
    public abstract Task CopyInAsync(
        DbConnection connection, TableLayout table, IAsyncEnumerable<ReadOnlyMemory<byte>> lines, CancellationToken token);

    /// <summary>
    /// Empties tables that are about to be filled, and takes off what an engine builds faster over all rows at once than row by
    /// row.
    /// </summary>
    /// <returns>The statements that put it back, in their order.</returns>
    public abstract Task<IReadOnlyList<string>> EmptyAsync(DbConnection connection, IReadOnlyList<string> tables, CancellationToken token);

    /// <summary>Asks the engine whether its own structures are intact; the first thing wrong, or null.</summary>
    public abstract Task<string?> CheckIntegrityAsync(DbConnection connection, CancellationToken token);

    public abstract ValueTask DisposeAsync();

    /// <param name="message">For whoever runs the program: it may tell where the database is.</param>
    /// <param name="inner">What the engine said; null when it said nothing.</param>
    protected static AppException Unavailable(string message, Exception? inner) =>
        new(ErrorCode.Unavailable, message, inner) { RetryAfter = RetryAfter, ForAnybody = "The database cannot be used right now. The log of the service says why, under this trace_id" };

    /// <param name="message">For everybody: it tells nothing of where the database is.</param>
    /// <param name="inner">What showed it; null for nothing.</param>
    protected static AppException Busy(string message, Exception? inner) =>
        new(ErrorCode.Unavailable, message, inner) { RetryAfter = RetryAfter, ForAnybody = message };
}
