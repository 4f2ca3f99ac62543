namespace Outlay.Tests.Harness;

/// <summary>Waits until a test lets the time pass.</summary>
internal sealed class SteppedClock : TimeProvider
{
    private volatile Waiting? _waiting;

    /// <summary>How long is waited now; null while nobody waits.</summary>
    public TimeSpan? Pause => _waiting?.Pause;

    public void Step()
    {
        var waiting = _waiting!;
        _waiting = null;
        waiting.Callback(waiting.State);
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        _waiting = new Waiting(callback, state, dueTime);
        return base.CreateTimer(_ => { }, null, Timeout.InfiniteTimeSpan, period);
    }

    private sealed record Waiting(TimerCallback Callback, object? State, TimeSpan Pause);
}
