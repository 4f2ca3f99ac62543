using System.Text.Json;
using Outlay.Expenses;

namespace Outlay.History;

/// <summary>The one JSON form of changes and versions, for HTTP and the command line.</summary>
internal static class HistoryJson
{
    public static void Write(Utf8JsonWriter writer, ExpenseVersion version)
    {
        writer.WriteStartObject();
        WriteVersion(writer, version);
        WriteContent(writer, "before"u8, version.Expense.Before);
        WriteContent(writer, "after"u8, version.Expense.After);
        writer.WriteEndObject();
    }

    public static void Write(Utf8JsonWriter writer, Change change)
    {
        var header = change.Header;
        writer.WriteStartObject();
        writer.WriteNumber("seq"u8, header.Seq);
        writer.WriteString("action"u8, header.Action.Name());
        WriteNumber(writer, "undoes"u8, header.Undoes);
        WriteNumber(writer, "undone_by"u8, change.UndoneBy);
        writer.WriteNumber("count"u8, header.Count);
        WriteOrigin(writer, header);
        writer.WriteStartObject("first"u8);
        writer.WriteNumber("id"u8, change.First.ExpenseId);
        writer.WriteNumber("version"u8, change.First.Version);
        WriteContent(writer, "before"u8, change.First.Before);
        WriteContent(writer, "after"u8, change.First.After);
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    /// <summary>Writes the members of a problem that show both sides of a conflict.</summary>
    public static void WriteMembers(Utf8JsonWriter writer, VersionConflict conflict)
    {
        writer.WritePropertyName("current"u8);
        ExpenseJson.Write(writer, conflict.Current);
        WriteContent(writer, "yours"u8, conflict.Yours);
        writer.WriteStartArray("changes"u8);
        foreach (var version in conflict.Since)
        {
            writer.WriteStartObject();
            WriteVersion(writer, version);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static void WriteVersion(Utf8JsonWriter writer, ExpenseVersion version)
    {
        writer.WriteNumber("version"u8, version.Expense.Version);
        writer.WriteString("action"u8, version.Change.Action.Name());
        writer.WriteNumber("change"u8, version.Change.Seq);
        WriteOrigin(writer, version.Change);
    }

    private static void WriteOrigin(Utf8JsonWriter writer, ChangeHeader header)
    {
        writer.WriteString("actor"u8, header.Actor);
        writer.WriteString("at"u8, TimeText.ForPrograms(header.At));
        writer.WriteString("trace_id"u8, header.TraceId);
    }

    private static void WriteNumber(Utf8JsonWriter writer, ReadOnlySpan<byte> name, long? number)
    {
        if (number is { } value)
            writer.WriteNumber(name, value);
        else
            writer.WriteNull(name);
    }

    /// <summary>Contents are JSON already, with amounts that keep all their decimals; only the time is kept in another form than programs get.</summary>
    private static void WriteContent(Utf8JsonWriter writer, ReadOnlySpan<byte> name, string? content)
    {
        writer.WritePropertyName(name);
        if (content?.Contains("\"deleted_at\":", StringComparison.Ordinal) is not true)
        {
            writer.WriteRawValue(content ?? "null");
            return;
        }

        using var json = JsonDocument.Parse(content);
        writer.WriteStartObject();
        foreach (var field in json.RootElement.EnumerateObject())
        {
            if (field.NameEquals("deleted_at"u8))
                writer.WriteString(field.Name, TimeText.ForPrograms(field.Value.GetDateTimeOffset()));
            else
                field.WriteTo(writer);
        }

        writer.WriteEndObject();
    }
}
