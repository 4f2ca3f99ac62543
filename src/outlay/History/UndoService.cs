using System.Data.Common;
using System.Globalization;
using Outlay.Expenses;
using Outlay.Storage;

namespace Outlay.History;

/// <summary>Takes changes back: all of their expenses, or none. What takes a change back is a change itself, and can be taken back.</summary>
internal sealed class UndoService(Database database, ExpenseService expenses)
{
    /// <summary>How many expenses are named that stand in the way.</summary>
    private const int MaxNamed = 20;

    /// <summary>The largest change that a request takes back: its time is short.</summary>
    public const int MaxOfRequest = ExpenseService.BatchSize;

    /// <summary>
    /// The change that an undo would take back. Throws <see cref="ErrorCode.NotFound"/>, or <see cref="ErrorCode.Conflict"/>
    /// when it cannot be taken back, as things stand now.
    /// </summary>
    /// <param name="seq">Which change; null for the last that is in force, of those whose expenses were not removed for good.</param>
    public Task<Change> FindAsync(string owner, long? seq, CancellationToken token) =>
        database.SnapshotAsync(OwnerScope.Of(owner), async connection =>
        {
            var change = seq is { } number
                ? await FindBySeqAsync(connection, owner, number, token)
                : await ChangeStore.FindLastAsync(connection, owner, token) ?? throw new AppException(ErrorCode.NotFound, "There is no change that could be taken back");
            ThrowIfFinal(change);
            var changed = await UndoStore.ChangedSince(connection, owner, change.Header.Id, token)
                .Where(expense => !IsAsLeft(expense.Present, expense.After)).Take(MaxNamed + 1).Select(expense => expense.Present.Id).ToListAsync(token);
            var obstacles = await UndoStore.GoneAsync(connection, change.Header.Id, MaxNamed + 1, token);
            foreach (var id in changed)
                obstacles.Add(await UndoStore.LastChangeAsync(connection, id, token));
            ThrowIfAny(obstacles, change.Header.Seq);
            return change;
        }, token);

    /// <summary>What a change did to the first of its expenses.</summary>
    public Task<List<(long N, ChangedExpense Expense)>> ExpensesAsync(Change change, int count, CancellationToken token) =>
        database.ReadAsync(OwnerScope.Of(change.Header.Owner), connection => ChangeStore.ExpensesAsync(connection, change.Header.Id, 0, count, token), token);

    /// <summary>
    /// Makes each expense of a change what it was before, in one transaction and at constant memory. Expenses that the change
    /// recorded go into the trash. Throws as <see cref="FindAsync"/> does, when one of them was changed since: what was changed and is
    /// again as the change had left it counts as unchanged.
    /// </summary>
    /// <param name="max">How many expenses the change may have. Throws <see cref="ErrorCode.LimitExceeded"/> when it has more; null for any number.</param>
    /// <param name="onProgress">Told now and then how many of its expenses are done; null for nobody.</param>
    /// <returns>The change that took it back.</returns>
    public async Task<Change> UndoAsync(Caller caller, long seq, int? max, Action<long>? onProgress, CancellationToken token)
    {
        var target = (await database.ReadAsync(OwnerScope.Of(caller.Owner), connection => FindBySeqAsync(connection, caller.Owner, seq, token), token)).Header;
        if (target.Count > max)
            throw new AppException(ErrorCode.LimitExceeded, $"Change {seq} has {target.Count} expenses, and a request takes back at most {max}: outlay undo --change {seq} takes back any number");
        var action = target.Action is ChangeAction.Undo ? ChangeAction.Redo : ChangeAction.Undo;
        var id = await expenses.WriteOnceAsync(caller, action, change => UndoAsync(caller.Owner, change, target, onProgress), Write, Read, token);
        return (await database.ReadAsync(OwnerScope.Of(caller.Owner), connection => ChangeStore.FindByIdAsync(connection, caller.Owner, id, token), token))!;

        static string Write(long id) => id.ToString(CultureInfo.InvariantCulture);
        static long Read(string text) => long.Parse(text, CultureInfo.InvariantCulture);
    }

    /// <returns>The id of the change that took it back.</returns>
    private async Task<long> UndoAsync(string owner, ExpenseChange change, ChangeHeader target, Action<long>? onProgress)
    {
        var token = change.Stop;
        ThrowIfFinal(await FindBySeqAsync(change.Connection, owner, target.Seq, token));
        change.History.Undoes = target.Seq;
        var obstacles = new List<UndoStore.Obstacle>();
        var after = 0L;
        for (var batch = await NextAsync(); batch.Count > 0; batch = await NextAsync())
        {
            var part = new UndoStore.Part(target.Id, after, after = batch[^1].N);
            await UndoBatchAsync(owner, change, part, [.. batch.Select(row => row.Expense)], obstacles, token);
            onProgress?.Invoke(after);
        }

        ThrowIfAny(obstacles, target.Seq);
        return change.History.ChangeId;

        Task<List<(long N, ChangedExpense Expense)>> NextAsync() =>
            ChangeStore.ExpensesAsync(change.Connection, target.Id, after, ExpenseService.BatchSize, token);
    }

    private async Task UndoBatchAsync(
        string owner, ExpenseChange change, UndoStore.Part part, IReadOnlyList<ChangedExpense> rows, List<UndoStore.Obstacle> obstacles, CancellationToken token)
    {
        var connection = change.Connection;
        await UndoStore.LockAsync(connection, owner, part, database.ForUpdate, token);
        var present = await UndoStore.ExpensesAsync(connection, owner, part, token);
        foreach (var row in rows.Where(row => present.GetValueOrDefault(row.ExpenseId) is not { } expense || (expense.Version != row.Version && !IsAsLeft(expense, row.After))))
        {
            // As many as are named, and one more to say so.
            if (obstacles.Count <= MaxNamed)
                obstacles.Add(await UndoStore.LastChangeAsync(connection, row.ExpenseId, token));
        }

        // Nothing of it will be stored: the rest is only looked at, to name what stands in the way.
        if (obstacles.Count > 0)
            return;

        // A change does the same to all of its expenses.
        var steps = rows.Select(row => Step.Back(present[row.ExpenseId], row.Before, change.Now)).ToList();
        if (steps.TrueForAll(step => !step.ChangesContent && step.IsDeleted == steps[0].IsDeleted))
        {
            await UndoStore.SetDeletedAsync(connection, owner, part, steps[0].IsDeleted, change.Now, token);
        }
        else
        {
            foreach (var step in steps)
                await ExpenseStore.UpdateAsync(connection, owner, step.After.Id, step.After.Content, change.Now, token);
        }

        foreach (var step in steps)
            step.Count(change.Totals);
        await change.History.AddManyAsync(steps.Select(step => new HistoryEntry(step.After)), token);
    }

    private static async Task<Change> FindBySeqAsync(DbConnection connection, string owner, long seq, CancellationToken token) =>
        await ChangeStore.FindAsync(connection, owner, seq, token) ?? throw new AppException(ErrorCode.NotFound, $"There is no change {seq}") { Hint = "outlay history lists the changes." };

    private static void ThrowIfFinal(Change change)
    {
        var header = change.Header;
        if (change.UndoneBy is { } undo)
            throw new AppException(ErrorCode.Conflict, $"Change {header.Seq} was taken back already, by change {undo}. Undo change {undo} to bring it back");
        if (header.Action is ChangeAction.Purge)
            throw new AppException(ErrorCode.Conflict, $"Change {header.Seq} removed expenses for good: that cannot be taken back");
        if (header.Action is ChangeAction.Adopt)
            throw new AppException(ErrorCode.Conflict, $"Change {header.Seq} is where the history begins: it cannot be taken back");
    }

    /// <summary>Whether an expense is as a change had left it, whatever happened in between: since when it is in the trash makes no difference.</summary>
    private static bool IsAsLeft(Expense present, string? after)
    {
        if (after is null)
            return false;
        var (content, inTrash) = HistoryContent.Read(after);
        return inTrash == present.DeletedAt.HasValue && HistoryContent.AreSame(content, present.Content);
    }

    private static void ThrowIfAny(List<UndoStore.Obstacle> obstacles, long seq)
    {
        if (obstacles.Count == 0)
            return;
        var more = obstacles.Count > MaxNamed ? " and more" : "";
        var named = string.Join("; ", obstacles.Take(MaxNamed).GroupBy(obstacle => (obstacle.Seq, obstacle.IsGone)).Select(change =>
            $"{(change.Count() == 1 ? "expense" : "expenses")} {string.Join(", ", change.Select(obstacle => obstacle.ExpenseId))} " +
            $"{Plural.Verb(change.Count(), "was", "were")} {(change.Key.IsGone ? "removed for good" : "changed since")} by change {change.Key.Seq}"));
        throw new AppException(ErrorCode.Conflict, $"Change {seq} cannot be taken back: {named}{more}. Nothing was changed");
    }

    /// <summary>One expense on its way back.</summary>
    private sealed record Step(Expense Before, Expense After, bool ChangesContent)
    {
        public bool IsDeleted => After.DeletedAt is not null;

        /// <param name="earlier">What it was before the change that is taken back; null when that had recorded it.</param>
        public static Step Back(Expense present, string? earlier, DateTimeOffset now)
        {
            var (content, inTrash) = earlier is null ? (present.Content, true) : HistoryContent.Read(earlier);
            var after = present with { Content = content, Version = present.Version + 1, UpdatedAt = now, DeletedAt = inTrash ? now : null };
            return new Step(present, after, earlier is not null && HistoryContent.Text(content, null) != HistoryContent.Text(present.Content, null));
        }

        public void Count(Reports.TotalsChange totals)
        {
            if (Before.DeletedAt is null)
                totals.Remove(Before.Content);
            if (After.DeletedAt is null)
                totals.Add(After.Content);
        }
    }
}
