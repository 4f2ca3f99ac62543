using System.Text.Json;

namespace Outlay.Reports;

/// <summary>The one JSON form of a summary, for HTTP and CLI.</summary>
internal static class SummaryJson
{
    public static void Write(Utf8JsonWriter writer, Summary summary)
    {
        writer.WriteStartObject();
        WriteSum(writer, "total", summary.Total.ToString());
        writer.WriteString("currency", summary.Total.Currency.Code);
        writer.WriteNumber("count", summary.Count);
        WriteLines(writer, "totals", summary.Totals, withKey: false);
        if (summary.Groups is { } groups)
            WriteLines(writer, "groups", groups, withKey: true);
        writer.WriteEndObject();
    }

    private static void WriteLines(Utf8JsonWriter writer, string name, IReadOnlyList<SummaryLine> lines, bool withKey)
    {
        writer.WriteStartArray(name);
        foreach (var line in lines)
        {
            writer.WriteStartObject();
            if (withKey)
                writer.WriteString("key", line.Key);
            writer.WriteString("currency", line.Total.Currency.Code);
            WriteSum(writer, "total", line.Total.ToString());
            writer.WriteNumber("count", line.Count);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static void WriteSum(Utf8JsonWriter writer, string name, string sum)
    {
        writer.WritePropertyName(name);
        writer.WriteRawValue(sum, skipInputValidation: true);
    }
}
