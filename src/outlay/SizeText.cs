using System.Globalization;

namespace Outlay;

/// <summary>A number of bytes as people write it: a whole number and a unit of IEC 80000-13.</summary>
internal static class SizeText
{
    private static readonly (string Unit, long Bytes)[] s_units =
        [("TiB", 1L << 40), ("GiB", 1L << 30), ("MiB", 1L << 20), ("KiB", 1L << 10)];

    /// <param name="text">For example 512MiB or 2GiB.</param>
    public static bool TryParse(string text, out long bytes)
    {
        bytes = 0;
        var unit = Array.Find(s_units, unit => text.EndsWith(unit.Unit, StringComparison.Ordinal));
        if (unit.Unit is null || !int.TryParse(text.AsSpan(..^unit.Unit.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            return false;
        if (number > long.MaxValue / unit.Bytes)
            return false;
        bytes = number * unit.Bytes;
        return true;
    }

    /// <summary>For a person, with one decimal: 4.2 KiB.</summary>
    public static string ForPeople(long bytes)
    {
        var (unit, size) = Array.Find(s_units, unit => bytes >= unit.Bytes) is { Bytes: > 0 } found ? found : ("bytes", 1);
        return string.Create(CultureInfo.InvariantCulture, $"{(size == 1 ? $"{bytes}" : $"{(double)bytes / size:F1}")} {unit}");
    }

    /// <summary>In the largest unit that gives at least one, rounded down.</summary>
    public static string Of(long bytes)
    {
        var (unit, size) = Array.Find(s_units, unit => bytes >= unit.Bytes) is { Bytes: > 0 } found ? found : s_units[^1];
        return string.Create(CultureInfo.InvariantCulture, $"{bytes / size}{unit}");
    }
}
