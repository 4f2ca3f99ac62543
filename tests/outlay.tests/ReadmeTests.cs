using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Outlay.Tests.Backup;
using Outlay.Tests.Harness;

namespace Outlay.Tests;

/// <summary>The README is run as it is printed; only the addresses of its server and of the sample are those of the test.</summary>
public sealed partial class ReadmeTests
{
    private static readonly string s_root = Root();
    private static readonly string s_readme = File.ReadAllText(Path.Combine(s_root, "README.md"));

    [Theory, EachEngine]
    public async Task The_tour_works_as_printed(Engine engine)
    {
        await using var database = await TestDatabase.CreateAsync(engine, migrated: false);
        var script = string.Join('\n', Blocks("bash").Where(block => block.StartsWith("outlay ", StringComparison.Ordinal)))
            .Replace("samples/", $"'{s_root}'/samples/", StringComparison.Ordinal);

        var tour = await OutlayProcess.RunScriptAsync(script, database.Environment);

        Assert.True(tour.ExitCode == 0, $"exit code {tour.ExitCode}\n{tour.Output}\n{tour.Error}");
        Assert.Contains("129775.03", tour.Output, StringComparison.Ordinal);

        await using var server = OutlayProcess.StartServer(database.Environment);
        var address = (await server.WaitForAddressAsync()).GetLeftPart(UriPartial.Authority);
        var calls = Assert.Single(Blocks("bash http")).Replace("http://127.0.0.1:8000", address, StringComparison.Ordinal)
            .Replace("curl ", "curl --silent --show-error --fail-with-body ", StringComparison.Ordinal);

        var http = await OutlayProcess.RunScriptAsync(calls, database.Environment);

        Assert.True(http.ExitCode == 0, $"exit code {http.ExitCode}\n{http.Output}\n{http.Error}");
        Assert.Contains("\"amount\":4.10", http.Output, StringComparison.Ordinal);
        Assert.Contains("\"amount\":3.90", http.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_two_commands_work_from_any_folder_with_nothing_but_the_sdk()
    {
        using var data = new TestFolder();
        var environment = new Dictionary<string, string> { ["DATA_DIR"] = data.Path };

        var run = await OutlayProcess.RunScriptAsync($"'{s_root}/run' add 3.50 Coffee && '{s_root}/run' list --output csv", environment);

        Assert.True(run.ExitCode == 0, $"exit code {run.ExitCode}\n{run.Output}\n{run.Error}");
        Assert.Contains(",Coffee,3.50,EUR,", run.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("link", "link")]
    [InlineData("./link", @"\./link")]
    [InlineData("\"$PWD/link\"", @"/\S+/link")]
    public async Task Hints_name_the_command_by_which_it_was_started(string command, string named)
    {
        // The first finds it on PATH; for the others it is not there.
        var path = command == "link" ? "PATH=\"$PWD:$PATH\"" : "true";

        var help = await OutlayProcess.RunScriptAsync($"ln -s '{s_root}/run' link && {path} && {command} --help");

        Assert.True(help.ExitCode == 0, $"exit code {help.ExitCode}\n{help.Output}\n{help.Error}");
        Assert.Matches($@"Usage:\n  {named} \[command\]", help.Output);
    }

    [Fact]
    public async Task A_copy_that_was_never_built_and_cannot_be_says_so()
    {
        // A file stands where the builds would go.
        var run = await OutlayProcess.RunScriptAsync($"cp '{s_root}/run' run && mkdir src && touch artifacts && ./run list");

        Assert.Equal((77, ""), (run.ExitCode, run.Output));
        Assert.Matches(@"^outlay: it must be built, and \S+/artifacts/run cannot be written\. .*\n$", run.Error);
    }

    [Fact]
    public void It_tells_as_many_sabotages_as_there_are()
    {
        var told = Sabotages().Matches(s_readme);

        Assert.NotEmpty(told);
        Assert.All(told, number => Assert.Equal($"{SabotageTests.Sabotages.Count} sabotages", number.Value));
    }

    [Fact]
    public void Every_setting_is_explained_and_nothing_that_is_none()
    {
        var source = new SettingsSource(_ => null);
        Settings.From(source);
        string[] known = [.. source.Report.Select(setting => setting.Name), "NO_COLOR", "TERM"];
        var rows = File.ReadLines(Path.Combine(s_root, "docs", "configuration.md")).Where(line => line.StartsWith("| `", StringComparison.Ordinal));
        var explained = rows.SelectMany(row => Setting().Matches(row.Split('|')[1])).Select(name => name.Value.Trim('`')).ToList();

        Assert.Equal(known.Order(StringComparer.Ordinal), explained.Order(StringComparer.Ordinal));
        var named = s_readme.Split("## Configuration")[1].Split("### Keys")[0].Split('\n').Where(line => line.StartsWith("| `", StringComparison.Ordinal))
            .SelectMany(row => Setting().Matches(row.Split('|')[1])).Select(name => name.Value.Trim('`'));
        Assert.All(named, name => Assert.Contains(name, known));
    }

    [Fact]
    public void The_links_of_the_configuration_lead_somewhere()
    {
        var text = File.ReadAllText(Path.Combine(s_root, "docs", "configuration.md"));
        foreach (var link in LocalLink().Matches(text).Select(match => match.Groups[1].Value))
        {
            var (file, anchor) = (Path.Combine(s_root, "docs", link.Split('#')[0]), link.Split('#').ElementAtOrDefault(1));
            Assert.True(File.Exists(file), link);
            if (anchor is not null)
                Assert.Contains(File.ReadLines(file), line => line.StartsWith('#') && line.TrimStart('#', ' ').ToLowerInvariant().Replace(' ', '-') == anchor);
        }
    }

    [Fact]
    public void Every_exit_code_is_named()
    {
        var codes = Enum.GetValues<ErrorCode>().Select(code => ErrorTable.Of(code).ExitCode).Distinct();

        Assert.All(codes, code => Assert.Matches($@"Exit codes:[^.]*\b{code} ", s_readme));
    }

    private static IEnumerable<string> Blocks(string language) =>
        Block().Matches(s_readme).Where(block => block.Groups["language"].Value == language).Select(block => block.Groups["text"].Value);

    private static string Root([CallerFilePath] string file = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(file)!, "..", ".."));

    [GeneratedRegex("`[A-Z][A-Z0-9_]+`")]
    private static partial Regex Setting();

    [GeneratedRegex(@"\]\((?!http)([^)]+)\)")]
    private static partial Regex LocalLink();

    [GeneratedRegex("[0-9]+ sabotages")]
    private static partial Regex Sabotages();

    [GeneratedRegex(@"^```(?<language>[a-z ]+)\n(?<text>.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Block();
}
