using Outlay.Tests.Harness;

namespace Outlay.Tests.Observability;

/// <summary>observability/generate.cs, run as a developer runs it.</summary>
public sealed class GeneratorTests : IDisposable
{
    private static readonly string s_folder = Path.Combine(ProductCode.Root, "observability");

    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public Task The_rules_are_the_ones_that_the_objectives_ask_for() => GenerateAsync("--check");

    [Fact]
    public async Task Objectives_that_were_changed_without_their_rules_are_told()
    {
        await GenerateChangedAsync("percent: 99.5", "percent: 99.8");

        await GenerateAsync("--check", _folder.Path);
        await ChangeAsync("percent: 99.5", "percent: 99.6");
        var stale = await Assert.ThrowsAsync<InvalidOperationException>(() => GenerateAsync("--check", _folder.Path));

        Assert.Contains("exited with 1:", stale.Message, StringComparison.Ordinal);
        Assert.Contains("run dotnet run observability/generate.cs", stale.Message, StringComparison.Ordinal);
        Assert.Contains("vector(0.998)", await File.ReadAllTextAsync(_folder.File("rules/slo.yaml"), Test.Token), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_runbooks_and_dashboards_are_is_said_once_for_all_alerts()
    {
        await GenerateChangedAsync("runbooks: https://outlay.example/runbooks/\ndashboards: http://127.0.0.1:3000/d/", "runbooks: https://wiki.example/r/\ndashboards: https://grafana.example/d/");

        var rules = await File.ReadAllTextAsync(_folder.File("rules/slo.yaml"), Test.Token) + await File.ReadAllTextAsync(_folder.File("rules/alerts.yaml"), Test.Token);

        var alerts = rules.Split("- alert: ").Length - 1;
        Assert.Equal(20 + (3 * 5), alerts);
        Assert.Equal(alerts, rules.Split("runbook_url: \"https://wiki.example/r/").Length - 1);
        Assert.Equal(alerts, rules.Split("dashboard_url: \"https://grafana.example/d/outlay-").Length - 1);
    }

    [Fact]
    public async Task Alerts_that_were_changed_without_their_rules_are_told()
    {
        await GenerateChangedAsync("percent: 99.5", "percent: 99.8");
        await File.AppendAllTextAsync(_folder.File("alerts.yaml"), "      - alert: Another\n        expr: vector(1)\n", Test.Token);

        var stale = await Assert.ThrowsAsync<InvalidOperationException>(() => GenerateAsync("--check", _folder.Path));

        Assert.Contains("alerts.yaml asks for", stale.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("percent: 99.5", "percent: 100", "must be above 0 and below 100")]
    [InlineData("percent: 99.5", "percent: 93", "never burns 14.4 times as fast")]
    [InlineData("percent: 99.5", "target: 99.5", "target")]
    [InlineData("    page: false\n", "", "page")]
    [InlineData("    bad: (time()", "    good: 1\n    bad: (time()", "not both")]
    public async Task Objectives_that_make_no_sense_are_refused(string right, string wrong, string message)
    {
        var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => GenerateChangedAsync(right, wrong));

        Assert.Contains("exited with 65:", refused.Message, StringComparison.Ordinal);
        Assert.Contains(message, refused.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(_folder.File("rules/slo.yaml")));
    }

    private async Task GenerateChangedAsync(string from, string to)
    {
        Directory.CreateDirectory(_folder.File("rules"));
        File.Copy(Path.Combine(s_folder, "alerts.yaml"), _folder.File("alerts.yaml"));
        await ChangeAsync(from, to);
        await GenerateAsync(_folder.Path);
    }

    private async Task ChangeAsync(string from, string to)
    {
        var objectives = await File.ReadAllTextAsync(Path.Combine(s_folder, "slo.yaml"), Test.Token);
        Assert.Contains(from, objectives, StringComparison.Ordinal);
        await File.WriteAllTextAsync(_folder.File("slo.yaml"), objectives.Replace(from, to, StringComparison.Ordinal), Test.Token);
    }

    private static Task GenerateAsync(params string[] arguments) =>
        Command.RunAsync(["dotnet", "run", Path.Combine(s_folder, "generate.cs"), "--", .. arguments]);
}
