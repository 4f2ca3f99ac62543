namespace Outlay.Storage;

/// <summary>How long one request may wait for the database, whatever it asks of it. It begins with the first question: a slow upload costs nothing.</summary>
/// <param name="budget">The time for all questions together.</param>
internal sealed class Deadline(TimeSpan budget, TimeProvider clock)
{
    private readonly Lock _lock = new();
    private long? _start;

    public TimeSpan Budget => budget;

    /// <summary>What is left of it; never less than nothing.</summary>
    public TimeSpan Left
    {
        get
        {
            lock (_lock)
                _start ??= clock.GetTimestamp();
            var left = budget - clock.GetElapsedTime(_start.Value);
            return left > TimeSpan.Zero ? left : TimeSpan.Zero;
        }
    }
}
