using System.Text.RegularExpressions;
using Outlay.Tests.Harness;

namespace Outlay.Tests.Deploy;

/// <summary>What the compose files promise, read from their text; deploy/ci/compose brings them up.</summary>
public sealed partial class ComposeTests
{
    private const int MemoryOfEverything = 1024;

    private static readonly string s_main = Path.Combine(DeployFiles.Folder, "compose.yaml");
    private static readonly string s_observability = Path.Combine(DeployFiles.Folder, "compose.observability.yaml");

    [Fact]
    public void Every_service_has_a_limit_and_is_restarted()
    {
        // What the application's services share stands above them.
        var shared = File.ReadAllText(s_main).Split("\nservices:", 2)[0];
        foreach (var (name, text) in DeployFiles.ComposeFiles.SelectMany(file => DeployFiles.Blocks(file, "services")))
        {
            var whole = text.Contains("<<: *outlay", StringComparison.Ordinal) || text.Contains("ports: !reset", StringComparison.Ordinal) ? text + shared : text;
            Assert.True(Limit().IsMatch(whole) && whole.Contains("restart: unless-stopped", StringComparison.Ordinal), $"{name} needs mem_limit and restart");
            Assert.True(whole.Contains("no-new-privileges:true", StringComparison.Ordinal), $"{name} may gain privileges");
        }
    }

    [Fact]
    public void Everything_together_takes_a_gibibyte_at_most()
    {
        var limits = new[] { s_main, s_observability }.SelectMany(file => Limit().Matches(File.ReadAllText(file))).Sum(limit => int.Parse(limit.Groups[1].ValueSpan, null));

        Assert.InRange(limits, 1, MemoryOfEverything);
    }

    [Fact]
    public void A_server_is_killed_only_after_it_has_had_its_time()
    {
        var text = File.ReadAllText(s_main);
        var (drain, shutdown, grace) = (Seconds("DRAIN_DELAY"), Seconds("SHUTDOWN_TIMEOUT"), Seconds("stop_grace_period"));

        Assert.True(drain < shutdown && shutdown < grace, $"{drain}, {shutdown}, {grace}");

        int Seconds(string name) => int.Parse(Regex.Match(text, $@"\b{name}: ([0-9]+)s\b").Groups[1].ValueSpan, null);
    }

    [Fact]
    public void Every_variable_is_in_the_example_of_settings_and_none_other()
    {
        // OUTLAY_SETTINGS says where that file is, so it cannot stand in it.
        var used = DeployFiles.ComposeFiles.SelectMany(file => Variable().Matches(File.ReadAllText(file))).Select(match => match.Groups[1].Value).Where(name => name != "OUTLAY_SETTINGS").ToHashSet();
        var named = Setting().Matches(File.ReadAllText(Path.Combine(DeployFiles.Folder, ".env.example"))).Select(match => match.Groups[1].Value).ToHashSet();

        Assert.Equal(used.Order(), named.Order());
    }

    [Fact]
    public void Every_setting_of_the_program_that_they_name_exists()
    {
        var source = new SettingsSource(_ => null);
        Settings.From(source);
        var known = source.Report.Select(setting => setting.Name).SelectMany(name => new[] { name, $"{name}_FILE" }).ToHashSet();
        var environment = File.ReadAllText(s_main).Split("environment: &settings\n")[1].Split("\n  secrets:")[0];
        var named = Regex.Matches(environment, @"^    ([A-Z_]+):", RegexOptions.Multiline).Select(match => match.Groups[1].Value).ToList();

        Assert.NotEmpty(named);
        Assert.All(named, name => Assert.Contains(name, known));
    }

    [Fact]
    public void Nobody_gets_in_without_a_key()
    {
        Assert.DoesNotContain("ALLOW_ANONYMOUS", File.ReadAllText(s_main), StringComparison.Ordinal);
        Assert.Contains("ADMIN_SECRET_FILE: /run/secrets/admin_secret", File.ReadAllText(s_main), StringComparison.Ordinal);
        Assert.Contains("PROBE_API_KEY_FILE: /run/secrets/probe_api_key", File.ReadAllText(s_observability), StringComparison.Ordinal);
    }

    [Fact]
    public void Secrets_are_read_where_the_settings_are_and_copied_nowhere()
    {
        var files = DeployFiles.Lines(DeployFiles.ComposeFiles).Where(line => line.Text.Contains("/secrets/", StringComparison.Ordinal) && line.Text.TrimStart().StartsWith("file:", StringComparison.Ordinal)).ToList();

        Assert.Equal(3, files.Count);
        Assert.All(files, file => Assert.Contains("file: ${OUTLAY_SETTINGS:-.}/secrets/", file.Text, StringComparison.Ordinal));
        Assert.DoesNotMatch(@"\bcp\b.*(SETTINGS|secrets)", File.ReadAllText(Path.Combine(DeployFiles.Folder, "deploy")));
    }

    [Fact]
    public void Instances_behind_HAProxy_believe_its_address_and_no_other()
    {
        var scale = File.ReadAllText(Path.Combine(DeployFiles.Folder, "compose.scale.yaml"));
        var haproxy = Regex.Match(scale, "ipv4_address: \"(.+)\"").Groups[1].Value;

        Assert.NotEmpty(haproxy);
        Assert.Equal(haproxy, Regex.Match(scale, @"&behind\s(?:\s*#.*\s)*\s*TRUSTED_PROXIES: (\S+)").Groups[1].Value);
        Assert.Contains("environment: *behind", scale, StringComparison.Ordinal);
        Assert.DoesNotContain("TRUSTED_PROXIES", File.ReadAllText(Path.Combine(DeployFiles.Folder, "up")), StringComparison.Ordinal);
    }

    [Fact]
    public void No_password_is_written_down()
    {
        var files = DeployFiles.ComposeFiles.Append(Path.Combine(DeployFiles.Folder, ".env.example"));

        Assert.All(DeployFiles.Lines(files), line => Assert.False(Password().IsMatch(line.Text), $"{line.Place} {line.Text.Trim()}"));
        Assert.All(["deploy/.env", "deploy/secrets/"], secret => Assert.Contains(secret, File.ReadAllLines(Path.Combine(ProductCode.Root, ".gitignore"))));
    }

    [GeneratedRegex(@"mem_limit: ([0-9]+)m\b")]
    private static partial Regex Limit();

    [GeneratedRegex(@"(?<!\$)\$\{([A-Z_]+)")]
    private static partial Regex Variable();

    [GeneratedRegex(@"^(?:# )?([A-Z][A-Z_]+)=", RegexOptions.Multiline)]
    private static partial Regex Setting();

    [GeneratedRegex(@"(PASSWORD|SECRET|API_KEY)(?!_FILE)\w*\s*[:=]\s*\S")]
    private static partial Regex Password();
}
