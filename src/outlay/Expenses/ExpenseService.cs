using System.Data.Common;
using Outlay.History;
using Outlay.Reports;
using Outlay.Storage;

namespace Outlay.Expenses;

/// <summary>The rules about who may change what, and the transaction that keeps expenses and totals together: the only writer.</summary>
internal sealed class ExpenseService(Database database, TimeProvider clock, Settings settings)
{
    /// <summary>The owner of everything while no keys exist.</summary>
    public const string DefaultOwner = "default";

    /// <summary>How many expenses one bulk insert takes: what an import holds in memory.</summary>
    public const int BatchSize = 5_000;

    /// <summary>The largest page of a list.</summary>
    public const int MaxPageSize = 500;

    /// <summary>What a patch is tried on before there is an expense.</summary>
    private static readonly ExpenseDraft s_anyDraft = new() { Date = "2000-01-01", Description = "-", Amount = "1" };

    /// <summary>Records an expense. Throws <see cref="ErrorCode.InvalidInput"/> with every fault.</summary>
    public async Task<Expense> AddAsync(Caller caller, ExpenseDraft draft, CancellationToken token)
    {
        // Bad input neither waits for the turn to write nor takes it from others.
        if (!IsGood(draft) && !await IsKnownAsync(caller, token))
            Check(draft, await CurrencyAsync(caller.Owner, token));
        return await ChangeOneAsync(caller, ChangeAction.Create, async change =>
        {
            var content = Check(draft, await CurrencyAsync(change.Connection, caller.Owner, token));
            var id = await ExpenseStore.InsertAsync(change.Connection, caller.Owner, content, change.Now, token);
            var expense = new Expense(id, content, 1, change.Now, change.Now, null);
            change.Totals.Add(content);
            await change.History.AddAsync(expense, token);
            return expense;
        }, token);
    }

    /// <summary>
    /// Records many expenses in one transaction, at constant memory: all of them, or none when the sequence throws.
    /// On PostgreSQL, others who change the same totals wait only for its end; on SQLite every writer waits for all of it.
    /// </summary>
    /// <returns>How many there were.</returns>
    public Task<long> AddManyAsync(Caller caller, IAsyncEnumerable<ExpenseContent> contents, CancellationToken token) =>
        AddManyAsync(caller, contents, (_, batch) => Task.FromResult<IReadOnlyList<ExpenseContent>>(batch), finish: null, token);

    /// <summary>As the other, of what is chosen in the transaction: no other import of this owner runs at the same time.</summary>
    /// <param name="choose">What is recorded of a batch.</param>
    /// <param name="finish">Runs in the transaction after the last batch; null for nothing.</param>
    public Task<long> AddManyAsync<T>(
        Caller caller, IAsyncEnumerable<T> rows, Func<DbConnection, T[], Task<IReadOnlyList<ExpenseContent>>> choose, Func<DbConnection, Task>? finish,
        CancellationToken token) =>
        WriteAsync(caller, ChangeAction.Import, async change =>
        {
            var count = 0L;
            await database.LockAsync(change.Connection, $"import {caller.Owner}", token);
            await foreach (var batch in rows.InBatchesAheadAsync(BatchSize, token))
            {
                var contents = await choose(change.Connection, batch);
                if (contents.Count == 0)
                    continue;
                var ids = await database.ReserveIdsAsync(change.Connection, "expenses", contents.Count, token);
                // The history is worked out while the expenses are on their way to the database.
                var history = Task.Run(() => Record(change, ids, contents), token);
                await Task.WhenAll(history, ExpenseStore.InsertManyAsync(database, change.Connection, caller.Owner, ids, contents, change.Now, token));
                await change.History.AddManyAsync(await history, token);
                count += contents.Count;
            }

            if (finish is not null)
                await finish(change.Connection);
            return count;
        }, token, repeatable: false);

    /// <summary>One expense that counts. Throws <see cref="ErrorCode.NotFound"/>, also for one in the trash or of somebody else.</summary>
    public Task<Expense> GetAsync(string owner, long id, CancellationToken token) =>
        database.ReadAsync(OwnerScope.Of(owner), async connection =>
        {
            var expense = await ExpenseStore.FindAsync(connection, owner, id, token);
            return expense is { DeletedAt: null } ? expense : throw NotFound(id, expense);
        }, token);

    /// <summary>All that pass the filter, newest first, streamed at constant memory.</summary>
    public IAsyncEnumerable<Expense> ListAsync(string owner, ExpenseFilter filter, CancellationToken token) =>
        database.StreamAsync(OwnerScope.Of(owner), ExpenseStore.List(owner, filter), ExpenseStore.Read, token);

    /// <summary>All that pass the filter, oldest first, streamed at constant memory.</summary>
    public IAsyncEnumerable<Expense> ExportAsync(string owner, ExpenseFilter filter, CancellationToken token) =>
        database.StreamAsync(OwnerScope.Of(owner), ExpenseStore.Export(owner, filter), ExpenseStore.Read, token);

    /// <summary>Some of those that pass the filter, newest first.</summary>
    /// <param name="after">The last expense of the page before; null for the first page.</param>
    /// <param name="size">1 to <see cref="MaxPageSize"/>.</param>
    public Task<ExpensePage> PageAsync(string owner, ExpenseFilter filter, ExpenseCursor? after, int size, CancellationToken token) =>
        database.ReadAsync(OwnerScope.Of(owner), async connection =>
        {
            var rows = await ExpenseStore.List(owner, filter, after, size + 1).ListAsync(connection, ExpenseStore.Read, token);
            if (rows.Count <= size)
                return new ExpensePage(rows, null);
            rows.RemoveAt(size);
            return new ExpensePage(rows, new ExpenseCursor(rows[^1].Content.Date, rows[^1].Id));
        }, token);

    /// <summary>
    /// Changes an expense; what leaves everything as it is makes no version, and is on no record. Throws
    /// <see cref="ErrorCode.NotFound"/>, <see cref="ErrorCode.StaleVersion"/> or <see cref="ErrorCode.InvalidInput"/>.
    /// </summary>
    /// <param name="versions">The change is made only if the version is among these; null for any.</param>
    /// <param name="edit">Makes the new draft out of the present one.</param>
    public async Task<EditedExpense> ChangeAsync(
        Caller caller, long id, IReadOnlyCollection<long>? versions, Func<ExpenseDraft, ExpenseDraft> edit, CancellationToken token)
    {
        if (!IsGood(edit(s_anyDraft)) && !await IsKnownAsync(caller, token))
            await RefuseAsync(caller.Owner, id, versions, edit, token);
        var madeVersion = false;
        var edited = await ChangeOneAsync(caller, ChangeAction.Update, async change =>
        {
            madeVersion = false;
            var old = await LockAsync(change.Connection, caller.Owner, id, inTrash: false, versions, token);
            var content = Check(edit(ExpenseDraft.From(old.Content)), await CurrencyAsync(change.Connection, caller.Owner, token));
            if (HistoryContent.AreSame(content, old.Content))
                return old;
            await ExpenseStore.UpdateAsync(change.Connection, caller.Owner, id, content, change.Now, token);
            var expense = old with { Content = content, Version = old.Version + 1, UpdatedAt = change.Now };
            change.Totals.Remove(old.Content).Add(content);
            await change.History.AddAsync(expense, token);
            madeVersion = true;
            return expense;
        }, token);
        return new EditedExpense(edited, madeVersion);
    }

    /// <summary>Puts an expense into the trash.</summary>
    public Task<Expense> DeleteAsync(Caller caller, long id, IReadOnlyCollection<long>? versions, CancellationToken token) =>
        ChangeOneAsync(caller, ChangeAction.Delete, change => DeleteAsync(change, caller.Owner, id, versions, token), token);

    /// <summary>Puts several expenses into the trash: all of them, or none.</summary>
    public Task<IReadOnlyList<Expense>> DeleteAsync(Caller caller, IReadOnlyList<(long Id, IReadOnlyCollection<long>? Versions)> wanted, CancellationToken token) =>
        WriteAsync(caller, ChangeAction.Delete, async change =>
        {
            var deleted = new List<Expense>();
            // In the order of the ids, so that two who delete the same ones never wait for each other in a circle.
            foreach (var (id, versions) in wanted.OrderBy(expense => expense.Id))
                deleted.Add(await DeleteAsync(change, caller.Owner, id, versions, token));
            return (IReadOnlyList<Expense>)deleted;
        }, token);

    /// <summary>Takes an expense out of the trash, as it was.</summary>
    public Task<Expense> RestoreAsync(Caller caller, long id, IReadOnlyCollection<long>? versions, CancellationToken token) =>
        ChangeOneAsync(caller, ChangeAction.Restore, change => RestoreAsync(change, caller.Owner, id, versions, token), token);

    /// <summary>Takes several expenses out of the trash: all of them, or none.</summary>
    public Task<IReadOnlyList<Expense>> RestoreAsync(Caller caller, IReadOnlyList<long> ids, CancellationToken token) =>
        WriteAsync(caller, ChangeAction.Restore, async change =>
        {
            var restored = new List<Expense>();
            foreach (var id in ids.Order())
                restored.Add(await RestoreAsync(change, caller.Owner, id, null, token));
            return (IReadOnlyList<Expense>)restored;
        }, token);

    /// <summary>The currency of an expense of this owner that names none.</summary>
    public Task<Currency> CurrencyAsync(string owner, CancellationToken token) =>
        database.ReadAsync(OwnerScope.Of(owner), connection => CurrencyAsync(connection, owner, token), token);

    /// <summary>A change of one expense; one that the caller asks for again, under the same key, is not made again.</summary>
    private Task<Expense> ChangeOneAsync(
        Caller caller, ChangeAction action, Func<ExpenseChange, Task<Expense>> effect, CancellationToken token) =>
        WriteOnceAsync(caller, action, effect, ExpenseJson.ToJson, ExpenseJson.ReadExpense, token);

    /// <summary>As <see cref="WriteAsync"/>, but a change that the caller asks for again, under the same key, is not made again.</summary>
    /// <param name="write">Writes the result as what is kept beside the key.</param>
    /// <param name="read">Reads it back.</param>
    internal async Task<T> WriteOnceAsync<T>(
        Caller caller, ChangeAction action, Func<ExpenseChange, Task<T>> effect, Func<T, string> write, Func<string, T> read, CancellationToken token)
    {
        var result = await WriteAsync(caller, action, async change =>
        {
            if (caller.Key is not { } key)
                return await effect(change);
            if (!await database.TryLockAsync(change.Connection, $"key {caller.Owner} {key.Value}", token))
                throw new AppException(ErrorCode.KeyInUse, "A request with this Idempotency-Key is being worked on") { RetryAfter = Database.RetryAfter };
            if (await IdempotencyStore.FindAsync(change.Connection, caller.Owner, key.Value, change.Now, token) is { } earlier)
                return read(key.Replay(earlier));
            var made = await effect(change);
            await IdempotencyStore.InsertAsync(change.Connection, caller.Owner, key, write(made), change.Now, token);
            return made;
        }, token);
        if (caller.Key is { Replayed: true })
            ExpenseMetrics.Replayed();
        return result;
    }

    /// <summary>One change: the effect, what it does to the totals, and its place in the history are stored together or not at all.</summary>
    /// <param name="repeatable">Whether the effect can be run again when it was not stored.</param>
    internal async Task<T> WriteAsync<T>(
        Caller caller, ChangeAction action, Func<ExpenseChange, Task<T>> effect, CancellationToken token, bool repeatable = true)
    {
        HistoryWriter? history = null;
        var result = await database.WriteAsync(OwnerScope.Of(caller.Owner), async (connection, stop) =>
        {
            history = await HistoryWriter.BeginAsync(database, connection, caller, action, stop);
            var change = new ExpenseChange(connection, clock.GetUtcMilliseconds(), new TotalsChange(), history, stop);
            var made = await effect(change);
            await TotalsStore.ApplyAsync(connection, caller.Owner, change.Totals, stop);
            await history.FinishAsync(change.Now, stop);
            return made;
        }, (connection, limit) => history!.WasStoredAsync(connection, limit), repeatable, token);
        ExpenseMetrics.Changed(action, history!.Count, history.TestCount);
        return result;
    }

    /// <summary>Adds new expenses to the totals.</summary>
    /// <returns>What the history says of them.</returns>
    private static HistoryRow[] Record(ExpenseChange change, IReadOnlyList<long> ids, IReadOnlyList<ExpenseContent> contents)
    {
        foreach (var content in contents)
            change.Totals.Add(content);
        return change.History.Prepare(ids.Zip(contents, (id, content) => new HistoryEntry(id, 1, content, DeletedAt: null)));
    }

    private async Task<Currency> CurrencyAsync(DbConnection connection, string owner, CancellationToken token) =>
        await ExpenseStore.OwnerCurrencyAsync(connection, owner, token) ?? settings.DefaultCurrency;

    private async Task<Expense> LockAsync(
        DbConnection connection, string owner, long id, bool inTrash, IReadOnlyCollection<long>? versions, CancellationToken token)
    {
        await ExpenseStore.LockAsync(connection, owner, id, database.ForUpdate, token);
        var expense = await ExpenseStore.FindAsync(connection, owner, id, token);
        if (expense is null || inTrash != expense.DeletedAt.HasValue)
            throw inTrash ? NotInTrash(id, expense) : NotFound(id, expense);
        if (versions is not null && !versions.Contains(expense.Version))
            throw new AppException(ErrorCode.StaleVersion, $"Expense {id} is at version {expense.Version} now: somebody changed it since you read it")
            {
                Conflict = await VersionConflict.FindAsync(connection, owner, expense, versions, token),
            };
        return expense;
    }

    private async Task<Expense> DeleteAsync(
        ExpenseChange change, string owner, long id, IReadOnlyCollection<long>? versions, CancellationToken token)
    {
        var old = await LockAsync(change.Connection, owner, id, inTrash: false, versions, token);
        await ExpenseStore.SetDeletedAsync(change.Connection, owner, id, change.Now, change.Now, token);
        var expense = old with { Version = old.Version + 1, UpdatedAt = change.Now, DeletedAt = change.Now };
        change.Totals.Remove(old.Content);
        await change.History.AddAsync(expense, token);
        return expense;
    }

    private async Task<Expense> RestoreAsync(
        ExpenseChange change, string owner, long id, IReadOnlyCollection<long>? versions, CancellationToken token)
    {
        var old = await LockAsync(change.Connection, owner, id, inTrash: true, versions, token);
        await ExpenseStore.SetDeletedAsync(change.Connection, owner, id, null, change.Now, token);
        var expense = old with { Version = old.Version + 1, UpdatedAt = change.Now, DeletedAt = null };
        change.Totals.Add(old.Content);
        await change.History.AddAsync(expense, token);
        return expense;
    }

    /// <param name="id">What was asked for.</param>
    /// <param name="inTrash">What was found in the trash of the same owner; null when there is nothing.</param>
    private static AppException NotFound(long id, Expense? inTrash) => inTrash is null
        ? new AppException(ErrorCode.NotFound, $"Expense with id {id} not found") { Hint = "outlay list shows the ids." }
        : new AppException(ErrorCode.NotFound, $"Expense with id {id} not found: it is in the trash, and can be restored") { Hint = $"outlay restore {id} brings it back." };

    /// <param name="id">What was asked for.</param>
    /// <param name="counts">What was found outside the trash; null when there is nothing.</param>
    private static AppException NotInTrash(long id, Expense? counts) => new(ErrorCode.NotFound, $"Expense with id {id} is not in the trash")
    {
        Hint = counts is null ? "outlay list --trash shows what is." : $"It was not deleted: outlay show {id} shows it.",
    };

    /// <summary>Whether a draft keeps the rules as far as is known without the database: of an amount without a currency, in the usual one.</summary>
    private bool IsGood(ExpenseDraft draft) => ExpenseRules.Check(draft, settings.DefaultCurrency, new Faults()) is not null;

    /// <summary>Whether a request with the key of this one was carried out before: then that decides what is answered.</summary>
    private async Task<bool> IsKnownAsync(Caller caller, CancellationToken token) =>
        caller.Key is { } key && await database.ReadAsync(OwnerScope.Of(caller.Owner),
            connection => IdempotencyStore.FindAsync(connection, caller.Owner, key.Value, clock.GetUtcNow(), token), token) is not null;

    /// <summary>
    /// Looks, without the turn to write, whether an edit that seems bad is. What else stands in its way is told by the change itself.
    /// </summary>
    private async Task RefuseAsync(
        string owner, long id, IReadOnlyCollection<long>? versions, Func<ExpenseDraft, ExpenseDraft> edit, CancellationToken token)
    {
        var present = await database.ReadAsync(OwnerScope.Of(owner), connection => ExpenseStore.FindAsync(connection, owner, id, token), token);
        if (present is { DeletedAt: null } && versions?.Contains(present.Version) is not false)
            Check(edit(ExpenseDraft.From(present.Content)), await CurrencyAsync(owner, token));
    }

    private static ExpenseContent Check(ExpenseDraft draft, Currency ownerCurrency)
    {
        var faults = new Faults();
        var content = ExpenseRules.Check(draft, ownerCurrency, faults);
        faults.ThrowIfAny();
        return content!;
    }
}

/// <summary>An expense after an edit.</summary>
/// <param name="MadeVersion">Whether the edit changed anything; false too when the answer was given again.</param>
internal sealed record EditedExpense(Expense Expense, bool MadeVersion);

/// <summary>What a transaction collects while it changes expenses.</summary>
/// <param name="Stop">Stops the work: with the caller, or when the time of its request is over.</param>
internal sealed record ExpenseChange(DbConnection Connection, DateTimeOffset Now, TotalsChange Totals, HistoryWriter History, CancellationToken Stop);
