namespace Outlay.Limits;

/// <summary>What became of a request for a token.</summary>
/// <param name="Remaining">Whole tokens that are left.</param>
/// <param name="Next">How long it takes until there is one more; zero when the bucket is full.</param>
internal readonly record struct TokenVerdict(bool Granted, int Remaining, TimeSpan Next);

/// <summary>
/// A token bucket: it holds at most <see cref="Quota.Burst"/> tokens, is full at first, and gets <see cref="Quota.PerMinute"/> a minute.
/// It counts in parts of a token, of which each tick of the clock brings a whole number, so that no rounding adds up.
/// </summary>
/// <param name="now">The time since any moment that is the same for all calls.</param>
internal sealed class TokenBucket(Quota quota, TimeSpan now)
{
    private const long Token = TimeSpan.TicksPerMinute;

    private readonly long _capacity = quota.Burst * Token;
    private readonly Lock _lock = new();
    private long _level = quota.Burst * Token;
    private long _at = now.Ticks;

    /// <summary>Takes a token if there is one.</summary>
    public TokenVerdict Take(TimeSpan now)
    {
        lock (_lock)
        {
            Fill(now);
            var granted = _level >= Token;
            if (granted)
                _level -= Token;
            return Verdict(granted);
        }
    }

    /// <summary>Puts a token back that was taken.</summary>
    public void GiveBack(TimeSpan now)
    {
        lock (_lock)
        {
            Fill(now);
            _level = Math.Min(_capacity, _level + Token);
        }
    }

    /// <summary>Says what there is, and takes nothing.</summary>
    public TokenVerdict Look(TimeSpan now)
    {
        lock (_lock)
        {
            Fill(now);
            return Verdict(_level >= Token);
        }
    }

    /// <summary>Whether it is full, so that a new one would be the same.</summary>
    public bool IsFull(TimeSpan now)
    {
        lock (_lock)
        {
            Fill(now);
            return _level == _capacity;
        }
    }

    private void Fill(TimeSpan now)
    {
        // More than it takes to fill it would only overflow.
        var elapsed = Math.Clamp(now.Ticks - _at, 0, (_capacity / quota.PerMinute) + 1);
        _level = Math.Min(_capacity, _level + (elapsed * quota.PerMinute));
        _at = Math.Max(_at, now.Ticks);
    }

    private TokenVerdict Verdict(bool granted)
    {
        var missing = _level == _capacity ? 0 : Token - (_level % Token);
        var ticks = (missing + quota.PerMinute - 1) / quota.PerMinute;
        return new TokenVerdict(granted, (int)(_level / Token), TimeSpan.FromTicks(ticks));
    }
}
