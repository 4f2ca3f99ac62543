namespace Outlay.Limits;

/// <summary>How many requests without a good key an address has left, for one request that comes from it.</summary>
internal sealed class RefusalBudget(RateLimiter refusals, string address)
{
    private bool _isSpent;

    /// <summary>Why the address is refused unheard; null while it is not.</summary>
    public AppException? Refusal => refusals.Look(address) is { Granted: false } verdict ? Exhausted(verdict) : null;

    /// <summary>Counts the request before it is known whether its key is good. Throws <see cref="ErrorCode.QuotaExceeded"/> when nothing is left.</summary>
    public void Spend()
    {
        if (refusals.Take(address) is { Granted: false } verdict)
            throw Exhausted(verdict);
        _isSpent = true;
    }

    /// <summary>The key was good, or nobody could tell.</summary>
    public void GiveBack()
    {
        refusals.GiveBack(address);
        _isSpent = false;
    }

    /// <summary>Counts a request that was refused, once.</summary>
    public void SpendUnlessSpent()
    {
        if (!_isSpent)
            refusals.Take(address);
        _isSpent = true;
    }

    private AppException Exhausted(TokenVerdict verdict) => new(ErrorCode.QuotaExceeded, "Too many requests without a good key came from this address")
    {
        RetryAfter = verdict.Next,
        ViolatedPolicies = [refusals.Quota.Name],
    };
}
