namespace Outlay.Bench;

/// <summary>Something that is measured at each size.</summary>
internal sealed record Measure(string Name, string Unit)
{
    public static readonly Measure Post = new("POST, p50", "ms");
    public static readonly Measure PostTail = new("POST, p99", "ms");
    public static readonly Measure FirstPage = new("page of 50, first, p50", "ms");
    public static readonly Measure FirstPageTail = new("page of 50, first, p99", "ms");
    public static readonly Measure DeepPage = new("page of 50, at nine tenths, p50", "ms");
    public static readonly Measure DeepPageTail = new("page of 50, at nine tenths, p99", "ms");
    public static readonly Measure Summary = new("summary, p50", "ms");
    public static readonly Measure SummaryTail = new("summary, p99", "ms");
    public static readonly Measure MonthlySummary = new("summary by month, p50", "ms");
    public static readonly Measure FilteredSummary = new("summary of a year and category (from the totals), p50", "ms");
    public static readonly Measure TextSummary = new("summary of a text (reads the expenses), p50", "ms");
    public static readonly Measure WholeList = new("whole list, streamed", "ms");
    public static readonly Measure Import = new("CSV import", "rows/s");
    public static readonly Measure ImportPeak = new("CSV import, peak memory", "MB");
    public static readonly Measure Export = new("CSV export", "rows/s");
    public static readonly Measure ExportPeak = new("CSV export, peak memory", "MB");
    public static readonly Measure Start = new("start to ready", "ms");
    public static readonly Measure Idle = new("server, idle after start", "MB");
    public static readonly Measure IdleAfterWork = new("server, idle after all this", "MB");
    public static readonly Measure ServerPeak = new("server, peak memory", "MB");

    /// <summary>Numbers of concurrent connections at which the rate is taken.</summary>
    public static readonly IReadOnlyList<int> Connections = [1, 8, 32];

    /// <summary>CLI verbs, as they are typed.</summary>
    public static readonly IReadOnlyList<string> Verbs = ["show 1", "add 3.50 Coffee", "summary"];

    /// <summary>In the order of the table.</summary>
    public static readonly IReadOnlyList<Measure> All =
    [
        Post, PostTail, .. Connections.Select(PostRate),
        FirstPage, FirstPageTail, DeepPage, DeepPageTail, Summary, SummaryTail, MonthlySummary, FilteredSummary, TextSummary, WholeList,
        Import, ImportPeak, Export, ExportPeak, Start, Idle, IdleAfterWork, ServerPeak, .. Verbs.Select(Verb),
    ];

    public static Measure PostRate(int connections) => new($"POST, {connections} connection{(connections == 1 ? "" : "s")}", "per second");

    public static Measure Verb(string verb) => new($"outlay {verb}", "ms");
}

/// <summary>What was measured on one engine.</summary>
internal sealed class Results
{
    private readonly Dictionary<(Measure, int), double> _values = [];

    public double this[Measure measure, int size]
    {
        get => _values[(measure, size)];
        set => _values[(measure, size)] = value;
    }
}
