using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;

namespace Outlay.Expenses;

/// <summary>
/// The one JSON form of an expense, for HTTP, CLI and files. Amounts are numbers written exactly (<c>3.50</c>), and read as
/// text, whether they come as a number or a string, so that no binary float ever stands between.
/// </summary>
internal static class ExpenseJson
{
    /// <summary>The name of a media type whose lines are JSON values.</summary>
    public const string NdjsonType = "application/x-ndjson";

    /// <summary>Letters of every script go out as they are; nothing of this is ever put into an HTML page.</summary>
    public static readonly JsonWriterOptions Format = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static readonly JsonDocumentOptions s_strict = new() { AllowDuplicateProperties = false, MaxDepth = 8 };

    /// <summary>What a representation carries beside the fields that can be written; ignored when it comes back.</summary>
    private static readonly HashSet<string> s_readOnly = ["id", "version", "created_at", "updated_at", "deleted_at"];

    public static void Write(Utf8JsonWriter writer, Expense expense)
    {
        writer.WriteStartObject();
        writer.WriteNumber("id"u8, expense.Id);
        WriteFields(writer, expense.Content);
        writer.WriteNumber("version"u8, expense.Version);
        writer.WriteString("created_at"u8, TimeText.ForPrograms(expense.CreatedAt));
        writer.WriteString("updated_at"u8, TimeText.ForPrograms(expense.UpdatedAt));
        if (expense.DeletedAt is { } at)
            writer.WriteString("deleted_at"u8, TimeText.ForPrograms(at));
        writer.WriteEndObject();
    }

    /// <summary>What the history keeps: what a person records, which <see cref="ReadDraft"/> reads back, and when it was deleted.</summary>
    public static void Write(Utf8JsonWriter writer, ExpenseContent content, DateTimeOffset? deletedAt)
    {
        writer.WriteStartObject();
        WriteFields(writer, content);
        // Hashes stand on this form of the time: it stays as it is.
        if (deletedAt is { } at)
            writer.WriteString("deleted_at"u8, at.UtcDateTime);
        writer.WriteEndObject();
    }

    /// <summary>
    /// Reads a whole draft; fields that are not known or of the wrong type become faults of the draft. Throws
    /// <see cref="ErrorCode.InvalidInput"/> for text that is not a JSON object.
    /// </summary>
    /// <param name="json">The text.</param>
    /// <param name="name">What the messages call it.</param>
    public static ExpenseDraft ReadDraft(ReadOnlyMemory<byte> json, string name = "The body") => ReadPatch(json, name)(new ExpenseDraft());

    /// <summary>Reads back what <see cref="Write(Utf8JsonWriter, Expense)"/> has written.</summary>
    public static Expense ReadExpense(string json)
    {
        var root = JsonElement.Parse(json);
        var faults = new Faults();
        var content = ExpenseRules.Check(ReadDraft(Encoding.UTF8.GetBytes(json)), Currency.Of(root.GetProperty("currency").GetString()!), faults);
        faults.ThrowIfAny();
        return new Expense(
            root.GetProperty("id").GetInt64(), content!, root.GetProperty("version").GetInt64(),
            root.GetProperty("created_at").GetDateTimeOffset(), root.GetProperty("updated_at").GetDateTimeOffset(),
            root.TryGetProperty("deleted_at", out var deletedAt) ? deletedAt.GetDateTimeOffset() : null);
    }

    public static string ToJson(Expense expense)
    {
        var json = new ArrayBufferWriter<byte>(512);
        using (var writer = new Utf8JsonWriter(json, Format))
            Write(writer, expense);
        return Encoding.UTF8.GetString(json.WrittenSpan);
    }

    /// <summary>
    /// Reads a merge patch (RFC 7396): a field that is absent stays, null clears it. Throws
    /// <see cref="ErrorCode.InvalidInput"/> as <see cref="ReadDraft"/> does.
    /// </summary>
    public static Func<ExpenseDraft, ExpenseDraft> ReadPatch(ReadOnlyMemory<byte> json, string name = "The body")
    {
        using var document = Parse(json, name);
        if (document.RootElement.ValueKind is not JsonValueKind.Object)
            throw new AppException(ErrorCode.InvalidInput, name + " must be a JSON object, like {\"date\":\"2026-02-19\",\"description\":\"Coffee\",\"amount\":3.50}");

        var faults = new Faults();
        var changes = new List<Func<ExpenseDraft, ExpenseDraft>>();
        foreach (var property in document.RootElement.EnumerateObject())
        {
            if (ReadField(property.Name, property.Value, faults) is { } change)
                changes.Add(change);
        }

        return draft => changes.Aggregate(draft with { Misread = faults }, (changed, change) => change(changed));
    }

    private static void WriteFields(Utf8JsonWriter writer, ExpenseContent content)
    {
        writer.WriteString("date"u8, ExpenseRules.FormatDate(content.Date));
        writer.WriteString("description"u8, content.Description);
        writer.WritePropertyName("amount"u8);
        writer.WriteRawValue(content.Amount.ToString(), skipInputValidation: true);
        writer.WriteString("currency"u8, content.Amount.Currency.Code);
        writer.WriteString("category"u8, content.Category?.Text);
        writer.WriteStartArray("tags"u8);
        foreach (var tag in content.Tags)
            writer.WriteStringValue(tag.Text);
        writer.WriteEndArray();
        writer.WriteString("notes"u8, content.Notes);
    }

    private static JsonDocument Parse(ReadOnlyMemory<byte> json, string name)
    {
        if (!Utf8.IsValid(json.Span))
            throw new AppException(ErrorCode.InvalidInput, $"{name} must be text in UTF-8");
        if (json.IsEmpty)
            throw new AppException(ErrorCode.InvalidInput, $"{name} is empty: it must be a JSON object");
        // Some programs begin every text with a byte order mark.
        if (json.Span.StartsWith(Encoding.UTF8.Preamble))
            json = json[Encoding.UTF8.Preamble.Length..];
        try
        {
            return JsonDocument.Parse(json, s_strict);
        }
        catch (JsonException e)
        {
            throw new AppException(ErrorCode.InvalidInput, $"{name} {Fault(json.Span, e)}", e);
        }
        catch (InvalidOperationException e)
        {
            // Names are compared to find one that is there twice.
            throw new AppException(ErrorCode.InvalidInput, $"{name} names a field with half of a surrogate pair, which is no text", e);
        }
    }

    /// <summary>The parser tells its reasons apart only in words, and gives no place where it found a field twice.</summary>
    private static string Fault(ReadOnlySpan<byte> json, JsonException exception) => exception switch
    {
        { LineNumber: null } => "names a field twice",
        _ when IsTooDeep(json) => $"is nested more than {s_strict.MaxDepth} levels deep",
        { LineNumber: 0 } => $"is not valid JSON (byte {exception.BytePositionInLine + 1})",
        _ => $"is not valid JSON (line {exception.LineNumber + 1}, byte {exception.BytePositionInLine + 1})",
    };

    private static bool IsTooDeep(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = s_strict.MaxDepth + 1 });
        try
        {
            while (reader.Read())
            {
                if (reader.TokenType is JsonTokenType.StartArray or JsonTokenType.StartObject && reader.CurrentDepth == s_strict.MaxDepth)
                    return true;
            }
        }
        catch (JsonException)
        {
            // Something else is wrong before it gets that deep.
        }

        return false;
    }

    private static Func<ExpenseDraft, ExpenseDraft>? ReadField(string name, JsonElement value, Faults faults)
    {
        switch (name)
        {
            case "date":
                return ReadText(name, value, faults, (draft, text) => draft with { Date = text });
            case "description":
                return ReadText(name, value, faults, (draft, text) => draft with { Description = text });
            case "amount" when value.ValueKind is JsonValueKind.Number:
                var digits = value.GetRawText();
                return draft => draft with { Amount = digits };
            case "amount":
                return ReadText(name, value, faults, (draft, text) => draft with { Amount = text }, "a number or a string");
            case "currency":
                return ReadText(name, value, faults, (draft, text) => draft with { Currency = text });
            case "category":
                return ReadText(name, value, faults, (draft, text) => draft with { Category = text });
            case "notes":
                return ReadText(name, value, faults, (draft, text) => draft with { Notes = text });
            case "tags":
                return ReadTags(value, faults);
            default:
                if (!s_readOnly.Contains(name))
                    faults.Add(name, $"There is no field '{name}': known are date, description, amount, currency, category, tags, notes");
                return null;
        }
    }

    private static Func<ExpenseDraft, ExpenseDraft>? ReadText(
        string name, JsonElement value, Faults faults, Func<ExpenseDraft, string?, ExpenseDraft> change, string kind = "a string")
    {
        if (value.ValueKind is JsonValueKind.String && TryGetString(value, out var text))
            return draft => change(draft, text);
        if (value.ValueKind is JsonValueKind.Null)
            return draft => change(draft, null);
        faults.Add(name, value.ValueKind is JsonValueKind.String ? "The text must be valid Unicode: it holds half of a surrogate pair" : $"'{name}' must be {kind}");
        return null;
    }

    private static Func<ExpenseDraft, ExpenseDraft>? ReadTags(JsonElement value, Faults faults)
    {
        if (value.ValueKind is JsonValueKind.Null)
            return draft => draft with { Tags = [] };
        var tags = new List<string>();
        if (value.ValueKind is JsonValueKind.Array)
        {
            foreach (var item in value.EnumerateArray())
            {
                if (item.ValueKind is JsonValueKind.String && TryGetString(item, out var tag))
                    tags.Add(tag);
            }
        }

        if (value.ValueKind is JsonValueKind.Array && tags.Count == value.GetArrayLength())
            return draft => draft with { Tags = tags };
        faults.Add("tags", "'tags' must be an array of strings");
        return null;
    }

    /// <summary>JSON can escape half of a surrogate pair, which is no text.</summary>
    private static bool TryGetString(JsonElement value, out string text)
    {
        try
        {
            text = value.GetString()!;
            return true;
        }
        catch (InvalidOperationException)
        {
            text = "";
            return false;
        }
    }
}
