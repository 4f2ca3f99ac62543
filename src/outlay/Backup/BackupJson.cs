using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Outlay.Expenses;

namespace Outlay.Backup;

/// <summary>The JSON parts of a backup, and the report that lies beside it.</summary>
internal static class BackupJson
{
    private static readonly JsonWriterOptions s_options = ExpenseJson.Format with { Indented = true, NewLine = "\n" };

    public static byte[] Bytes(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, s_options))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }

        buffer.Write("\n"u8);
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Whether an exception says that the JSON is not what was expected.</summary>
    public static bool IsMisread(Exception exception) => exception
        is JsonException or InvalidDataException or InvalidOperationException or KeyNotFoundException or FormatException or ArgumentException;

    public static DateTimeOffset Time(JsonElement json, string name) => DateTimeOffset.ParseExact(
        json.GetProperty(name).GetString()!, TimeText.FormatForPrograms, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal);

    public static string Text(JsonElement json, string name) => json.GetProperty(name).GetString() ?? throw new InvalidDataException($"{name} is null.");

    public static void WriteIfKnown(Utf8JsonWriter json, string name, string? value)
    {
        if (value is not null)
            json.WriteString(name, value);
    }

    public static string? TextIfThere(JsonElement json, string name) => json.TryGetProperty(name, out var value) ? value.GetString() : null;

    public static void WriteRows(Utf8JsonWriter json, IReadOnlyDictionary<string, long> rows)
    {
        json.WriteStartObject("rows");
        foreach (var (table, count) in rows)
            json.WriteNumber(table, count);
        json.WriteEndObject();
    }

    public static IReadOnlyDictionary<string, long> Rows(JsonElement json) =>
        json.GetProperty("rows").EnumerateObject().ToDictionary(table => table.Name, table => table.Value.GetInt64());

    public static byte[] Settings(IEnumerable<SettingReport> settings) => Bytes(json =>
    {
        foreach (var setting in settings)
            json.WriteString(setting.Name, setting.Value);
    });

    public static void Write(Utf8JsonWriter json, BackupOrigin origin)
    {
        json.WriteNumber("format", origin.Format);
        json.WriteNumber("schema", origin.Schema);
        json.WriteString("version", origin.Version);
        json.WriteString("engine", origin.Engine);
        json.WriteString("run_id", origin.RunId);
        json.WriteTime("created_at", origin.CreatedAt);
        WriteIfKnown(json, "book", origin.Book);
        WriteIfKnown(json, "location", origin.Location);
    }

    public static BackupOrigin Origin(JsonElement json) => new(
        json.GetProperty("format").GetInt32(), json.GetProperty("schema").GetInt32(), Text(json, "version"), Text(json, "engine"),
        Text(json, "run_id"), Time(json, "created_at"), TextIfThere(json, "book"), TextIfThere(json, "location"));

    public static void Write(Utf8JsonWriter json, BackupManifest manifest)
    {
        Write(json, manifest.Origin);
        WriteRows(json, manifest.Content.Rows);
        json.WriteArray("sums", manifest.Content.Sums, sum =>
        {
            json.WriteString("owner", sum.Owner);
            json.WriteString("currency", sum.Currency);
            json.WriteNumber("count", sum.Count);
            json.WriteString("sum", sum.Sum);
        });
        json.WriteArray("heads", manifest.Content.Heads, head =>
        {
            json.WriteString("owner", head.Owner);
            json.WriteNumber("seq", head.Seq);
            json.WriteString("hash", head.Hash);
            json.WriteString("currency", head.Currency);
        });
        if (manifest.Content.Keys is { } keys)
            json.WriteString("keys", keys);
        json.WriteArray("parts", manifest.Parts, part =>
        {
            json.WriteString("name", part.Name);
            json.WriteNumber("size", part.Size);
            json.WriteString("sha256", part.Sha256);
        });
    }

    public static BackupManifest Manifest(JsonElement json) => new(
        Origin(json),
        new BackupContent(
            Rows(json),
            [.. json.GetProperty("sums").EnumerateArray().Select(sum => new OwnerSum(
                Text(sum, "owner"), Text(sum, "currency"), sum.GetProperty("count").GetInt64(), Text(sum, "sum")))],
            [.. json.GetProperty("heads").EnumerateArray().Select(head => new OwnerHead(
                Text(head, "owner"), head.GetProperty("seq").GetInt64(), head.GetProperty("hash").GetString(), head.GetProperty("currency").GetString()))],
            json.TryGetProperty("keys", out var keys) ? keys.GetString() : null),
        [.. json.GetProperty("parts").EnumerateArray().Select(part => new BackupPart(
            Text(part, "name"), part.GetProperty("size").GetInt64(), Text(part, "sha256")))]);
}
