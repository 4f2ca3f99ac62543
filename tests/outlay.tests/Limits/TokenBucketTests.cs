using System.Numerics;
using FsCheck;
using FsCheck.Fluent;
using Outlay.Limits;

namespace Outlay.Tests.Limits;

/// <summary>The bucket beside a model that counts in fractions without limits.</summary>
public sealed class TokenBucketTests
{
    [Fact]
    public void It_grants_and_promises_what_a_bucket_of_exact_fractions_does()
    {
        var quotas = from perMinute in Gen.OneOf(Gen.Choose(1, 1_000), Gen.Choose(1, 1_000_000)) from burst in Gen.OneOf(Gen.Choose(1, 20), Gen.Choose(1, 1_000_000)) select new Quota("any", perMinute, burst);
        // From nothing to years, and backwards, as a clock never should.
        var steps = Gen.OneOf(Gen.Constant(0L), Gen.Choose(1, 1_000_000).Select(ticks => (long)ticks), Gen.Choose(1, 90_000).Select(milliseconds => milliseconds * TimeSpan.TicksPerMillisecond),
            Gen.Choose(1, 2_000).Select(days => days * TimeSpan.TicksPerDay), Gen.Choose(-1_000, -1).Select(ticks => (long)ticks)).ListOf();

        Prop.ForAll(quotas.ToArbitrary(), steps.ToArbitrary(), (quota, waits) =>
        {
            var now = TimeSpan.FromDays(10_000);
            var (bucket, model) = (new TokenBucket(quota, now), new Model(quota, now.Ticks));
            foreach (var wait in waits)
            {
                now += TimeSpan.FromTicks(wait);
                var (granted, remaining) = model.Take(now.Ticks);
                var verdict = bucket.Take(now);
                Assert.Equal((granted, remaining), (verdict.Granted, verdict.Remaining));
                // Not a tick before, and not a tick after.
                if (verdict.Next > TimeSpan.Zero)
                {
                    Assert.Equal(remaining, model.At(model.Latest + verdict.Next.Ticks - 1));
                    Assert.Equal(remaining + 1, model.At(model.Latest + verdict.Next.Ticks));
                }
            }
        }).QuickCheckThrowOnFailure();
    }

    /// <summary>Tokens as a fraction with the denominator of one minute in ticks, in numbers that do not overflow.</summary>
    private sealed class Model(Quota quota, long now)
    {
        private BigInteger _parts = (BigInteger)quota.Burst * TimeSpan.TicksPerMinute;

        public long Latest { get; private set; } = now;

        public (bool Granted, int Remaining) Take(long now)
        {
            _parts = PartsAt(now);
            Latest = Math.Max(Latest, now);
            var granted = _parts >= TimeSpan.TicksPerMinute;
            if (granted)
                _parts -= TimeSpan.TicksPerMinute;
            return (granted, At(Latest));
        }

        public int At(long now) => (int)(PartsAt(now) / TimeSpan.TicksPerMinute);

        private BigInteger PartsAt(long now) =>
            BigInteger.Min((BigInteger)quota.Burst * TimeSpan.TicksPerMinute, _parts + ((BigInteger)Math.Max(0, now - Latest) * quota.PerMinute));
    }
}
