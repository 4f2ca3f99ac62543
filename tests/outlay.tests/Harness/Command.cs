using System.Diagnostics;

namespace Outlay.Tests.Harness;

/// <summary>A command of the system that must succeed.</summary>
internal static class Command
{
    public static async Task RunAsync(params string[] words)
    {
        var start = new ProcessStartInfo(words[0], words[1..])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            // The account that a command runs as may not be able to read the present folder.
            WorkingDirectory = "/",
        };
        start.Environment["LC_ALL"] = "C.UTF-8";
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"{string.Join(' ', words)} exited with {process.ExitCode}:\n{await output}{await error}");
    }
}
