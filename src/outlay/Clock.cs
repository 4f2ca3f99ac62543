namespace Outlay;

/// <summary>The time of what is stored.</summary>
internal static class Clock
{
    /// <summary>Now, to the millisecond: both engines store that much and give it back unchanged.</summary>
    public static DateTimeOffset GetUtcMilliseconds(this TimeProvider clock)
    {
        var now = clock.GetUtcNow();
        return now.AddTicks(-(now.Ticks % TimeSpan.TicksPerMillisecond));
    }
}
