namespace Outlay.Storage;

/// <summary>Whether attempts are made.</summary>
internal enum CircuitState
{
    /// <summary>Yes, as often as somebody asks.</summary>
    Closed,

    /// <summary>One is being made, to see whether it succeeds again.</summary>
    HalfOpen,

    /// <summary>No: too many have failed.</summary>
    Open,
}

/// <summary>
/// Keeps a dead server from being asked again and again: after some failures in a row it refuses at once, and lets one attempt a second
/// through until one succeeds. docs/adr/0014-time-retries-and-a-breaker.md says why it counts as it does.
/// </summary>
internal sealed class CircuitBreaker(TimeProvider clock)
{
    /// <summary>How many failures in a row open it.</summary>
    public const int Threshold = 5;

    /// <summary>How long it stays open before the next attempt.</summary>
    public static readonly TimeSpan Break = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private int _failures;
    private long _opened;

    public CircuitState State { get; private set; }

    /// <summary>Why the last attempt failed; null after a success.</summary>
    public AppException? LastFailure { get; private set; }

    /// <summary>Asks for an attempt. Whoever gets one reports its end: <see cref="Succeed"/>, <see cref="Fail"/> or <see cref="Abandon"/>.</summary>
    public bool TryEnter()
    {
        lock (_lock)
        {
            if (State is CircuitState.Closed)
                return true;
            if (State is CircuitState.HalfOpen || clock.GetElapsedTime(_opened) < Break)
                return false;
            State = CircuitState.HalfOpen;
            return true;
        }
    }

    public void Succeed()
    {
        lock (_lock)
            (State, _failures, LastFailure) = (CircuitState.Closed, 0, null);
    }

    /// <summary>An attempt has failed.</summary>
    /// <returns>Whether this has just opened a closed circuit.</returns>
    public bool Fail(AppException failure)
    {
        lock (_lock)
        {
            LastFailure = failure;
            var wasClosed = State is CircuitState.Closed;
            if (++_failures < Threshold && wasClosed)
                return false;
            (State, _opened) = (CircuitState.Open, clock.GetTimestamp());
            return wasClosed;
        }
    }

    /// <summary>An attempt was given up before it came to an end.</summary>
    public void Abandon()
    {
        lock (_lock)
        {
            if (State is CircuitState.HalfOpen)
                (State, _opened) = (CircuitState.Open, clock.GetTimestamp());
        }
    }
}
