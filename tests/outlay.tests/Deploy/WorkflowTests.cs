using System.Text.RegularExpressions;
using Outlay.Tests.Harness;

namespace Outlay.Tests.Deploy;

/// <summary>Workflows may do what they must and nothing else, hide no failure, and run what runs on any machine.</summary>
public sealed partial class WorkflowTests
{
    /// <summary>Which job may write what. Whoever adds to it says why in the workflow.</summary>
    private static readonly Dictionary<string, string[]> s_rights = new()
    {
        ["security/static-analysis"] = ["security-events: write"],
        ["release/archives"] = ["attestations: write", "id-token: write"],
        ["release/image"] = ["attestations: write", "id-token: write", "packages: write"],
        ["release/publish"] = ["contents: write"],
    };

    public static TheoryData<string> Workflows => [.. DeployFiles.Workflows.Select(DeployFiles.Name)];

    [Theory]
    [MemberData(nameof(Workflows))]
    public void A_job_may_do_no_more_than_it_must(string workflow)
    {
        var file = Read(workflow);

        Assert.Contains("\npermissions:\n  contents: read\n", file, StringComparison.Ordinal);
        foreach (var (job, text) in Jobs(workflow))
        {
            var rights = Right().Matches(text).Select(match => match.Value).Order();
            Assert.Equal(s_rights.GetValueOrDefault($"{Path.GetFileNameWithoutExtension(workflow)}/{job}", []), rights);
        }
    }

    [Theory]
    [MemberData(nameof(Workflows))]
    public void Code_of_strangers_gets_no_rights_and_no_credentials(string workflow)
    {
        var file = Read(workflow);

        Assert.DoesNotContain("pull_request_target", file, StringComparison.Ordinal);
        Assert.Equal(Regex.Count(file, "uses: actions/checkout@"), Regex.Count(file, "persist-credentials: false"));
        // Text of others in a command would be run as a part of it: it goes through the environment.
        Assert.All(Commands(workflow), command => Assert.DoesNotContain("${{", command, StringComparison.Ordinal));
        Assert.Equal([], Secret().Matches(file).Select(match => match.Value).Where(name => name != "secrets.GITHUB_TOKEN"));
    }

    [Fact]
    public void The_machine_that_serves_runs_nothing_but_what_is_merged_and_only_when_somebody_asks()
    {
        var own = Workflows.Select(row => row.Data).Where(workflow => Read(workflow).Contains("self-hosted", StringComparison.Ordinal));
        Assert.Equal([".github/workflows/deploy.yml"], own);

        var file = Read(".github/workflows/deploy.yml");
        Assert.Matches(@"\non:\n  workflow_dispatch:\n    inputs:\n(      .*\n)+permissions:\n", file);
        Assert.All(Jobs(".github/workflows/deploy.yml"), job =>
        {
            Assert.Contains("    environment: production\n", job.Text, StringComparison.Ordinal);
            Assert.Contains("    if: github.ref == 'refs/heads/main'\n", job.Text, StringComparison.Ordinal);
        });
    }

    [Fact]
    public void A_deployment_that_is_cut_off_is_taken_back_by_the_last_step()
    {
        var steps = Jobs(".github/workflows/deploy.yml").Single().Text.Split("\n      - ");

        Assert.Equal("if: always()\n        run: deploy/deploy --settle", steps[^1].TrimEnd());
        Assert.Contains("run: deploy/deploy ", steps[^2], StringComparison.Ordinal);
    }

    [Fact]
    public void Only_what_was_merged_checked_tried_and_scanned_is_signed()
    {
        var jobs = Jobs(".github/workflows/release.yml").ToDictionary(job => job.Name, job => job.Text);
        Assert.Contains("git merge-base --is-ancestor HEAD origin/main", jobs["check"], StringComparison.Ordinal);
        Assert.Contains("needs: check", jobs["image"], StringComparison.Ordinal);

        string[] order = ["build-push-action@", "deploy/try-image", "anchore/scan-action@", "cosign sign", "imagetools create --tag"];
        var places = order.Select(step => jobs["image"].IndexOf(step, StringComparison.Ordinal)).ToList();
        Assert.DoesNotContain(-1, places);
        Assert.Equal(places.Order(), places);
    }

    [Theory]
    [MemberData(nameof(Workflows))]
    public void No_failure_is_hidden_and_nothing_runs_for_ever_or_twice(string workflow)
    {
        var file = Read(workflow);

        Assert.DoesNotMatch(@"continue-on-error|\|\| true|set \+e", file);
        Assert.Contains("\nconcurrency:\n", file, StringComparison.Ordinal);
        Assert.All(Jobs(workflow), job => Assert.Contains("timeout-minutes:", job.Text, StringComparison.Ordinal));
    }

    [Fact]
    public void Every_job_of_deploy_ci_is_run_by_a_workflow_and_by_deploy_ci_all()
    {
        string[] jobs = [.. Directory.GetFiles(Path.Combine(DeployFiles.Folder, "ci")).Select(file => Path.GetFileName(file)!).Where(name => !name.Contains('.', StringComparison.Ordinal) && name is not ("all" or "changelog"))];
        var workflows = string.Join('\n', DeployFiles.Workflows.Select(File.ReadAllText));
        var all = File.ReadAllText(Path.Combine(DeployFiles.Folder, "ci", "all"));

        Assert.NotEmpty(jobs);
        Assert.All(jobs, job => Assert.Matches($@"deploy/ci/{job}\b|job: \[[^]]*\b{job}\b", workflows));
        Assert.All(jobs, job => Assert.Matches($@"set -- [^\n]*\b{job}\b", all));
    }

    [Fact]
    public void Every_script_that_a_workflow_runs_is_there_and_may_be_run()
    {
        var named = DeployFiles.Lines(DeployFiles.Workflows).SelectMany(line => Script().Matches(line.Text)).Select(match => match.Value).Distinct().ToList();

        Assert.NotEmpty(named);
        Assert.All(named, script => Assert.True(File.Exists(Path.Combine(ProductCode.Root, script)), $"{script} is missing"));
        if (!OperatingSystem.IsWindows())
        {
            foreach (var script in DeployFiles.Scripts)
                Assert.True(File.GetUnixFileMode(script).HasFlag(UnixFileMode.UserExecute), $"chmod +x {script}");
        }
    }

    /// <summary>What the steps run, with the lines of a block.</summary>
    private static IEnumerable<string> Commands(string workflow)
    {
        var lines = File.ReadAllLines(Path.Combine(ProductCode.Root, workflow));
        foreach (var (index, line) in lines.Index())
        {
            if (Command().Match(line) is { Success: true } run)
                yield return string.Join('\n', lines.Skip(index + 1).TakeWhile(next => next.Length == 0 || next.TakeWhile(c => c == ' ').Count() > run.Groups["indent"].Length).Prepend(line));
        }
    }

    private static string Read(string workflow) => File.ReadAllText(Path.Combine(ProductCode.Root, workflow));

    private static IEnumerable<(string Name, string Text)> Jobs(string workflow) =>
        DeployFiles.Blocks(Path.Combine(ProductCode.Root, workflow), "jobs");

    [GeneratedRegex(@"^(?<indent>\s*(- )?)run: ")]
    private static partial Regex Command();

    [GeneratedRegex(@"[a-z-]+: write\b")]
    private static partial Regex Right();

    [GeneratedRegex(@"\bsecrets\.\w+")]
    private static partial Regex Secret();

    [GeneratedRegex(@"\bdeploy/[a-z/-]+[a-z]\b(?!/)")]
    private static partial Regex Script();
}
