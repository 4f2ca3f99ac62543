using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
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

    [Fact]
    public void Every_setting_is_in_the_table()
    {
        var source = new SettingsSource(_ => null);
        Settings.From(source);

        Assert.All(source.Report, setting => Assert.Contains($"`{setting.Name}`", s_readme, StringComparison.Ordinal));
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

    [GeneratedRegex(@"^```(?<language>[a-z ]+)\n(?<text>.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Block();
}
