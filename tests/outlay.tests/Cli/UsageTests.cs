using Outlay.Tests.Harness;

namespace Outlay.Tests.Cli;

/// <summary>What the program says about itself, and about command lines that it does not understand.</summary>
public sealed class UsageTests
{
    [Fact]
    public async Task Help_shows_every_verb_with_its_options_and_examples()
    {
        string[] verbs = ["add", "list", "show", "edit", "delete", "restore", "summary", "import", "export", "backup", "doctor", "migrate", "status", "keys", "owners", "config", "completion", "serve"];
        string[] children =
        [
            "backup create", "backup list", "backup verify", "backup restore", "keys create", "keys list", "keys rotate", "keys revoke",
            "owners list", "owners create", "owners edit",
        ];
        var help = await Task.WhenAll(verbs.Select(verb => OutlayProcess.RunAsync([verb, "--help"])).Prepend(OutlayProcess.RunAsync(["--help"]))
            .Concat(children.Select(verb => OutlayProcess.RunAsync([.. verb.Split(' '), "--help"]))));

        Assert.All(help, result => Assert.Equal((0, ""), (result.ExitCode, result.Error)));
        Assert.All(help[1..], result => Assert.Contains("Examples:", result.Output, StringComparison.Ordinal));
        Snapshot.Match("cli-help", string.Concat(help.Select(result => result.Output)));
    }

    [Theory]
    [InlineData("A verb is missing")]
    [InlineData("Did you mean list?", "lsit")]
    [InlineData("Did you mean list?", "ls")]
    [InlineData("Did you mean delete?", "rm", "12")]
    [InlineData("Did you mean --version?", "version")]
    [InlineData("Did you mean --date?", "add", "3.50", "Coffee", "--data", "today")]
    [InlineData("DESCRIPTION is missing", "add", "3.50")]
    [InlineData("outlay backup restore --help", "backup", "restore")]
    [InlineData("Did you mean verify?", "backup", "verfy")]
    [InlineData("Required command was not provided", "backup")]
    [InlineData("whole number", "show", "abc")]
    [InlineData("whole number from 1 to 500", "list", "--limit", "501")]
    [InlineData("one of table, json, csv", "list", "--output", "xml")]
    [InlineData("name at least one field", "edit", "1")]
    [InlineData("exclude each other", "edit", "1", "--tag", "a", "--no-tags")]
    [InlineData("exclude each other", "list", "--all", "--limit", "3")]
    [InlineData("as outlay list --trash shows it", "restore", "abc")]
    [InlineData("setting LISTEN", "serve", "--port", "9000")]
    [InlineData("use an address like", "status", "--prometheus", "localhost:9090")]
    [InlineData("Did you mean status?", "health")]
    public async Task A_bad_command_line_says_what_is_wrong_and_what_to_do(string message, params string[] arguments)
    {
        var result = await OutlayProcess.RunAsync(arguments);

        Assert.Equal(2, result.ExitCode);
        Assert.Empty(result.Output);
        Assert.Contains(message, result.Error, StringComparison.Ordinal);
        Assert.Contains("--help", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_value_of_an_unknown_option_is_no_fault_of_its_own()
    {
        var result = await OutlayProcess.RunAsync(["serve", "--port", "9000"]);

        Assert.DoesNotContain("'9000'", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("'Coffee' is no amount. The amount comes first: outlay add 3.50 Coffee\n", "add", "Coffee", "3.50")]
    [InlineData("'.json' is no format that is known here: let the file end in .csv or .ndjson, or say which it is with --format csv or --format ndjson.\n", "export", "--to", "x.json")]
    public async Task What_was_probably_meant_is_named(string message, params string[] arguments)
    {
        var result = await OutlayProcess.RunAsync(arguments);

        Assert.Equal((2, "", message), (result.ExitCode, result.Output, result.Error));
    }

    [Theory]
    [InlineData("--help", "help")]
    [InlineData("add --help", "help", "add")]
    public async Task Help_is_also_a_word(string same, params string[] arguments)
    {
        var expected = await OutlayProcess.RunAsync(same.Split(' '));

        Assert.Equal(expected, await OutlayProcess.RunAsync(arguments));
        Assert.Equal(0, expected.ExitCode);
    }

    [Theory]
    [InlineData("--help")]
    [InlineData("add", "--help")]
    [InlineData("add")]
    [InlineData("show", "7")]
    [InlineData("lsit")]
    [InlineData]
    public async Task Hints_name_the_program_as_the_user_runs_it(params string[] arguments)
    {
        var result = await OutlayProcess.RunAsync(arguments, new Dictionary<string, string> { ["OUTLAY_COMMAND"] = "./run" });

        Assert.Matches(@"\./run [a-z[-]", result.Output + result.Error);
        Assert.DoesNotMatch(@"outlay [a-z[-]", result.Output + result.Error);
    }

    [Fact]
    public async Task The_version_is_one_line()
    {
        var result = await OutlayProcess.RunAsync(["--version"]);

        Assert.Equal((0, $"{Product.Version}\n", ""), (result.ExitCode, result.Output, result.Error));
    }

    [Fact]
    public async Task Config_shows_every_setting_with_its_origin_and_no_secret()
    {
        var environment = new Dictionary<string, string> { ["DATA_DIR"] = "/books", ["DB_HOST"] = "db", ["DB_PASSWORD"] = "5ecret" };

        var result = await OutlayProcess.RunAsync(["config"], environment);

        Assert.Equal(0, result.ExitCode);
        Assert.DoesNotContain("5ecret", result.Output + result.Error, StringComparison.Ordinal);
        Snapshot.Match("cli-config", result.Output);
    }

    [Fact]
    public async Task Config_names_every_fault_of_a_bad_configuration()
    {
        var environment = new Dictionary<string, string> { ["DB_PORT"] = "x", ["LOG_LEVEL"] = "loud", ["LISTEN"] = "here" };

        var config = await OutlayProcess.RunAsync(["config", "--output", "json"], environment);
        var list = await OutlayProcess.RunAsync(["list"], environment);

        Assert.Equal((78, 78), (config.ExitCode, list.ExitCode));
        Assert.Contains("\"name\":\"LOG_LEVEL\",\"value\":\"loud\"", config.Output, StringComparison.Ordinal);
        Assert.Empty(list.Output);
        Assert.Equal(config.Error, list.Error);
        Assert.All(environment.Keys, name => Assert.Contains(name, list.Error, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_database_that_cannot_be_reached_is_unavailable()
    {
        var environment = new Dictionary<string, string> { ["DB_HOST"] = "127.0.0.1", ["DB_PORT"] = "1" };

        var result = await OutlayProcess.RunAsync(["list"], environment);

        Assert.Equal(69, result.ExitCode);
        Assert.Empty(result.Output);
        Assert.Contains("DB_HOST", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("outlay l", "list")]
    [InlineData("outlay list --outp", "--output")]
    [InlineData("outlay list --output ", "json")]
    public async Task A_shell_is_told_how_a_line_can_go_on(string line, string suggestion)
    {
        var result = await OutlayProcess.RunAsync([$"[suggest:{line.Length}]", line]);

        Assert.Equal(0, result.ExitCode);
        Assert.Contains(suggestion, result.Output.Split('\n'));
        Assert.DoesNotContain("/", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_script_for_bash_completes()
    {
        using var folder = new TestFolder();
        await File.WriteAllTextAsync(folder.File("completion"), (await OutlayProcess.RunAsync(["completion", "bash"])).Output);

        await Command.RunAsync("bash", "-c",
            $"""
            PATH={Path.GetDirectoryName(OutlayProcess.Program)}:$PATH
            source {folder.File("completion")}
            COMP_LINE='outlay rest' COMP_POINT=11 COMP_WORDS=(outlay rest) COMP_CWORD=1
            _outlay
            test "${"{"}COMPREPLY[*]{"}"}" = restore
            """);
    }
}
