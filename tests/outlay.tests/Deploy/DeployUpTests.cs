using Outlay.Tests.Harness;

namespace Outlay.Tests.Deploy;

/// <summary>The script that starts everything with containers.</summary>
public sealed class DeployUpTests
{
    [Fact]
    public async Task Without_a_Docker_that_answers_it_says_so_and_leaves_nothing_behind()
    {
        using var folder = new TestFolder();
        string[] files = [".env.example", "settings.sh", "up"];
        foreach (var file in files)
            File.Copy(Path.Combine(DeployFiles.Folder, file), folder.File(file));

        var up = await OutlayProcess.RunScriptAsync($"'{folder.File("up")}'", new Dictionary<string, string> { ["DOCKER_HOST"] = "unix:///nowhere" });

        Assert.Equal((69, ""), (up.ExitCode, up.Output));
        Assert.StartsWith("Docker cannot be used: is it installed and running, and may you use it? Without containers, ./run starts Outlay.\n", up.Error, StringComparison.Ordinal);
        Assert.Equal(files, Directory.GetFileSystemEntries(folder.Path).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }
}
