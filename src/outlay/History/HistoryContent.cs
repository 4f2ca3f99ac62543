using System.Buffers;
using System.Text;
using System.Text.Json;
using Outlay.Expenses;

namespace Outlay.History;

/// <summary>The one form in which the history keeps an expense: the JSON of what a person recorded, and when it was deleted.</summary>
internal static class HistoryContent
{
    public static void Write(IBufferWriter<byte> output, ExpenseContent content, DateTimeOffset? deletedAt)
    {
        using var json = new Utf8JsonWriter(output, ExpenseJson.Format);
        ExpenseJson.Write(json, content, deletedAt);
    }

    public static string Text(ExpenseContent content, DateTimeOffset? deletedAt)
    {
        var text = new ArrayBufferWriter<byte>(512);
        Write(text, content, deletedAt);
        return Encoding.UTF8.GetString(text.WrittenSpan);
    }

    /// <summary>Whether two contents are the same to the letter.</summary>
    public static bool AreSame(ExpenseContent left, ExpenseContent right) => Text(left, null) == Text(right, null);

    /// <summary>What an expense was. Throws <see cref="ErrorCode.Conflict"/> when the rules of today no longer allow it.</summary>
    public static (ExpenseContent Content, bool InTrash) Read(string text)
    {
        var faults = new Faults();
        // The currency stands in every content.
        var content = ExpenseRules.Check(ExpenseJson.ReadDraft(Encoding.UTF8.GetBytes(text)), Currency.Of("EUR"), faults);
        if (content is null)
            throw new AppException(ErrorCode.Conflict, $"What an expense was then is not allowed any more: {faults}");
        using var json = JsonDocument.Parse(text);
        return (content, json.RootElement.TryGetProperty("deleted_at", out _));
    }

    /// <summary>The fields that differ, each with what it was and what it is, as a person reads them; null for nothing.</summary>
    /// <param name="before">What the expense was; null before it was recorded.</param>
    /// <param name="after">What it is; null when it is gone for good.</param>
    public static IEnumerable<(string Field, string? Before, string? After)> Compare(string? before, string? after)
    {
        var (old, present) = (Fields(before), Fields(after));
        return old.Keys.Union(present.Keys)
            .Select(field => (field, old.GetValueOrDefault(field), present.GetValueOrDefault(field)))
            .Where(field => field.Item2 != field.Item3);
    }

    /// <summary>The fields that hold something, in the order in which they are written.</summary>
    public static IReadOnlyDictionary<string, string> Fields(string? text)
    {
        var fields = new OrderedDictionary<string, string>();
        if (text is null)
            return fields;
        using var json = JsonDocument.Parse(text);
        foreach (var field in json.RootElement.EnumerateObject())
        {
            var value = field switch
            {
                { Value.ValueKind: JsonValueKind.Array } => string.Join(", ", field.Value.EnumerateArray().Select(item => item.GetString())),
                { Name: "deleted_at" } => TimeText.ForPrograms(field.Value.GetDateTimeOffset()),
                _ => field.Value.ToString(),
            };
            if (value.Length > 0)
                fields[field.Name] = value;
        }

        return fields;
    }
}
