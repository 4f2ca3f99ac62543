namespace Outlay.Limits;

/// <summary>How much the server takes on, from one client and from all of them.</summary>
/// <param name="Reads">RATE_LIMIT_READS and RATE_LIMIT_READS_BURST: reads by one key, person or address; default 600 a minute, as many at once. Null, set as 0: no limit.</param>
/// <param name="Writes">RATE_LIMIT_WRITES and RATE_LIMIT_WRITES_BURST: the same for changes; default 200.</param>
/// <param name="Refusals">RATE_LIMIT_REFUSALS: requests of one address without a good key, default 60 a minute, as many at once. Null, set as 0: no limit.</param>
/// <param name="Concurrent">MAX_CONCURRENT_REQUESTS: requests that use the database at the same time, 1–1000; default four for each processor, at least 8.</param>
/// <param name="Queued">MAX_QUEUED_REQUESTS: requests that may wait for that, 0–10000; default 64.</param>
/// <param name="Connections">MAX_CONNECTIONS: connections that clients may have open, 10–100000; default 1000.</param>
/// <param name="ConnectionsOfAddress">MAX_CONNECTIONS_PER_ADDRESS: how many of them one address may have, unless it is one of TRUSTED_PROXIES, 1–100000; default a quarter of all, at least 10.</param>
internal sealed record LimitSettings(Quota? Reads, Quota? Writes, Quota? Refusals, int Concurrent, int Queued, int Connections, int ConnectionsOfAddress)
{
    /// <summary>How long a request waits for its turn before it is turned away: who waits longer than that has mostly given up.</summary>
    public static readonly TimeSpan QueueTime = TimeSpan.FromMilliseconds(500);

    /// <summary>How long the body of a request may take to arrive.</summary>
    public static readonly TimeSpan UploadTime = TimeSpan.FromSeconds(30);

    /// <summary>How long the line and the headers of a request may take to arrive.</summary>
    public static readonly TimeSpan HeaderTime = TimeSpan.FromSeconds(10);

    /// <summary>How long a connection may be idle between two requests: whoever only holds it takes it from others.</summary>
    public static readonly TimeSpan IdleTime = TimeSpan.FromSeconds(20);

    /// <summary>The same behind a proxy, which keeps its connections for all its clients: it should be the one that closes them, for a request must not meet one that is being closed.</summary>
    public static readonly TimeSpan IdleTimeOfProxies = TimeSpan.FromSeconds(130);

    public static LimitSettings From(SettingsSource source)
    {
        var refusals = source.Number("RATE_LIMIT_REFUSALS", 60, 0, 1_000_000);
        var settings = new LimitSettings(
            ReadQuota(source, "reads", "RATE_LIMIT_READS", 600),
            ReadQuota(source, "writes", "RATE_LIMIT_WRITES", 200),
            refusals == 0 ? null : new Quota("refusals", refusals, refusals),
            source.Number("MAX_CONCURRENT_REQUESTS", Math.Clamp(4 * Environment.ProcessorCount, 8, 60), 1, 1_000),
            source.Number("MAX_QUEUED_REQUESTS", 64, 0, 10_000),
            source.Number("MAX_CONNECTIONS", 1_000, 10, 100_000),
            ConnectionsOfAddress: 0);
        return settings with { ConnectionsOfAddress = source.Number("MAX_CONNECTIONS_PER_ADDRESS", Math.Max(10, settings.Connections / 4), 1, 100_000) };
    }

    private static Quota? ReadQuota(SettingsSource source, string name, string variable, int fallback)
    {
        var perMinute = source.Number(variable, fallback, 0, 1_000_000);
        var burst = source.Number($"{variable}_BURST", Math.Max(perMinute, 1), 1, 1_000_000);
        return perMinute == 0 ? null : new Quota(name, perMinute, burst);
    }
}
