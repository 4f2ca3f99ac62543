using System.Globalization;
using Outlay.Cli;

namespace Outlay.History;

/// <summary>How changes and versions are written for a person.</summary>
internal static class HistoryOutput
{
    /// <summary>How much of a value stands in a line, in characters.</summary>
    private const int MaxValueLength = 40;

    private static readonly string[] s_changeFields = ["change", "at", "actor", "action", "expenses", "what"];
    private static readonly string[] s_versionFields = ["version", "at", "actor", "action", "change", "field", "before", "after"];

    /// <summary>The columns that a narrow terminal does without, the first of them first.</summary>
    private static readonly string[] s_givingWay = ["actor", "expenses"];

    /// <summary>One line for each change.</summary>
    public static Task WriteAsync(CliContext cli, OutputFormat format, IReadOnlyList<Change> changes, CancellationToken token) =>
        format is OutputFormat.Json
            ? JsonOutput.WriteArrayAsync(cli, changes.ToAsyncEnumerable(), HistoryJson.Write, token)
            : WriteAsync(cli, format, s_changeFields, changes.Select(change => Cells(change, format)), token);

    /// <summary>One line for each field that a version changed.</summary>
    public static Task WriteAsync(CliContext cli, OutputFormat format, IReadOnlyList<ExpenseVersion> versions, CancellationToken token) =>
        format is OutputFormat.Json
            ? JsonOutput.WriteArrayAsync(cli, versions.ToAsyncEnumerable(), HistoryJson.Write, token)
            : WriteAsync(cli, format, s_versionFields, versions.SelectMany(version => Cells(version, format)), token);

    /// <summary>What taking a change back will do.</summary>
    public static IEnumerable<string> UndoLines(Change change, IReadOnlyList<ChangedExpense> expenses)
    {
        var header = change.Header;
        yield return $"Change {header.Seq}: {header.Action.Name()} by {header.Actor}, {TimeText.ForPeople(header.At)}, {Plural.Of(header.Count, "expense")}. Taking it back:";
        foreach (var expense in expenses)
            yield return $"  {expense.ExpenseId}. {Describe(expense.After)}: {DescribeWayBack(expense)}";
        if (header.Count > expenses.Count)
            yield return $"  and {header.Count - expenses.Count} more";
    }

    /// <summary>Both sides of a conflict, field by field, and who was there first.</summary>
    public static IEnumerable<string> Lines(VersionConflict conflict)
    {
        foreach (var version in conflict.Since)
            yield return $"  version {version.Expense.Version}: {version.Change.Action.Name()} by {version.Change.Actor}, {TimeText.ForPeople(version.Change.At)}";
        if (conflict.Yours is null)
            yield break;
        foreach (var (field, yours, now) in HistoryContent.Compare(conflict.Yours, HistoryContent.Text(conflict.Current.Content, conflict.Current.DeletedAt)))
            yield return $"  {field}: {Cut(yours) ?? "nothing"} when you read it, {Cut(now) ?? "nothing"} now";
    }

    private static async Task WriteAsync(CliContext cli, OutputFormat format, string[] fields, IEnumerable<string?[]> rows, CancellationToken token)
    {
        if (format is OutputFormat.Csv)
        {
            await CsvOutput.WriteAsync(cli, fields, rows.Select(row => row.Select(cell => cell ?? "").ToArray()));
            return;
        }

        var table = new Table(cli, [.. fields.Select(field => new Column(
            field.ToUpperInvariant(), Right: field is "change" or "version" or "expenses", GivesWay: Array.IndexOf(s_givingWay, field) + 1))]);
        foreach (var row in rows)
            table.Add(row);
        table.Flush();
    }

    private static string?[] Cells(Change change, OutputFormat format)
    {
        var header = change.Header;
        var what = header.Undoes is { } undone ? $"takes back {undone}" : Describe(change);
        if (change.UndoneBy is { } undo)
            what = $"{what} (taken back by {undo})";
        return [Number(header.Seq), Time(header.At, format), header.Actor, header.Action.Name(), Number(header.Count), what];
    }

    /// <summary>What a change of many expenses was is said by their number, that of one by what it did.</summary>
    private static string Describe(Change change)
    {
        if (change.Header.Count > 1)
            return Plural.Of(change.Header.Count, "expense");
        var (before, after) = (change.First.Before, change.First.After);
        if (change.Header.Action is not ChangeAction.Update)
            return Describe(after ?? before);
        var differences = HistoryContent.Compare(before, after).Select(field => $"{field.Field} {Cut(field.Before) ?? "nothing"} -> {Cut(field.After) ?? "nothing"}");
        return $"{Cut(HistoryContent.Fields(after)["description"])}: {string.Join(", ", differences)}";
    }

    private static IEnumerable<string?[]> Cells(ExpenseVersion version, OutputFormat format)
    {
        var header = version.Change;
        string?[] origin = [Number(version.Expense.Version), Time(header.At, format), header.Actor, header.Action.Name(), Number(header.Seq)];
        var differences = version.Expense.After is null ? [] : HistoryContent.Compare(version.Expense.Before, version.Expense.After).ToList();
        if (differences.Count == 0)
            yield return [.. origin, null, null, null];
        foreach (var (field, before, after) in differences)
        {
            if (format is OutputFormat.Csv)
            {
                yield return [.. origin, field, before, after];
                continue;
            }

            // A table says once what is the same in the lines below.
            yield return [.. origin, field, Cut(before), Cut(after)];
            origin = new string?[origin.Length];
        }
    }

    private static string DescribeWayBack(ChangedExpense expense)
    {
        if (expense.Before is null)
            return "goes into the trash";
        var differences = HistoryContent.Compare(expense.After, expense.Before).ToList();
        if (differences is [{ Field: "deleted_at", After: null }])
            return "comes out of the trash";
        if (differences is [{ Field: "deleted_at" }])
            return "goes into the trash";
        return differences.Count == 0
            ? "stays as it is"
            : string.Join(", ", differences.Select(field => $"{field.Field} {Cut(field.Before) ?? "nothing"} becomes {Cut(field.After) ?? "nothing"}"));
    }

    private static string Describe(string? content)
    {
        var fields = HistoryContent.Fields(content);
        return fields.Count == 0
            ? "gone for good"
            : $"{fields["date"]} - {Cut(fields["description"])} - {fields["amount"]} {fields["currency"]}";
    }

    /// <summary>Long texts and those of several lines do not belong into a line.</summary>
    private static string? Cut(string? value)
    {
        var line = value?.ReplaceLineEndings(" ");
        return line?.Length > MaxValueLength ? $"{line[..(char.IsHighSurrogate(line[MaxValueLength - 2]) ? MaxValueLength - 2 : MaxValueLength - 1)]}…" : line;
    }

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Time(DateTimeOffset time, OutputFormat format) => format is OutputFormat.Csv ? TimeText.ForPrograms(time) : TimeText.Short(time);
}
