using Outlay.Expenses;

namespace Outlay.Import;

/// <summary>One row of a file: a draft, or what is wrong with it, or why it is left out.</summary>
/// <param name="Line">The line of the file, from 1, where the row begins.</param>
internal readonly record struct ImportRow(long Line, ExpenseDraft? Draft, ImportFault? Fault, LeftOut? LeftOut)
{
    public static ImportRow Good(long line, ExpenseDraft draft) => new(line, draft, null, null);

    public static ImportRow Faulty(long line, string reason) => new(line, null, new ImportFault(line, [reason]), null);

    public static ImportRow Omitted(long line, LeftOut reason) => new(line, null, null, reason);
}

/// <summary>A row that breaks the rules.</summary>
/// <param name="Line">The line of the file, from 1, where the row begins.</param>
/// <param name="Reasons">Everything that is wrong with it, each behind the name of its field if it is about one.</param>
internal sealed record ImportFault(long Line, IReadOnlyList<string> Reasons)
{
    public static ImportFault Of(long line, IReadOnlyDictionary<string, string[]> errors) =>
        new(line, [.. errors.SelectMany(field => field.Value.Select(message => Faults.Line(field.Key, message)))]);
}

/// <summary>Why a row of a backup is not imported.</summary>
internal enum LeftOut
{
    /// <summary>It belongs to somebody else.</summary>
    OtherOwner,

    /// <summary>It was in the trash.</summary>
    Trash,
}
