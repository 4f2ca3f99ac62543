namespace Outlay.History;

/// <summary>The first thing that is wrong with the history, and where.</summary>
/// <param name="Problem">What is wrong.</param>
/// <param name="Seq">The change that it is about; null when it is about none.</param>
/// <param name="N">The row of that change; null when it is about the change as a whole.</param>
internal sealed record HistoryFault(string Problem, string? Owner = null, long? Seq = null, long? N = null, long? ExpenseId = null)
{
    /// <summary><c>owner default, change 3, row 2, expense 17: …</c></summary>
    public override string ToString()
    {
        string?[] places =
        [
            Owner is null ? null : $"owner {Owner}", Seq is null ? null : $"change {Seq}", N is null ? null : $"row {N}",
            ExpenseId is null ? null : $"expense {ExpenseId}",
        ];
        return $"{string.Join(", ", places.Where(place => place is not null))}: {Problem}";
    }
}

/// <summary>What a check of the history found.</summary>
/// <param name="Changes">How many changes were checked, of all owners.</param>
/// <param name="Rows">How many rows of theirs.</param>
/// <param name="Fault">The first thing wrong; null when everything is as it was written.</param>
internal sealed record HistoryReport(long Changes, long Rows, HistoryFault? Fault);
