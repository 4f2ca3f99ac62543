using System.Diagnostics;

namespace Outlay.Tests.Harness;

/// <summary>A command of the system that must succeed.</summary>
internal static class Command
{
    /// <summary>Why tests that need a command are skipped; null when they run.</summary>
    /// <param name="name">The command.</param>
    /// <param name="required">The variable that makes its absence a failure.</param>
    public static string? SkipReason(string name, string required) =>
        Environment.GetEnvironmentVariable(required) == "1" || Environment.GetEnvironmentVariable("PATH")!.Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, name)))
            ? null
            : $"{name} is not installed: ./test installs it.";

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
