using System.Globalization;

namespace Outlay;

/// <summary>A moment as text, always in UTC.</summary>
internal static class TimeText
{
    /// <summary>The one form of RFC 3339 that programs get, of a time in UTC.</summary>
    public const string FormatForPrograms = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";

    /// <summary>For programs: <c>2026-02-19T10:30:00.000Z</c>.</summary>
    public static string ForPrograms(DateTimeOffset time) => time.UtcDateTime.ToString(FormatForPrograms, CultureInfo.InvariantCulture);

    /// <summary>For people: <c>2026-02-19 10:30:00Z</c>.</summary>
    public static string ForPeople(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    /// <summary>For a column of a table: <c>2026-02-19 10:30Z</c>.</summary>
    public static string Short(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm'Z'", CultureInfo.InvariantCulture);
}
