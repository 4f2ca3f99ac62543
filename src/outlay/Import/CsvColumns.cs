using System.Text;

namespace Outlay.Import;

/// <summary>Where a CSV file has what: its header may name the columns in any order, in capitals or not.</summary>
internal sealed class CsvColumns
{
    /// <summary>How much of a header a message shows.</summary>
    private const int MaxShown = 200;

    private static readonly string[] s_needed = ["date", "description", "amount"];

    private static readonly string[] s_optional = ["currency", "category", "tags", "notes", "owner", "deleted_at"];

    /// <summary>What an export carries beside the fields that can be written: a new expense gets its own.</summary>
    private static readonly string[] s_readOnly = ["id", "version", "created_at", "updated_at"];

    /// <summary>Throws <see cref="ErrorCode.InvalidInput"/> for a header that lacks a needed column, or has a column twice.</summary>
    public CsvColumns(IReadOnlyList<string> header, char separator)
    {
        string[] names = [.. header.Select(name => name.Trim().ToLowerInvariant())];
        var missing = s_needed.Except(names).ToArray();
        if (missing.Length > 0)
            throw new AppException(ErrorCode.InvalidInput,
                $"The first line must name the columns, and {Plural.List(missing)} {(missing.Length == 1 ? "is" : "are")} missing. " +
                $"It is: {Shown(string.Join(separator, header))}\n" +
                "Expected is a header like: date,description,amount,currency,category,tags,notes (the first three are needed, in any order).");
        if (names.GroupBy(name => name).FirstOrDefault(group => group.Key.Length > 0 && group.Count() > 1) is { } twice)
            throw new AppException(ErrorCode.InvalidInput, $"The header names the column {Shown(twice.Key)} twice: rename or remove one of them.");

        Count = names.Length;
        Date = Array.IndexOf(names, "date");
        Description = Array.IndexOf(names, "description");
        Amount = Array.IndexOf(names, "amount");
        Currency = Array.IndexOf(names, "currency");
        Category = Array.IndexOf(names, "category");
        Tags = Array.IndexOf(names, "tags");
        Notes = Array.IndexOf(names, "notes");
        Owner = Array.IndexOf(names, "owner");
        DeletedAt = Array.IndexOf(names, "deleted_at");
        Unknown = [.. names.Except([.. s_needed, .. s_optional, .. s_readOnly, ""]).Select(Shown)];
    }

    /// <summary>The number of cells of every row.</summary>
    public int Count { get; }

    public int Date { get; }

    public int Description { get; }

    public int Amount { get; }

    /// <summary>-1, as with all that follow, when the file has no such column.</summary>
    public int Currency { get; }

    public int Category { get; }

    public int Tags { get; }

    public int Notes { get; }

    public int Owner { get; }

    public int DeletedAt { get; }

    /// <summary>The names of columns that are not known.</summary>
    public IReadOnlyList<string> Unknown { get; }

    /// <summary>A text of the file as a message shows it: a terminal must not obey what it holds.</summary>
    private static string Shown(string text)
    {
        var shown = new StringBuilder();
        foreach (var rune in text.EnumerateRunes().Take(MaxShown))
            shown.Append(Rune.IsControl(rune) ? "?" : rune.ToString());
        return shown.Length < text.Length ? $"{shown}…" : shown.ToString();
    }
}
