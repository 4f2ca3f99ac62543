namespace Outlay.History;

/// <summary>One transaction that changed expenses of one owner.</summary>
/// <param name="Seq">1 for the first change of the owner, one more for each next.</param>
/// <param name="Undoes">The <see cref="Seq"/> of the change that this one took back; null for all others.</param>
/// <param name="Count">How many expenses it changed, at least 1.</param>
/// <param name="At">When, to the millisecond.</param>
internal sealed record ChangeHeader(
    long Id, string Owner, long Seq, ChangeAction Action, long? Undoes, long Count, string Actor, DateTimeOffset At, string? TraceId);
