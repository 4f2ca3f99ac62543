using System.Text.Json;
using System.Text.RegularExpressions;
using Outlay.Tests.Harness;

namespace Outlay.Tests.Observability;

/// <summary>Every alert has one runbook, is expected by a drill and leads to a dashboard, and the other way round.</summary>
public sealed partial class AlertTests
{
    private static readonly string s_rules = string.Concat(
        Directory.GetFiles(Path.Combine(ProductCode.Root, "observability", "rules"), "*.yaml").Order(StringComparer.Ordinal).Select(File.ReadAllText));

    private static readonly string[] s_alerts = [.. Alert().Matches(s_rules).Select(match => match.Groups[1].Value).Distinct().Order(StringComparer.Ordinal)];

    private static readonly string[] s_drills = [.. Directory.GetFiles(Path.Combine(ProductCode.Root, "drills"), "drill.sh", SearchOption.AllDirectories).Select(File.ReadAllText)];

    [Fact]
    public void Every_alert_has_a_runbook_and_every_runbook_an_alert() =>
        Assert.Equal(s_alerts, Directory.GetFiles(Path.Combine(ProductCode.Root, "runbooks"), "*.md")
            .Select(file => Path.GetFileNameWithoutExtension(file)).Where(name => name != "README").Order(StringComparer.Ordinal));

    [Fact]
    public void Every_alert_is_expected_by_a_drill_and_no_drill_expects_another()
    {
        var expected = s_drills.SelectMany(drill => Expected().Match(drill).Groups[1].Value.Split(' ', StringSplitOptions.RemoveEmptyEntries));

        Assert.Equal(s_alerts, expected.Distinct().Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Every_runbook_says_what_it_means_whom_it_hurts_where_to_look_and_what_to_do() => Assert.All(s_alerts, alert =>
    {
        var text = File.ReadAllText(Path.Combine(ProductCode.Root, "runbooks", $"{alert}.md"));
        Assert.Equal(["## Meaning", "## Impact", "## Diagnosis", "## Mitigation"], text.Split('\n').Where(line => line.StartsWith("## ", StringComparison.Ordinal)));
        Assert.Matches("(?s)## Diagnosis.*```bash\n.+\n```.*## Mitigation.*```bash\n.+\n```", text);
        var drill = Rehearsed().Match(text).Groups[1].Value;
        Assert.Contains(alert, Expected().Match(File.ReadAllText(Path.Combine(ProductCode.Root, "drills", drill, "drill.sh"))).Groups[1].Value.Split(' '));
    });

    [Fact]
    public void What_every_runbook_does_is_what_a_drill_does()
    {
        var done = s_drills.SelectMany(drill => Mending().Matches(drill).SelectMany(match => match.Groups[1].Value.Split(' '))).Select(Mitigation).ToHashSet();

        Assert.All(s_alerts, alert => Assert.Contains(Mitigation(alert), done));
    }

    [Fact]
    public async Task Before_a_database_is_emptied_a_good_backup_is_found()
    {
        await using var database = await TestDatabase.CreateAsync(Engine.Sqlite);
        var lines = Mitigation("HistoryBroken").Split('\n').TakeWhile(line => !line.Contains("psql", StringComparison.Ordinal)).Where(line => line.Contains("newest", StringComparison.Ordinal));
        var script = $"{string.Join('\n', lines)}\necho \"found $newest\"";

        var without = await OutlayProcess.RunScriptAsync(script, database.Environment);
        Assert.Equal(0, (await OutlayProcess.RunAsync(["add", "3.50", "Coffee"], database.Environment)).ExitCode);
        Assert.Equal(0, (await OutlayProcess.RunAsync(["backup", "create"], database.Environment)).ExitCode);
        var with = await OutlayProcess.RunScriptAsync(script, database.Environment);

        Assert.NotEqual(0, without.ExitCode);
        Assert.Contains("change nothing", without.Error, StringComparison.Ordinal);
        Assert.True(with.ExitCode == 0, with.Error);
        Assert.Contains("\nfound outlay_backup_", $"\n{with.Output}", StringComparison.Ordinal);
    }

    [Fact]
    public void Runbooks_name_the_settings_where_the_installation_puts_them()
    {
        var service = File.ReadAllText(Path.Combine(ProductCode.Root, "deploy", "systemd", "outlay.service"));

        Assert.Contains($"EnvironmentFile=-{SettingsFile().Match(File.ReadAllText(Path.Combine(ProductCode.Root, "runbooks", "README.md"))).Groups[1].Value}\n", service, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_alert_leads_to_its_runbook_and_to_a_dashboard_that_is_there()
    {
        var dashboards = Directory.GetFiles(Path.Combine(ProductCode.Root, "observability", "dashboards"), "*.json")
            .Select(file => JsonElement.Parse(File.ReadAllText(file)).GetProperty("uid").GetString()).ToHashSet();

        Assert.All(Annotated().Matches(s_rules).AsEnumerable(), match =>
        {
            Assert.EndsWith($"/{match.Groups["alert"].Value}.md", match.Groups["runbook"].Value, StringComparison.Ordinal);
            Assert.Contains(match.Groups["dashboard"].Value, dashboards);
        });
        Assert.Equal(Alert().Count(s_rules), Annotated().Count(s_rules));
    }

    /// <summary>The commands below the heading of a runbook.</summary>
    private static string Mitigation(string alert) =>
        File.ReadAllText(Path.Combine(ProductCode.Root, "runbooks", $"{alert}.md")).Split("## Mitigation")[1].Split("```bash\n")[1].Split("```")[0];

    [GeneratedRegex(@"(?m)^(?:runbooks|again)=""(.*)""$")]
    private static partial Regex Mending();

    [GeneratedRegex(@"OUTLAY_ENVIRONMENT=(\S+)")]
    private static partial Regex SettingsFile();

    [GeneratedRegex(@"- alert: (\w+)")]
    private static partial Regex Alert();

    [GeneratedRegex(@"(?m)^expect=""(.*)""$")]
    private static partial Regex Expected();

    [GeneratedRegex(@"Rehearsed by \[drills/([\w-]+)\]")]
    private static partial Regex Rehearsed();

    [GeneratedRegex(@"- alert: (?<alert>\w+)\n(?:(?!- alert:)[\s\S])*?runbook_url: ""(?<runbook>[^""]+)""\s+dashboard_url: ""[^""]*/d/(?<dashboard>[\w-]+)""")]
    private static partial Regex Annotated();
}
