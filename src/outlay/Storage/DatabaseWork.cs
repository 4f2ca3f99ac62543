using System.Data.Common;
using System.Runtime.CompilerServices;

namespace Outlay.Storage;

/// <content>How work runs on a database: within its time, again where that is safe, and with a commit that is never guessed about.</content>
internal abstract partial class Database
{
    private const string InDoubt =
        "The database did not say whether it stored the change, and cannot be asked now. Send it again with the same Idempotency-Key, or look whether it is there.";

    private static readonly AsyncLocal<Deadline?> s_deadline = new();

    private readonly RetryBudget _retries = new();

    /// <summary>When the present request has no more time; null for what runs in the background.</summary>
    protected static Deadline? Deadline => s_deadline.Value;

    private static TimeSpan TimeLeft => Deadline?.Left ?? Timeout.InfiniteTimeSpan;

    private static bool HasTimeLeft => Deadline is null || Deadline.Left > TimeSpan.Zero;

    /// <summary>
    /// Limits how long everything that the present request asks for may take together: reads, the work of writes, the way to the first row of
    /// a list. What runs in the background has no such limit.
    /// </summary>
    public static void LimitRequest(TimeSpan budget, TimeProvider clock) => s_deadline.Value = new Deadline(budget, clock);

    /// <summary>
    /// Runs reads on one connection, and again when it is lost: they must be no more than that.
    /// Throws <see cref="ErrorCode.Unavailable"/> when the database cannot be used.
    /// </summary>
    public Task<T> ReadAsync<T>(OwnerScope scope, Func<DbConnection, Task<T>> read, CancellationToken token) =>
        TryAsync(() =>
        {
            return InTimeAsync(RunAsync());

            async Task<T> RunAsync()
            {
                await using var connection = await Explained(OpenAsync(scope, forStream: false, token), token);
                return await read(connection);
            }
        }, repeatable: true, token);

    /// <summary>As <see cref="ReadAsync"/>, but once, and all statements see the data of one moment.</summary>
    public Task<T> SnapshotAsync<T>(OwnerScope scope, Func<DbConnection, Task<T>> read, CancellationToken token) =>
        TryAsync(() =>
        {
            return InTimeAsync(RunAsync());

            async Task<T> RunAsync()
            {
                await using var connection = await OpenAsync(scope, forStream: false, token);
                await using var transaction = await BeginSnapshotAsync(connection, token);
                return await read(connection);
            }
        }, repeatable: false, token);

    /// <summary>Asks whether the database answers. Throws as <see cref="ReadAsync"/> does.</summary>
    public Task ProbeAsync(CancellationToken token) =>
        ReadAsync(OwnerScope.All, connection => new Sql("select 1").ScalarAsync<int>(connection, token), token);

    /// <summary>Streams the rows of one statement: one consistent snapshot, at constant memory.</summary>
    public async IAsyncEnumerable<T> StreamAsync<T>(OwnerScope scope, Sql sql, Func<DbDataReader, T> map, [EnumeratorCancellation] CancellationToken token)
    {
        await using var stream = await TryAsync(
            () => InTimeAsync(OpenStreamAsync(scope, sql, token), late => late.DisposeAsync().AsTask()), repeatable: true, token);
        LiftDeadline(stream.Connection, token);
        var ended = false;
        try
        {
            while (await Explained(stream.Reader.ReadAsync(token), token))
                yield return map(stream.Reader);
            ended = true;
        }
        finally
        {
            // A reader that is left early would read on to the last row before it gives its connection back.
            if (!ended)
                stream.Command.Cancel();
        }
    }

    /// <summary>
    /// Runs one write transaction: all of it is stored when this returns, or nothing when it throws. Cancelling stops the
    /// work, but never the commit itself.
    /// Throws <see cref="ErrorCode.Unavailable"/>, or <see cref="ErrorCode.OutcomeUnknown"/> when the commit got no answer.
    /// </summary>
    public Task<T> WriteAsync<T>(OwnerScope scope, Func<DbConnection, Task<T>> write, CancellationToken token) =>
        WriteAsync(scope, (connection, _) => write(connection), null, repeatable: false, token);

    /// <summary>As the other, but when the commit got no answer, it finds out what became of it.</summary>
    /// <param name="write">What the transaction does, until its token stops it: with the caller, or when its time is over.</param>
    /// <param name="wasStored">
    /// Asked on another connection: waits until the transaction is over, then says whether it was stored. Null when nobody could tell.
    /// </param>
    /// <param name="repeatable">Whether <paramref name="write"/> can be run again when it was not stored.</param>
    /// <param name="token">Stops the work.</param>
    public Task<T> WriteAsync<T>(
        OwnerScope scope, Func<DbConnection, CancellationToken, Task<T>> write, Func<DbConnection, CancellationToken, Task<bool>>? wasStored, bool repeatable, CancellationToken token) =>
        TryAsync(async () =>
        {
            var result = default(T);
            var commit = new CommitPoint(token);
            var work = RunAsync();
            try
            {
                await InTimeAsync(work, repeatable, commit);
            }
            catch (Exception e) when (commit.IsPassed && (e is TimeoutException || IsOutcomeUnknown(e)))
            {
                if (!await WasStoredAsync(scope, IsOutcomeSeen(e) ? wasStored : null, e))
                    throw e is TimeoutException ? Busy("The database took too long to store the change, and did not store it.", e) : e;
            }

            return result!;

            // Goes on by itself when it is not waited for any longer, up to the commit.
            async Task RunAsync()
            {
                using var point = commit;
                using var turn = await TakeTurnAsync(commit.Token);
                await using var connection = await Explained(OpenAsync(scope, forStream: false, commit.Token), commit.Token);
                await using var transaction = await BeginWriteAsync(connection, commit.Token);
                result = await write(connection, commit.Token);
                commit.Token.ThrowIfCancellationRequested();
                commit.Pass();
                // A commit is not cancelled: half-way through nobody would know what it did.
                await SqlOperation.RunAsync(connection, "commit", () => transaction.CommitAsync(CancellationToken.None));
            }
        }, repeatable, token);

    /// <summary>Tries something until it succeeds, or there is no use in trying it again.</summary>
    private async Task<T> TryAsync<T>(Func<Task<T>> attempt, bool repeatable, CancellationToken token)
    {
        _retries.Earn();
        for (var tries = 1; ; tries++)
        {
            try
            {
                return await attempt();
            }
            catch (Exception e) when (repeatable && HasTimeLeft && DidNothing(e) && _retries.TrySpend(tries, isFree: LostSession(e)))
            {
                DatabaseMetrics.Retried();
                await Task.Delay(RetryBudget.Pause, token);
            }
            catch (Exception e) when (Explain(e) is { } failure)
            {
                // What a statement says that was stopped depends on the engine.
                token.ThrowIfCancellationRequested();
                throw failure;
            }
        }
    }

    /// <summary>
    /// Waits for work as long as the budget lasts. Work on a server that hangs cannot even be cancelled: it is left to itself then, and ends when
    /// the server or the connection does.
    /// </summary>
    /// <param name="discard">Takes what comes too late.</param>
    private static async Task<T> InTimeAsync<T>(Task<T> work, Func<T, Task>? discard = null)
    {
        try
        {
            return await work.WaitAsync(TimeLeft);
        }
        catch (TimeoutException e)
        {
            if (discard is not null)
                _ = DiscardAsync();
            throw Late(e);
        }

        async Task DiscardAsync() => await discard(await work);
    }

    /// <summary>As the other, of work that may be committing: that is given some time more.</summary>
    private async Task InTimeAsync(Task work, bool limited, CommitPoint commit)
    {
        try
        {
            await work.WaitAsync(limited ? TimeLeft : Timeout.InfiniteTimeSpan);
        }
        catch (TimeoutException e) when (commit.TryClose())
        {
            throw Late(e);
        }
        catch (TimeoutException)
        {
            await work.WaitAsync(patience / 2);
        }
    }

    /// <summary>The request has no more time.</summary>
    protected static AppException Late(Exception e) => Busy($"The database did not answer within {Deadline?.Budget.TotalSeconds} s.", e);

    /// <summary>Finds out whether a change was stored whose commit got no answer.</summary>
    private async Task<bool> WasStoredAsync(OwnerScope scope, Func<DbConnection, CancellationToken, Task<bool>>? wasStored, Exception failure) =>
        (wasStored is null ? null : await AskAsync(scope, wasStored)) ?? throw new AppException(ErrorCode.OutcomeUnknown, InDoubt, failure)
        {
            ForAnybody = InDoubt,
            RetryAfter = RetryAfter,
            Hint = wasStored is null ? "Look whether it was done, before you do it again." : "outlay history shows whether it is there: if it is not, do it again.",
        };

    /// <summary>Asks until there is an answer or the patience is over; null then.</summary>
    private async Task<bool?> AskAsync(OwnerScope scope, Func<DbConnection, CancellationToken, Task<bool>> wasStored)
    {
        // Not cancelled with the request: the caller is owed an answer that is true.
        using var limit = new CancellationTokenSource(patience);
        while (!limit.IsCancellationRequested)
        {
            try
            {
                return await RunAsync().WaitAsync(limit.Token);
            }
            catch (Exception e) when (e is AppException or OperationCanceledException || Explain(e) is not null)
            {
                await Task.WhenAny(Task.Delay(RetryBudget.Pause, limit.Token));
            }
        }

        return null;

        async Task<bool> RunAsync()
        {
            await using var connection = await OpenAsync(scope, forStream: false, limit.Token);
            // Cancelling it would wait for a server that hangs: it ends with its lock_timeout.
            return await wasStored(connection, CancellationToken.None);
        }
    }

    private async Task<OpenStream> OpenStreamAsync(OwnerScope scope, Sql sql, CancellationToken token)
    {
        var connection = await Explained(OpenAsync(scope, forStream: true, token), token);
        var command = sql.On(connection);
        try
        {
            return new OpenStream(connection, command, await sql.OpenAsync(command, token));
        }
        catch
        {
            await command.DisposeAsync();
            await connection.DisposeAsync();
            throw;
        }
    }

    protected async Task<T> Explained<T>(Task<T> task, CancellationToken token)
    {
        try
        {
            return await task;
        }
        catch (Exception e) when (Explain(e) is { } failure)
        {
            token.ThrowIfCancellationRequested();
            throw failure;
        }
    }

    /// <summary>A statement whose rows are being read.</summary>
    private sealed record OpenStream(DbConnection Connection, DbCommand Command, DbDataReader Reader) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            await Reader.DisposeAsync();
            await Command.DisposeAsync();
            await Connection.DisposeAsync();
        }
    }
}
