using Outlay.Storage;

namespace Outlay.Tests.Storage;

public sealed class CircuitBreakerTests
{
    private static readonly AppException s_failure = new(ErrorCode.Unavailable, "gone");

    private readonly SteppedClock _clock = new();
    private readonly CircuitBreaker _breaker;

    public CircuitBreakerTests() => _breaker = new CircuitBreaker(_clock);

    [Fact]
    public void It_opens_after_failures_in_a_row_only()
    {
        for (var i = 0; i < 3 * CircuitBreaker.Threshold; i++)
        {
            Assert.True(_breaker.TryEnter());
            if (i % CircuitBreaker.Threshold == 0)
                _breaker.Succeed();
            else
                Assert.False(_breaker.Fail(s_failure));
        }

        Assert.True(_breaker.TryEnter());
        Assert.True(_breaker.Fail(s_failure));
        Assert.Equal((CircuitState.Open, s_failure), (_breaker.State, _breaker.LastFailure));
        Assert.False(_breaker.TryEnter());
    }

    [Fact]
    public void It_lets_one_attempt_a_second_through_until_one_succeeds()
    {
        Open();

        for (var second = 0; second < 3; second++)
        {
            Assert.False(_breaker.TryEnter());
            _clock.Advance(CircuitBreaker.Break);
            Assert.True(_breaker.TryEnter());
            Assert.Equal(CircuitState.HalfOpen, _breaker.State);
            Assert.False(_breaker.TryEnter());
            Assert.False(_breaker.Fail(s_failure));
        }

        _clock.Advance(CircuitBreaker.Break);
        Assert.True(_breaker.TryEnter());
        _breaker.Succeed();
        Assert.Equal((CircuitState.Closed, null), (_breaker.State, _breaker.LastFailure));
        Assert.True(_breaker.TryEnter());
    }

    [Fact]
    public void An_attempt_that_is_given_up_makes_room_for_the_next()
    {
        Open();
        _clock.Advance(CircuitBreaker.Break);
        Assert.True(_breaker.TryEnter());

        _breaker.Abandon();

        Assert.False(_breaker.TryEnter());
        _clock.Advance(CircuitBreaker.Break);
        Assert.True(_breaker.TryEnter());
    }

    [Fact]
    public void Retries_are_at_most_a_tenth_of_the_calls()
    {
        var budget = new RetryBudget();
        var retries = 0;
        for (var call = 0; call < 10_000; call++)
        {
            budget.Earn();
            for (var tries = 1; budget.TrySpend(tries); tries++)
                retries++;
        }

        Assert.InRange(retries, 1_000, 1_010);
        Assert.False(new RetryBudget().TrySpend(RetryBudget.MaxTries));
        Assert.All(Enumerable.Range(0, 100), _ => Assert.InRange(RetryBudget.Pause.TotalMilliseconds, 50, 500));
    }

    private void Open()
    {
        for (var i = 0; i < CircuitBreaker.Threshold; i++)
            _breaker.Fail(s_failure);
    }

    private sealed class SteppedClock : TimeProvider
    {
        private long _now;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _now;

        public void Advance(TimeSpan by) => _now += by.Ticks;
    }
}
