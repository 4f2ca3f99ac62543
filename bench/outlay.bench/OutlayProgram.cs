using System.Diagnostics;

namespace Outlay.Bench;

/// <summary>How a run of a verb went.</summary>
/// <param name="Peak">The most memory it held, in MB of 10^6 bytes, looked at every 20 ms.</param>
internal sealed record VerbRun(TimeSpan Time, double Peak);

/// <summary>The published binary, run as a user runs it.</summary>
internal sealed class OutlayProgram(string path)
{
    private static readonly TimeSpan s_glance = TimeSpan.FromMilliseconds(20);

    /// <summary>Starts the program with its output in a file, as a service is run. The process is the program's own.</summary>
    public Process Start(Book book, IReadOnlyDictionary<string, string> environment, string log, string verb)
    {
        var start = For(book, "sh", "-c", """exec "$0" "$1" >"$2" 2>&1""", path, verb, log);
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        return Process.Start(start)!;
    }

    /// <summary>Runs a verb to its end. Throws <see cref="InvalidOperationException"/> when it fails.</summary>
    public async Task<VerbRun> RunAsync(Book book, IReadOnlyList<string> arguments, CancellationToken token)
    {
        var start = For(book, path, [.. arguments]);
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        var clock = Stopwatch.StartNew();
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.BaseStream.CopyToAsync(Stream.Null, token);
        var error = process.StandardError.ReadToEndAsync(token);
        var exit = process.WaitForExitAsync(token);
        var peak = 0.0;
        while (!exit.IsCompleted)
        {
            await Task.WhenAny(exit, Task.Delay(s_glance, token));
            peak = Math.Max(peak, ProcessFigures.PeakMemory(process));
        }

        await exit;
        var time = clock.Elapsed;
        await output;
        return process.ExitCode == 0
            ? new VerbRun(time, peak)
            : throw new InvalidOperationException($"outlay {string.Join(' ', arguments)} exited with {process.ExitCode}: {await error}");
    }

    private static ProcessStartInfo For(Book book, string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments);
        foreach (var (name, value) in book.Environment)
            start.Environment[name] = value;
        return start;
    }
}
