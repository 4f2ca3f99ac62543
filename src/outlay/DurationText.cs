using System.Globalization;

namespace Outlay;

/// <summary>A length of time as people write it: a whole number and one unit.</summary>
internal static class DurationText
{
    private static readonly (string Unit, TimeSpan Length)[] s_units =
        [("d", TimeSpan.FromDays(1)), ("h", TimeSpan.FromHours(1)), ("m", TimeSpan.FromMinutes(1)), ("s", TimeSpan.FromSeconds(1)), ("ms", TimeSpan.FromMilliseconds(1))];

    /// <param name="text">For example 500ms, 90s, 15m, 24h or 7d.</param>
    public static bool TryParse(string text, out TimeSpan duration)
    {
        duration = default;
        // From the end: 5ms ends with s too.
        var unit = Array.FindLast(s_units, unit => text.EndsWith(unit.Unit, StringComparison.Ordinal));
        if (unit.Length == default || !int.TryParse(text.AsSpan(..^unit.Unit.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            return false;
        if (number > TimeSpan.MaxValue.Ticks / unit.Length.Ticks)
            return false;
        duration = number * unit.Length;
        return true;
    }

    /// <summary>In the largest unit that gives at least one, rounded down: 36 hours are 1d.</summary>
    public static string Of(TimeSpan duration)
    {
        var (unit, length) = Array.Find(s_units, unit => duration >= unit.Length && duration >= TimeSpan.FromSeconds(1)) is { Length.Ticks: > 0 } found ? found : s_units[^2];
        return string.Create(CultureInfo.InvariantCulture, $"{duration.Ticks / length.Ticks}{unit}");
    }

    /// <summary>Of a measurement, in seconds with one decimal.</summary>
    public static string Precise(TimeSpan duration) => string.Create(CultureInfo.InvariantCulture, $"{duration.TotalSeconds:F1} s");
}
