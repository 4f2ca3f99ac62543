using System.Text.Json;

namespace Outlay;

/// <summary>What JSON is made of here, beside what the writer of the framework knows.</summary>
internal static class JsonWriting
{
    /// <summary>An array of objects.</summary>
    /// <param name="write">Writes the members of an object.</param>
    public static void WriteArray<T>(this Utf8JsonWriter json, string name, IEnumerable<T> items, Action<T> write)
    {
        json.WriteStartArray(name);
        foreach (var item in items)
        {
            json.WriteStartObject();
            write(item);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    /// <summary>A moment in <see cref="TimeText.FormatForPrograms">the one form</see> that programs get, or null.</summary>
    public static void WriteTime(this Utf8JsonWriter json, string name, DateTimeOffset? time) =>
        json.WriteString(name, time is { } known ? TimeText.ForPrograms(known) : null);
}
