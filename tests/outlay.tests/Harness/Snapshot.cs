using System.Runtime.CompilerServices;

namespace Outlay.Tests.Harness;

/// <summary>Compares what a user sees with what is on file, so that it never changes unnoticed.</summary>
internal static class Snapshot
{
    private static readonly string s_folder = Path.Combine(SourceFolder(), "snapshots");

    /// <summary>
    /// Compares with snapshots/<paramref name="name"/>.txt. What differs is written beside it as NAME.received.txt, or, with
    /// UPDATE_SNAPSHOTS=1, accepted.
    /// </summary>
    public static void Match(string name, string text)
    {
        var file = Path.Combine(s_folder, $"{name}.txt");
        var received = Path.Combine(s_folder, $"{name}.received.txt");
        var actual = text.ReplaceLineEndings("\n").TrimEnd('\n') + "\n";
        var expected = File.Exists(file) ? File.ReadAllText(file).ReplaceLineEndings("\n") : "";
        if (actual == expected)
        {
            File.Delete(received);
            return;
        }

        Directory.CreateDirectory(s_folder);
        if (Environment.GetEnvironmentVariable("UPDATE_SNAPSHOTS") == "1")
        {
            File.WriteAllText(file, actual);
            File.Delete(received);
            return;
        }

        File.WriteAllText(received, actual);
        Assert.Fail(
            $"""
            {name} is not what snapshots/{name}.txt says:
            {FirstDifference(expected.Split('\n'), actual.Split('\n'))}
            If the change is wanted, run the test with UPDATE_SNAPSHOTS=1 and commit the file. The whole text: {received}
            """);
    }

    /// <summary>The lines from the first that differs, a few of each side.</summary>
    private static string FirstDifference(string[] expected, string[] actual)
    {
        const int Shown = 8;
        var first = expected.Zip(actual).TakeWhile(pair => pair.First == pair.Second).Count();
        return string.Join('\n',
        [
            $"  from line {first + 1}:",
            .. expected.Skip(first).Take(Shown).Select(line => $"  - {line}"),
            .. actual.Skip(first).Take(Shown).Select(line => $"  + {line}"),
        ]);
    }

    private static string SourceFolder([CallerFilePath] string file = "") => Path.GetDirectoryName(Path.GetDirectoryName(file))!;
}
