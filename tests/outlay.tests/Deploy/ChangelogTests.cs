using System.Text.RegularExpressions;
using Outlay.Tests.Harness;

namespace Outlay.Tests.Deploy;

/// <summary>deploy/ci/changelog, which a release stands on.</summary>
public sealed class ChangelogTests : IDisposable
{
    private static readonly string s_script = Path.Combine(ProductCode.Root, "deploy", "ci", "changelog");

    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public Task The_changelog_has_the_form_that_a_release_needs() => Command.RunAsync(s_script);

    [Theory]
    [InlineData("## VERSION - 2026-02-19\n\n- It works.\n\n## 0.0.1 - 2026-01-01\n\n- First.\n", "vVERSION", null)]
    [InlineData("## VERSION - 2026-02-19\n\n- It works.\n\n## VERSION-rc.1 - 2026-02-12\n\n- A candidate.\n", "vVERSION", null)]
    [InlineData("## VERSION-rc.1 - 2026-02-12\n\n- A candidate.\n\n## VERSION - 2026-02-19\n\n- It works.\n", "vVERSION", "the newest version comes first")]
    [InlineData("## Unreleased\n\n- It works.\n", "vVERSION", "has no section")]
    [InlineData("## VERSION - 2026-02-19\n\n## 0.0.1 - 2026-01-01\n\n- First.\n", "VERSION", "has no section")]
    [InlineData("## VERSION - 2026-02-19\n\n- It works.\n", "v99.0.0", "Directory.Build.props says VERSION")]
    [InlineData("## VERSION - 2026-02-19\n\n- It works.\n", "v1.2", "is not a version by SemVer 2")]
    [InlineData("## Version VERSION\n\n- It works.\n", "vVERSION", "write '## Unreleased' or")]
    [InlineData("## 0.0.1 - 2026-01-01\n\n- First.\n\n## VERSION - 2026-02-19\n\n- It works.\n", "vVERSION", "the newest version comes first")]
    public async Task A_release_that_the_changelog_does_not_tell_of_is_refused(string text, string tag, string? refusal)
    {
        var version = Regex.Match(await File.ReadAllTextAsync(Path.Combine(ProductCode.Root, "Directory.Build.props"), Test.Token), "<Version>(.*)</Version>").Groups[1].Value;
        await File.WriteAllTextAsync(_folder.File("CHANGELOG.md"), text.Replace("VERSION", version, StringComparison.Ordinal), Test.Token);
        Task CheckAsync() => Command.RunAsync("env", $"CHANGELOG={_folder.File("CHANGELOG.md")}", s_script, tag.Replace("VERSION", version, StringComparison.Ordinal));

        if (refusal is null)
        {
            await CheckAsync();
            return;
        }

        var refused = await Assert.ThrowsAsync<InvalidOperationException>(CheckAsync);
        Assert.Contains(refusal.Replace("VERSION", version, StringComparison.Ordinal), refused.Message, StringComparison.Ordinal);
    }
}
