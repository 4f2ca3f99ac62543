using System.Buffers;
using System.Data.Common;

namespace Outlay.History;

/// <summary>
/// Checks the whole history at constant memory: that the chain of every owner is as it was written, that the versions of every
/// expense follow one another, and that every expense is what the history says it is. It stops at the first fault.
/// </summary>
internal static class HistoryCheck
{
    /// <param name="connection">One that sees the data of one moment.</param>
    public static async Task<HistoryReport> RunAsync(DbConnection connection, CancellationToken token)
    {
        var report = await RunChainsAsync(connection, token);
        return report.Fault is null ? report with { Fault = await FindExpenseFaultAsync(connection, token) } : report;
    }

    /// <summary>The first half: the history by itself.</summary>
    public static async Task<HistoryReport> RunChainsAsync(DbConnection connection, CancellationToken token)
    {
        var (changes, rows) = (0L, 0L);
        foreach (var head in await HistoryCheckStore.HeadsAsync(connection, token))
        {
            var chain = new ChainCheck(head);
            var broken = await chain.RunAsync(connection, token);
            (changes, rows) = (changes + chain.Changes, rows + chain.Rows);
            if (broken is not null)
                return new HistoryReport(changes, rows, broken);
        }

        var fault = await HistoryCheckStore.FindStrayAsync(connection, token) ?? await CheckVersionsAsync(connection, token);
        return new HistoryReport(changes, rows, fault);
    }

    /// <summary>The second half: that each expense is what its last version says.</summary>
    public static async Task<HistoryFault?> FindExpenseFaultAsync(DbConnection connection, CancellationToken token)
    {
        var present = new ArrayBufferWriter<byte>(512);
        await foreach (var row in HistoryCheckStore.Expenses().EachAsync(connection, HistoryCheckStore.ReadExpense, token))
        {
            if (row.Seq is null)
                return new HistoryFault("no change has recorded it", row.Owner, ExpenseId: row.ExpenseId);
            present.ResetWrittenCount();
            HistoryContent.Write(present, row.Content, row.DeletedAt);
            if (!present.WrittenSpan.SequenceEqual(row.Recorded))
                return new HistoryFault("the expense is not what the history says: it was changed past the program", row.Owner, row.Seq, row.N, row.ExpenseId);
        }

        return null;
    }

    /// <summary>Checks that each expense has every version once, from the first to the one that it is at.</summary>
    private static async Task<HistoryFault?> CheckVersionsAsync(DbConnection connection, CancellationToken token)
    {
        VersionRow? last = null;
        await foreach (var row in HistoryCheckStore.Versions().EachAsync(connection, HistoryCheckStore.ReadVersion, token))
        {
            var previous = last?.ExpenseId == row.ExpenseId ? last : null;
            if (previous is null && last is not null && FindEndFault(last) is { } ended)
                return ended;
            if (FindOrderFault(previous, row) is { } problem)
                return Fault(row, problem);
            last = row;
        }

        return last is null ? null : FindEndFault(last);
    }

    private static string? FindOrderFault(VersionRow? previous, VersionRow row)
    {
        if (previous is null)
        {
            // What was there before the history began may have been changed before.
            return row.Version == 1 || row.Action == ChangeAction.Adopt.Name() ? null : $"its history begins at version {row.Version}";
        }

        if (previous.Owner != row.Owner)
            return $"its version {previous.Version} belongs to {previous.Owner}";
        if (previous.IsGone)
            return $"it goes on after version {previous.Version}, which removed it for good";
        return row.Version == previous.Version + 1 ? null : $"version {row.Version} follows version {previous.Version}";
    }

    private static HistoryFault? FindEndFault(VersionRow last) => last switch
    {
        { IsGone: true, Present: null } => null,
        { IsGone: true } => Fault(last, "it was removed for good, and is there"),
        { Present: null } => Fault(last, "the expense is gone, and no change has removed it"),
        _ when last.Present != last.Version => Fault(last, $"the expense is at version {last.Present}, and its history ends at {last.Version}"),
        _ when last.PresentOwner != last.Owner => Fault(last, $"the expense belongs to {last.PresentOwner}"),
        _ => null,
    };

    private static HistoryFault Fault(VersionRow row, string problem) => new(problem, row.Owner, row.Seq, row.N, row.ExpenseId);
}
