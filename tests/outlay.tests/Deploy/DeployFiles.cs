using Outlay.Tests.Harness;

namespace Outlay.Tests.Deploy;

/// <summary>The files that take a commit to people's machines.</summary>
internal static class DeployFiles
{
    public static string Folder { get; } = Path.Combine(ProductCode.Root, "deploy");

    public static IReadOnlyList<string> Workflows { get; } = [.. Directory.GetFiles(Path.Combine(ProductCode.Root, ".github", "workflows"), "*.y*ml").Order()];

    public static IReadOnlyList<string> ComposeFiles { get; } = [.. Directory.GetFiles(Folder, "compose*.yaml").Order()];

    /// <summary>What a person or a workflow runs, and what these read.</summary>
    public static IReadOnlyList<string> Scripts { get; } =
        [.. Directory.GetFiles(Folder, "*", SearchOption.AllDirectories).Where(file => File.ReadLines(file).FirstOrDefault()?.StartsWith("#!", StringComparison.Ordinal) == true)];

    public static string Name(string file) => Path.GetRelativePath(ProductCode.Root, file).Replace('\\', '/');

    /// <summary>Each line that is no comment, with the name of its file and its number.</summary>
    public static IEnumerable<(string Place, string Text)> Lines(IEnumerable<string> files) =>
        from file in files
        from line in File.ReadLines(file).Select((text, index) => (Text: text, Number: index + 1))
        where !line.Text.TrimStart().StartsWith('#')
        select ($"{Name(file)}:{line.Number}", line.Text);

    /// <summary>The blocks below a key of YAML that is written in block style, by their names: <c>jobs</c>, <c>services</c>.</summary>
    public static IEnumerable<(string Name, string Text)> Blocks(string file, string key)
    {
        var inside = File.ReadAllLines(file).SkipWhile(line => line != $"{key}:").Skip(1)
            .TakeWhile(line => line.Length == 0 || line[0] is ' ' or '#').ToList();
        var starts = inside.Index().Where(line => line.Item.Length > 2 && line.Item.StartsWith("  ", StringComparison.Ordinal) && char.IsLetter(line.Item[2]))
            .Select(line => line.Index).ToList();
        foreach (var (start, end) in starts.Zip(starts.Skip(1).Append(inside.Count)))
            yield return (inside[start].Trim().TrimEnd(':'), string.Join('\n', inside[(start + 1)..end]));
    }
}
