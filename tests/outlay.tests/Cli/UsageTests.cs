using System.Text.RegularExpressions;
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
    [InlineData("A verb is missing: create, list, verify or restore.", "backup")]
    [InlineData("--date needs a value: DATE.", "add", "3.50", "Coffee", "--date")]
    [InlineData("--limit is given more than once.", "list", "--limit", "3", "--limit", "4")]
    [InlineData("'bsah' is no shell that is known here: use bash, zsh or fish.", "completion", "bsah")]
    [InlineData("ID is missing.\noutlay edit --help", "edit")]
    [InlineData("'--output' is not known here.\noutlay import --help", "import", "--output", "json", "expenses.csv")]
    [InlineData("'ad' is not known here. Did you mean add?\noutlay --help", "ad", "3.50", "Coffee")]
    [InlineData("The menu needs a terminal", "menu")]
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

    [Fact]
    public async Task A_misspelt_day_is_no_date_and_the_word_that_was_meant_is_named()
    {
        using var folder = new TestFolder();
        var environment = new Dictionary<string, string> { ["DATA_DIR"] = folder.Path };
        const string Forms = "Invalid date format. Use YYYY-MM-DD, today, yesterday or tomorrow.";

        var add = await OutlayProcess.RunAsync(["add", "3.50", "Coffee", "--date", "tomorow"], environment);
        var list = await OutlayProcess.RunAsync(["list", "--from", "19.2.2026"], environment);
        var tomorrow = await OutlayProcess.RunAsync(["add", "3.50", "Coffee", "--date", "Tomorrow"], environment);

        Assert.Equal((3, $"date: {Forms} Did you mean tomorrow?\n"), (add.ExitCode, add.Error));
        Assert.Equal((3, $"--from: {Forms}\n"), (list.ExitCode, list.Error));
        Assert.True(tomorrow.ExitCode == 0, tomorrow.Error);
        // Four letters of today's five.
        Assert.Equal($"date: {Forms}\n", (await OutlayProcess.RunAsync(["add", "3.50", "Coffee", "--date", "monday"], environment)).Error);
    }

    [Fact]
    public async Task Bytes_that_are_no_text_in_UTF_8_are_refused_and_not_stored_altered()
    {
        using var folder = new TestFolder();

        var refused = await OutlayProcess.RunScriptAsync(
            "outlay add 3.50 $'Caf\\xe9' || echo $?; outlay list", new Dictionary<string, string> { ["DATA_DIR"] = folder.Path });

        Assert.Equal("3\n", refused.Output);
        Assert.Contains("is not text in UTF-8", refused.Error, StringComparison.Ordinal);
        Assert.Contains("There are no expenses", refused.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_terminal_that_shows_text_alone_gets_text_alone()
    {
        using var folder = new TestFolder();
        await using var terminal = OutlayProcess.StartInTerminal(
            ["import", Path.Combine(AppContext.BaseDirectory, "samples", "household-2025.csv")],
            new Dictionary<string, string> { ["DATA_DIR"] = folder.Path, ["TERM"] = "dumb" });

        var import = await terminal.WaitForExitAsync();

        Assert.Contains("Imported 1200 expenses", import.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("\e", import.Output, StringComparison.Ordinal);
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
    public async Task The_version_is_one_line_with_the_commit()
    {
        var result = await OutlayProcess.RunAsync(["--version"]);

        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        Assert.Matches($"^{Regex.Escape(Product.Version)}\\+[0-9a-f]{{40}}\n$", result.Output);
    }

    [Fact]
    public async Task Config_says_what_runs()
    {
        var result = await OutlayProcess.RunAsync(["config", "--output", "csv"]);

        Assert.Contains($"version,{Product.Version},", result.Output, StringComparison.Ordinal);
        Assert.Contains($"commit,{Product.Commit},", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Config_shows_every_setting_with_its_origin_and_no_secret()
    {
        var environment = new Dictionary<string, string> { ["DATA_DIR"] = "/books", ["DB_HOST"] = "db", ["DB_PASSWORD"] = "5ecret" };

        var result = await OutlayProcess.RunAsync(["config"], environment);

        Assert.Equal(0, result.ExitCode);
        Assert.DoesNotContain("5ecret", result.Output + result.Error, StringComparison.Ordinal);
        Snapshot.Match("cli-config", result.Output.Replace(Product.Commit, new string('c', Product.Commit.Length), StringComparison.Ordinal));
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
    public async Task Config_names_whatever_would_stop_the_server_in_the_same_words()
    {
        using var folder = new TestFolder();
        await File.WriteAllTextAsync(folder.File("file"), "");
        var environment = new Dictionary<string, string>
        {
            ["DATA_DIR"] = folder.Path,
            ["LOG_FILE"] = folder.Path,
            ["BACKUPS_DIR"] = folder.File("file"),
        };

        var config = await OutlayProcess.RunAsync(["config"], environment);
        var serve = await OutlayProcess.RunAsync(["serve"], environment);

        Assert.Equal((78, 78), (config.ExitCode, serve.ExitCode));
        Assert.Equal(config.Error, serve.Error);
        Assert.Equal(["BACKUPS_DIR", "LOG_FILE"], serve.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(fault => fault.Split(' ')[0]));
        Assert.Contains($"{folder.Path} is a folder.", serve.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_book_that_belongs_to_somebody_else_is_not_said_to_be_made()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess, "Only root on Linux can become somebody else.");
        using var folder = new TestFolder();
        var environment = new Dictionary<string, string> { ["DATA_DIR"] = folder.File("theirs") };
        await OutlayProcess.RunAsync(["add", "3.50", "Coffee"], environment);

        await using var other = OutlayProcess.StartProgram("setpriv", ["--reuid=65534", "--clear-groups", "--bounding-set=-all", OutlayProcess.Program, "list"], environment);
        var refused = await other.WaitForExitAsync();

        Assert.Equal(69, refused.ExitCode);
        Assert.Contains("There is no book of yours in", refused.Error, StringComparison.Ordinal);
        Assert.Contains("If it belongs to somebody else, set DATA_DIR to a folder of your own.", refused.Error, StringComparison.Ordinal);
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
    [InlineData("outlay list --currency E", "EUR")]
    [InlineData("outlay completion ", "fish")]
    public async Task A_shell_is_told_how_a_line_can_go_on(string line, string suggestion)
    {
        var result = await OutlayProcess.RunAsync([$"[suggest:{line.Length}]", line]);

        Assert.Equal(0, result.ExitCode);
        Assert.Contains(suggestion, result.Output.Split('\n'));
        Assert.DoesNotContain("/", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_shell_is_told_the_files_and_folders_that_a_name_can_become()
    {
        using var folder = new TestFolder();
        await File.WriteAllTextAsync(folder.File("bank.csv"), "");
        Directory.CreateDirectory(folder.File("banks"));
        await File.WriteAllTextAsync(folder.File("other.csv"), "");
        var line = $"outlay import {folder.File("ba")}";

        var result = await OutlayProcess.RunAsync([$"[suggest:{line.Length}]", line]);

        Assert.Equal([folder.File("bank.csv"), folder.File("banks") + "/"], result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal));
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

    [Fact]
    public async Task Help_names_what_a_verb_takes_and_not_the_files_that_are_there()
    {
        using var folder = new TestFolder();
        await File.WriteAllTextAsync(folder.File("there.csv"), "");

        await Command.RunAsync("sh", "-c",
            $"cd {folder.Path} && {OutlayProcess.Program} import --help > import && {OutlayProcess.Program} --help > all");

        foreach (var name in new[] { "import", "all" })
        {
            var help = await File.ReadAllTextAsync(folder.File(name));
            Assert.Contains("import <FILE>", help, StringComparison.Ordinal);
            Assert.DoesNotContain("there.csv", help, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task The_script_for_bash_completes_names_of_files_and_runs_nothing_that_stands_in_them()
    {
        using var folder = new TestFolder();
        await File.WriteAllTextAsync(folder.File("completion"), (await OutlayProcess.RunAsync(["completion", "bash"])).Output);
        Directory.CreateDirectory(folder.File("in"));
        await File.WriteAllTextAsync(folder.File("in/a $(touch ran).csv"), "");

        await Command.RunAsync("bash", "-c",
            $$"""
            PATH={{Path.GetDirectoryName(OutlayProcess.Program)}}:$PATH
            source {{folder.File("completion")}}
            cd {{folder.File("in")}}
            COMP_LINE='outlay import a' COMP_POINT=15 COMP_WORDS=(outlay import a) COMP_CWORD=2
            _outlay
            test "${COMPREPLY[*]}" = 'a\ \$\(touch\ ran\).csv'
            """);

        Assert.Single(Directory.GetFiles(folder.File("in")));
    }
}
