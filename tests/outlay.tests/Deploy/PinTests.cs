using System.Text.RegularExpressions;
using System.Xml.Linq;
using Outlay.Tests.Harness;

namespace Outlay.Tests.Deploy;

/// <summary>What others publish is taken by what it is, not by a name that may mean something else tomorrow.</summary>
public sealed partial class PinTests
{
    [Fact]
    public void Every_action_is_pinned_by_its_commit_and_says_which_version_that_is()
    {
        var uses = DeployFiles.Lines(DeployFiles.Workflows).Where(line => line.Text.Contains("uses:", StringComparison.Ordinal)).ToList();

        Assert.NotEmpty(uses);
        Assert.All(uses, use => Assert.True(PinnedAction().IsMatch(use.Text), $"{use.Place} {use.Text.Trim()}: name the commit, 40 hexadecimal digits, and the version behind it in a comment."));
    }

    [Fact]
    public void An_action_has_one_version_everywhere()
    {
        var commits = DeployFiles.Lines(DeployFiles.Workflows).Select(line => PinnedAction().Match(line.Text)).Where(match => match.Success)
            .GroupBy(match => match.Groups["action"].Value, match => match.Groups["commit"].Value);

        Assert.All(commits, action => Assert.True(action.Distinct().Count() == 1, $"{action.Key} is used in several versions."));
    }

    [Fact]
    public void Every_image_is_pinned_by_its_digest()
    {
        var modules = Directory.GetFiles(Path.Combine(DeployFiles.Folder, "terraform"), "*.tf", SearchOption.AllDirectories);
        var files = DeployFiles.ComposeFiles.Concat(DeployFiles.Workflows).Concat(modules).Append(Path.Combine(DeployFiles.Folder, "Dockerfile"));
        var images = DeployFiles.Lines(files).Where(line => Image().IsMatch(line.Text) && !Local().IsMatch(line.Text)).ToList();

        Assert.True(images.Count >= 12, $"only {images.Count} images were found");
        Assert.All(images, image => Assert.True(PinnedImage().IsMatch(image.Text), $"{image.Place} {image.Text.Trim()}: name a tag and the digest, NAME:TAG@sha256:..."));
    }

    [Fact]
    public void Every_package_is_pinned_by_its_exact_version_and_its_hash()
    {
        var versions = XDocument.Load(Path.Combine(ProductCode.Root, "Directory.Packages.props")).Descendants("PackageVersion").ToList();
        var projects = Directory.GetFiles(ProductCode.Root, "*.csproj", SearchOption.AllDirectories).Where(file => !file.Contains("artifacts", StringComparison.Ordinal)).ToList();

        Assert.NotEmpty(versions);
        Assert.All(versions, version => Assert.Matches(@"^[0-9]+(\.[0-9]+)+(-[0-9A-Za-z.]+)?$", version.Attribute("Version")!.Value));
        Assert.All(projects, project => Assert.True(File.Exists(Path.Combine(Path.GetDirectoryName(project)!, "packages.lock.json")), $"{project} has no packages.lock.json"));
    }

    [Fact]
    public void What_a_script_installs_from_npm_has_a_version()
    {
        var installs = DeployFiles.Lines(DeployFiles.Scripts).Where(line => NpmInstall().IsMatch(line.Text)).ToList();

        Assert.All(installs, install => Assert.True(NpmVersion().IsMatch(install.Text), $"{install.Place} {install.Text.Trim()}: name@version"));
    }

    [Fact]
    public void Nothing_is_latest()
    {
        var files = DeployFiles.Workflows.Concat(DeployFiles.ComposeFiles).Concat(DeployFiles.Scripts).Append(Path.Combine(DeployFiles.Folder, "Dockerfile"));

        Assert.All(DeployFiles.Lines(files), line => Assert.False(Latest().IsMatch(line.Text), $"{line.Place} {line.Text.Trim()}"));
    }

    [GeneratedRegex(@"\buses: (?<action>[\w.-]+/[\w.-]+)(/[\w./-]+)?@(?<commit>[0-9a-f]{40}) # v[0-9]+\.[0-9]+\.[0-9]+$")]
    private static partial Regex PinnedAction();

    // Of a compose file, a Dockerfile, a container of Terraform, and what builds and describes an image in a workflow.
    [GeneratedRegex(@"^\s*image: |^ARG \w+_IMAGE=|^FROM (?!\S*\$\{)|^\s*image\s*=|\bdriver-opts: |\bsbom: |\bcontainer: ")]
    private static partial Regex Image();

    // Built here, a stage of the same file, or what whoever deploys names by its digest.
    [GeneratedRegex(@"OUTLAY_IMAGE|image: &|FROM --platform|image: \{description|= var\.image$")]
    private static partial Regex Local();

    [GeneratedRegex(@"[\w./-]+:[\w.-]+@sha256:[0-9a-f]{64}[}""]?$")]
    private static partial Regex PinnedImage();

    [GeneratedRegex(@"\b(npm (install|i)|npx)\b.*[a-z]")]
    private static partial Regex NpmInstall();

    [GeneratedRegex(@"[\w/-]+@[0-9]+\.[0-9]+\.[0-9]+( |$)")]
    private static partial Regex NpmVersion();

    [GeneratedRegex(@":latest\b|ubuntu-latest")]
    private static partial Regex Latest();
}
