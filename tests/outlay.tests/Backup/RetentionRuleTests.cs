using FsCheck;
using FsCheck.Fluent;
using Outlay.Backup;

namespace Outlay.Tests.Backup;

public sealed class RetentionRuleTests
{
    private static readonly DateTimeOffset s_start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Backups of the last years, hours or months apart, some of them verified.</summary>
    private static readonly Gen<(DateTimeOffset Time, bool IsVerified)[]> s_backups =
        Gen.Choose(0, 24 * 900).Zip(Gen.Elements(true, false), (hours, isVerified) => (s_start.AddHours(hours), isVerified)).ArrayOf();

    private static readonly Gen<RetentionRule> s_rules = Gen.Choose(0, 10).Three()
        .Select(counts => new RetentionRule(counts.Item1, counts.Item2, counts.Item3));

    [Fact]
    public void What_is_kept_is_few_and_never_loses_the_last_good_one() => Holds((rule, backups) =>
    {
        var kept = Keep(rule, backups);

        Assert.Subset(backups.ToHashSet(), kept.ToHashSet());
        Assert.InRange(kept.Count, 0, 2 * (rule.Daily + rule.Weekly + rule.Monthly + RetentionRule.Newest));
        Assert.All(backups.OrderByDescending(backup => backup.Time).Take(1), newest => Assert.Contains(newest, kept));
        var good = backups.Where(backup => backup.IsVerified).ToList();
        if (good.Count > 0)
            Assert.Contains(kept, backup => backup.IsVerified && backup.Time == good.Max(other => other.Time));
    });

    [Fact]
    public void Of_each_period_a_verified_one_is_kept_whatever_else_there_is() => Holds((rule, backups) =>
    {
        var kept = Keep(rule, backups);

        // What is kept of the verified ones is what would be kept if there were no others.
        Assert.Subset(kept.ToHashSet(), Keep(rule, [.. backups.Where(backup => backup.IsVerified)]).ToHashSet());
        // And one that was not verified is kept of a day, a week or a month only if that has none that was.
        foreach (var other in kept.Where(backup => !backup.IsVerified).Except(backups.OrderByDescending(backup => backup.Time).Take(RetentionRule.Newest)))
            Assert.DoesNotContain(backups, backup => backup.IsVerified && backup.Time.Date == other.Time.Date);
    });

    [Fact]
    public void A_week_of_bad_backups_does_not_end_the_good_ones_before_it()
    {
        Assert.True(RetentionRule.TryParse("7 daily", out var rule));
        var backups = Enumerable.Range(0, 14).Select(day => (Time: s_start.AddDays(day), IsVerified: day < 7)).ToArray();

        Assert.Equal(backups.ToHashSet(), Keep(rule, backups).ToHashSet());
    }

    [Fact]
    public void Of_a_day_the_good_backup_is_kept_and_not_the_bad_one()
    {
        Assert.True(RetentionRule.TryParse("7 daily", out var rule));
        var backups = Enumerable.Range(0, 7)
            .SelectMany(day => new[] { (Time: s_start.AddDays(day).AddHours(3), IsVerified: true), (Time: s_start.AddDays(day).AddHours(15), IsVerified: false) })
            .ToArray();

        var kept = Keep(rule, backups);

        Assert.Equal(7, kept.Count(backup => backup.IsVerified));
        Assert.Equal(2, kept.Count(backup => !backup.IsVerified));
    }

    [Fact]
    public void Applied_again_it_removes_nothing_more() => Holds((rule, backups) =>
        Assert.Equal(Keep(rule, backups).ToHashSet(), Keep(rule, [.. Keep(rule, backups)]).ToHashSet()));

    [Fact]
    public void What_was_removed_once_would_not_be_wanted_later() => Holds((rule, backups) =>
    {
        // Backups come one by one, and the rule is applied after each: what is left is what it would keep of all of them.
        var left = new List<(DateTimeOffset Time, bool IsVerified)>();
        var all = new List<(DateTimeOffset Time, bool IsVerified)>();
        foreach (var backup in backups.DistinctBy(backup => backup.Time).OrderBy(backup => backup.Time))
        {
            all.Add(backup);
            left = [.. Keep(rule, [.. left, backup])];
        }

        Assert.Subset(Keep(rule, [.. all]).ToHashSet(), left.ToHashSet());
    });

    [Fact]
    public void A_year_of_daily_backups_becomes_days_weeks_and_months()
    {
        Assert.True(RetentionRule.TryParse("7 daily 4 weekly 12 monthly", out var rule));
        var backups = Enumerable.Range(0, 400).Select(day => (Time: s_start.AddDays(day), IsVerified: true)).ToArray();

        var kept = Keep(rule, backups).Select(backup => backup.Time.ToString("yyyy-MM-dd")).Order(StringComparer.Ordinal).ToArray();

        string[] expected =
        [
            "2026-03-31", "2026-04-30", "2026-05-31", "2026-06-30", "2026-07-31", "2026-08-31", "2026-09-30", "2026-10-31", "2026-11-30", "2026-12-31",
            "2027-01-17", "2027-01-24", "2027-01-29", "2027-01-30", "2027-01-31", "2027-02-01", "2027-02-02", "2027-02-03", "2027-02-04",
        ];
        Assert.Equal(expected, kept);
    }

    [Theory]
    [InlineData("7 daily 4 weekly 12 monthly", 7, 4, 12)]
    [InlineData("12 monthly 30 daily", 30, 0, 12)]
    [InlineData("1 daily", 1, 0, 0)]
    public void A_rule_is_read(string text, int daily, int weekly, int monthly)
    {
        Assert.True(RetentionRule.TryParse(text, out var rule));
        Assert.Equal(new RetentionRule(daily, weekly, monthly), rule);
    }

    [Theory]
    [InlineData("")]
    [InlineData("daily")]
    [InlineData("7")]
    [InlineData("7 days")]
    [InlineData("0 daily")]
    [InlineData("-1 daily")]
    [InlineData("7 daily 2 daily")]
    [InlineData("10001 daily")]
    public void A_bad_rule_is_refused(string text) => Assert.False(RetentionRule.TryParse(text, out _));

    private static IReadOnlyCollection<(DateTimeOffset Time, bool IsVerified)> Keep(RetentionRule rule, (DateTimeOffset Time, bool IsVerified)[] backups) =>
        [.. rule.Keep(backups, backup => backup.Time, backup => backup.IsVerified)];

    private static void Holds(Action<RetentionRule, (DateTimeOffset Time, bool IsVerified)[]> check) =>
        Prop.ForAll(Arb.From(s_rules.Zip(s_backups, (rule, backups) => (rule, backups))), pair => check(pair.rule, pair.backups))
            .QuickCheckThrowOnFailure();
}
