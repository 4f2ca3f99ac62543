using System.Text.Json;
using System.Text.RegularExpressions;
using Outlay.Tests.Harness;

namespace Outlay.Tests.Deploy;

/// <summary>What the program is made of, and what a release says about itself.</summary>
public sealed partial class SupplyTests
{
    [Fact]
    public void Every_package_is_in_the_list_of_licences_in_its_version_and_none_other()
    {
        using var locks = JsonDocument.Parse(File.ReadAllText(Path.Combine(ProductCode.Source, "packages.lock.json")));
        var packages = locks.RootElement.GetProperty("dependencies").GetProperty("net10.0").EnumerateObject()
            .Select(package => $"{package.Name} {package.Value.GetProperty("resolved").GetString()}");
        var listed = Row().Matches(File.ReadAllText(Path.Combine(ProductCode.Root, "docs", "licences.md"))).Select(row => $"{row.Groups[1]} {row.Groups[2]}");

        Assert.True(packages.Order(StringComparer.Ordinal).SequenceEqual(listed.Order(StringComparer.Ordinal)), "docs/licences.md is stale: run deploy/licences.");
    }

    [Theory]
    [InlineData("")]
    [InlineData("ghcr.io/outlay/outlay:1.0.0")]
    public async Task An_image_without_a_digest_is_not_deployed(string image)
    {
        var deploy = await OutlayProcess.RunScriptAsync($"'{Path.Combine(DeployFiles.Folder, "deploy")}' {image}");

        Assert.NotEqual(0, deploy.ExitCode);
        Assert.Contains("sha256", deploy.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_script_can_be_parsed()
    {
        foreach (var script in DeployFiles.Scripts.Concat(Directory.GetFiles(DeployFiles.Folder, "*.sh")))
            Assert.True((await OutlayProcess.RunScriptAsync($"bash -n '{script}'")).ExitCode == 0, script);
    }

    [GeneratedRegex(@"^\| (\S+) \| ([0-9]\S*) \| \S.* \|$", RegexOptions.Multiline)]
    private static partial Regex Row();
}
