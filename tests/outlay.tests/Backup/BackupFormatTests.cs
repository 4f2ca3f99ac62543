using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Outlay.Backup;
using Outlay.Tests.Harness;

namespace Outlay.Tests.Backup;

public sealed partial class BackupFormatTests
{
    [Theory, EachEngine]
    public async Task A_backup_opens_with_the_tools_of_any_system_as_documented(Engine engine)
    {
        await using var database = await SampleBook.CreateAsync(engine);
        using var folder = new TestFolder();
        var file = folder.File("backup.tar.gz");
        BackupManifest manifest;
        await using (var output = File.Create(file))
            manifest = await new BackupWriter(database.Database, database.Settings, "run").WriteAsync(output, database.Clock.Now, Test.Token);
        var document = await File.ReadAllTextAsync(Path.Combine(Root(), "docs", "backup-format.md"));
        var script = Worked().Match(document).Groups["text"].Value;

        var result = await OutlayProcess.RunScriptAsync(script, new Dictionary<string, string> { ["BACKUP"] = file });

        Assert.True(result.ExitCode == 0, result.Output + result.Error);
        Assert.Empty(result.Error);
        var sums = manifest.Content.Sums.Select(sum => $"{sum.Owner}\t{sum.Currency}\t{sum.Count}\t{sum.Sum.Replace(".", "", StringComparison.Ordinal).TrimStart('0')}");
        Assert.All(sums, sum => Assert.Contains(sum, result.Output, StringComparison.Ordinal));
        Assert.Contains("\"notes\":\"changed\"", result.Output, StringComparison.Ordinal);
    }

    private static string Root([CallerFilePath] string file = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(file)!, "..", "..", ".."));

    [GeneratedRegex(@"^```bash worked\n(?<text>.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Worked();
}
