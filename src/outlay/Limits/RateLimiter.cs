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

    /// <summary>The dictionary would take all its locks to count.</summary>
    private int _count;

    public Quota Quota => quota;

    /// <summary>Counts a request of a client.</summary>
    public TokenVerdict Take(string client) => BucketOf(client).Take(Now);

    /// <summary>Gives back what <see cref="Take"/> has taken.</summary>
    public void GiveBack(string client) => BucketOf(client).GiveBack(Now);

    /// <summary>What a client has left; asking counts nothing.</summary>
    public TokenVerdict Look(string client) =>
        _buckets.TryGetValue(client, out var bucket) || (IsFull && _buckets.TryGetValue(Others, out bucket))
            ? bucket.Look(Now)
            : new TokenVerdict(Granted: true, quota.Burst, TimeSpan.Zero);

    private bool IsFull => Volatile.Read(ref _count) >= Capacity;

    private TimeSpan Now => clock.GetElapsedTime(_start);

    private TokenBucket BucketOf(string client)
    {
        if (!_buckets.ContainsKey(client) && IsFull)
            Sweep();
        while (true)
        {
            if (_buckets.TryGetValue(client, out var known))
                return known;
            if (IsFull)
                client = Others;
            var fresh = new TokenBucket(quota, Now);
            if (!_buckets.TryAdd(client, fresh))
                continue;
            Interlocked.Increment(ref _count);
            return fresh;
        }
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
            if (bucket.IsFull(now) && _buckets.TryRemove(client, out _))
                Interlocked.Decrement(ref _count);
        }
    }
}
