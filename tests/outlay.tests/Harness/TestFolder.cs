using System.Text;

namespace Outlay.Tests.Harness;

/// <summary>A folder of its own for one test, removed with everything in it.</summary>
internal sealed class TestFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("outlay-test-").FullName;

    public string File(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>The text of all files, also of those that somebody writes.</summary>
    public async Task<string> ReadAllAsync()
    {
        var text = new StringBuilder();
        foreach (var file in Directory.GetFiles(Path).Order())
        {
            await using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            using var reader = new StreamReader(stream);
            text.Append(await reader.ReadToEndAsync(Test.Token));
        }

        return text.ToString();
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
