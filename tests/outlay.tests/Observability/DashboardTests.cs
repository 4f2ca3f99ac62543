using Outlay.Tests.Harness;

namespace Outlay.Tests.Observability;

/// <summary>The dashboards as they lie there for Grafana.</summary>
public sealed class DashboardTests : IDisposable
{
    /// <summary>Of Grafana's units, those that are used.</summary>
    private static readonly string[] s_units = ["percentunit", "s", "bytes", "reqps", "ops", "x", "short", "none"];

    private static readonly string s_folder = Path.Combine(ProductCode.Root, "observability");

    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public Task They_are_the_ones_that_were_asked_for() => GenerateAsync("--check");

    [Fact]
    public async Task One_that_was_changed_without_its_file_is_told()
    {
        Directory.CreateDirectory(_folder.File("dashboards"));
        var source = await File.ReadAllTextAsync(Path.Combine(s_folder, "dashboards.yaml"), Test.Token);
        await File.WriteAllTextAsync(_folder.File("dashboards.yaml"), source, Test.Token);
        await GenerateAsync(_folder.Path);
        await GenerateAsync("--check", _folder.Path);

        await File.WriteAllTextAsync(_folder.File("dashboards.yaml"), source.Replace("title: Trash", "title: Bin", StringComparison.Ordinal), Test.Token);
        var stale = await Assert.ThrowsAsync<InvalidOperationException>(() => GenerateAsync("--check", _folder.Path));

        Assert.Contains("exited with 1:", stale.Message, StringComparison.Ordinal);
        Assert.Contains("outlay-records.json is not what", stale.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_panel_says_what_it_shows_in_which_unit_and_from_where_it_is_bad() => Assert.All(GrafanaDashboard.All, dashboard =>
    {
        Assert.Equal(dashboard.File, dashboard.Json.GetProperty("uid").GetString());
        Assert.NotEmpty(dashboard.Json.GetProperty("description").GetString()!);
        Assert.Single(dashboard.Variables);
        Assert.All(dashboard.Panels, panel =>
        {
            Assert.NotEmpty(panel.Title);
            Assert.EndsWith(".", panel.Json.GetProperty("description").GetString(), StringComparison.Ordinal);
            Assert.Contains(panel.Defaults.GetProperty("unit").GetString(), s_units);
            Assert.NotEmpty(panel.Defaults.GetProperty("thresholds").GetProperty("steps").EnumerateArray());
            Assert.NotEmpty(panel.Queries);
            Assert.All(panel.Json.GetProperty("targets").EnumerateArray(), target => Assert.NotEmpty(target.GetProperty("legendFormat").GetString()!));
        });
        Assert.Distinct(dashboard.Panels.Select(panel => panel.Title));
    });

    [Fact]
    public void A_picture_of_every_dashboard_stands_in_the_docs_and_shows_data() => Assert.All(GrafanaDashboard.All, dashboard =>
    {
        var picture = File.ReadAllText(Path.Combine(ProductCode.Root, "docs", "dashboards", $"{dashboard.File}.svg"));
        Assert.All(dashboard.Panels, panel => Assert.Contains($">{System.Net.WebUtility.HtmlEncode(panel.Title)}<", picture, StringComparison.Ordinal));
        Assert.DoesNotContain(">no data<", picture, StringComparison.Ordinal);
    });

    private static Task GenerateAsync(params string[] arguments) =>
        Command.RunAsync(["dotnet", "run", Path.Combine(s_folder, "dashboards.cs"), "--", .. arguments]);
}
