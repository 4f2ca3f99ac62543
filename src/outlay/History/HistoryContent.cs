using System.Buffers;
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
}
