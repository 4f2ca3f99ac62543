using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Outlay.Backup;

/// <summary>
/// Which backups are kept: one of each of the last days, weeks and months that have any, the newest that was verified, or else
/// the newest. A period without a backup does not count, so that a machine that was off for a month does not lose what it has;
/// and what was verified is kept as if there were no others, so that a week of bad ones does not end it.
/// </summary>
internal sealed record RetentionRule(int Daily, int Weekly, int Monthly)
{
    /// <summary>So many are kept in any case: of one day too, so that what a restore replaced is not gone an hour later.</summary>
    public const int Newest = 3;

    private const int Max = 10_000;

    /// <summary>Stands in for one that could not be read.</summary>
    public static readonly RetentionRule None = new(Max, Max, Max);

    /// <param name="text">For example <c>7 daily 4 weekly 12 monthly</c>; what is not named counts 0.</param>
    public static bool TryParse(string text, [NotNullWhen(true)] out RetentionRule? rule)
    {
        rule = null;
        var words = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var counts = new Dictionary<string, int> { ["daily"] = 0, ["weekly"] = 0, ["monthly"] = 0 };
        var named = new HashSet<string>();
        if (words.Length == 0 || words.Length % 2 != 0)
            return false;
        foreach (var pair in words.Chunk(2))
        {
            if (!int.TryParse(pair[0], NumberStyles.None, CultureInfo.InvariantCulture, out var count) || count > Max ||
                !counts.ContainsKey(pair[1]) || !named.Add(pair[1]))
                return false;
            counts[pair[1]] = count;
        }

        rule = new RetentionRule(counts["daily"], counts["weekly"], counts["monthly"]);
        return counts.Values.Any(count => count > 0);
    }

    /// <summary>What is kept of these. The <see cref="Newest"/> always are, and as many of those that were verified.</summary>
    /// <param name="time">When a backup was made.</param>
    public IReadOnlySet<T> Keep<T>(IEnumerable<T> backups, Func<T, DateTimeOffset> time, Func<T, bool> isVerified)
    {
        var newestFirst = backups.OrderByDescending(time).ToList();
        var verified = newestFirst.Where(isVerified).ToList();
        return newestFirst.Take(Newest)
            .Concat(verified.Take(Newest))
            .Concat(OneOfEachPeriod(newestFirst))
            .Concat(OneOfEachPeriod(verified))
            .ToHashSet();

        IEnumerable<T> OneOfEachPeriod(IReadOnlyList<T> some) =>
        [
            .. OneOfEach(some, Daily, date => date.DayNumber),
            // Day 0 was a Monday.
            .. OneOfEach(some, Weekly, date => date.DayNumber / 7),
            .. OneOfEach(some, Monthly, date => (date.Year * 12) + date.Month),
        ];

        IEnumerable<T> OneOfEach(IReadOnlyList<T> some, int count, Func<DateOnly, int> period) =>
            some.GroupBy(backup => period(DateOnly.FromDateTime(time(backup).UtcDateTime))).Take(count)
                .Select(all => all.Where(isVerified).Concat(all).First());
    }
}
