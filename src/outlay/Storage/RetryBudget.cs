namespace Outlay.Storage;

/// <summary>
/// Decides whether something that failed and did nothing is tried again: at most <see cref="MaxTries"/> times, after a random pause, and
/// for all callers together at most once for every ten calls. Without that limit, retries would double the load on a database that is down already.
/// </summary>
internal sealed class RetryBudget
{
    public const int MaxTries = 3;

    /// <summary>What a retry costs; a call earns one.</summary>
    private const int Price = 10;

    /// <summary>As many retries are saved up at most, and there at the start: a single verb has earned none.</summary>
    private const int MaxSaved = 10 * Price;

    private static readonly TimeSpan s_minPause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan s_maxPause = TimeSpan.FromMilliseconds(500);

    private readonly Lock _lock = new();
    private int _saved = MaxSaved;

    /// <summary>A random time, so that those who failed together do not come back together.</summary>
    public static TimeSpan Pause => s_minPause + ((s_maxPause - s_minPause) * Random.Shared.NextDouble());

    /// <summary>A call is made.</summary>
    public void Earn()
    {
        lock (_lock)
            _saved = Math.Min(_saved + 1, MaxSaved);
    }

    /// <summary>Asks for a retry.</summary>
    /// <param name="tries">How often it was tried already.</param>
    /// <param name="isFree">Whether something else limits how many there can be.</param>
    public bool TrySpend(int tries, bool isFree = false)
    {
        lock (_lock)
        {
            var price = isFree ? 0 : Price;
            if (tries >= MaxTries || _saved < price)
                return false;
            _saved -= price;
            return true;
        }
    }
}
