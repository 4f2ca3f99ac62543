namespace Outlay.Storage;

/// <summary>What a column holds, alike on both engines.</summary>
internal enum ColumnKind
{
    Integer,
    Text,

    /// <summary>Written YYYY-MM-DD.</summary>
    Date,

    /// <summary>Written YYYY-MM-DDTHH:MM:SS.mmmZ: in UTC, to the millisecond.</summary>
    Time,

    /// <summary>Written \x and lower-case hexadecimal digits.</summary>
    Bytes,
}

internal sealed record ColumnLayout(string Name, ColumnKind Kind);

/// <summary>
/// A table whose rows leave and enter the database as lines of text, the same on both engines: the text form of PostgreSQL's
/// COPY, with tabs between the values, \N for null, and a backslash before what would break the line.
/// </summary>
/// <param name="Keys">How many columns, from the first, give the rows their order.</param>
internal sealed record TableLayout(string Name, int Keys, params IReadOnlyList<ColumnLayout> Columns)
{
    /// <summary>The names of the columns, as one line.</summary>
    public string Header => string.Join('\t', Columns.Select(column => column.Name));
}
