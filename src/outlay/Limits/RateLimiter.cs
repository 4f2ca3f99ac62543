using System.Collections.Concurrent;

namespace Outlay.Limits;

/// <summary>A token bucket for each client, in memory that is bounded however many clients there are.</summary>
internal sealed class RateLimiter(Quota quota, TimeProvider clock)
{
    /// <summary>How many clients are told apart at once, some 10 MB; more than that share one bucket until others have rested.</summary>
    public const int Capacity = 50_000;

    private const string Others = "";

    private readonly long _start = clock.GetTimestamp();
    private readonly ConcurrentDictionary<string, TokenBucket> _buckets = new(StringComparer.Ordinal);
    private long _sweptAt;

    public Quota Quota => quota;

    /// <summary>Counts a request of a client.</summary>
    public TokenVerdict Take(string client) => BucketOf(client).Take(Now);

    /// <summary>What a client has left; asking counts nothing.</summary>
    public TokenVerdict Look(string client) =>
        _buckets.TryGetValue(client, out var bucket) || (_buckets.Count >= Capacity && _buckets.TryGetValue(Others, out bucket))
            ? bucket.Look(Now)
            : new TokenVerdict(Granted: true, quota.Burst, TimeSpan.Zero);

    private TimeSpan Now => clock.GetElapsedTime(_start);

    private TokenBucket BucketOf(string client)
    {
        if (_buckets.TryGetValue(client, out var known))
            return known;
        if (_buckets.Count >= Capacity)
            Sweep();
        return _buckets.GetOrAdd(_buckets.Count < Capacity ? client : Others, _ => new TokenBucket(quota, Now));
    }

    /// <summary>Forgets who has rested until the bucket was full, at most once a second: it looks at every bucket.</summary>
    private void Sweep()
    {
        var swept = Volatile.Read(ref _sweptAt);
        var now = Now;
        if (now.Ticks - swept < TimeSpan.TicksPerSecond || Interlocked.CompareExchange(ref _sweptAt, now.Ticks, swept) != swept)
            return;
        foreach (var (client, bucket) in _buckets)
        {
            if (bucket.IsFull(now))
                _buckets.TryRemove(client, out _);
        }
    }
}
