namespace Outlay.Expenses;

/// <summary>Who asks for a change, and on whose expenses: what the history remembers of them.</summary>
/// <param name="Owner">Whose expenses they are.</param>
/// <param name="Actor">Who acts: a person, a key or a part of the program; 1 to 128 characters, none of them a line break.</param>
/// <param name="TraceId">The trace of the request, 32 hexadecimal digits; null when there is none.</param>
/// <param name="Key">What the caller calls the change, if it may ask for it again; null when it will not.</param>
internal sealed record Caller(string Owner, string Actor, string? TraceId = null, IdempotencyKey? Key = null);
