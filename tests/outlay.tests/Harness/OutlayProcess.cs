using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;

namespace Outlay.Tests.Harness;

/// <summary>What a process left behind.</summary>
internal sealed record ProcessResult(int ExitCode, string Output, string Error);

/// <summary>The built program, run as a user runs it: with arguments, an environment of its own, an empty home and pipes or a terminal.</summary>
internal sealed partial class OutlayProcess : IAsyncDisposable
{
    /// <summary>Long enough for a busy machine; only a program that hangs gets here.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(5);

    /// <summary>
    /// The program as it was built. The copy beside the tests is not it: coverage rewrites that one, and its processes then
    /// get in each other's way when they end.
    /// </summary>
    public static readonly string Program = Path.GetFullPath(Path.Combine(
        AppContext.BaseDirectory, "..", "..", "outlay", new DirectoryInfo(AppContext.BaseDirectory).Name,
        OperatingSystem.IsWindows() ? "outlay.exe" : "outlay"));

    private readonly TestFolder _home;
    private readonly Process _process;
    private readonly Transcript _output = new();
    private readonly Transcript _error = new();
    private readonly Task _following;

    private OutlayProcess(string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment)
    {
        _home = new TestFolder();
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = _home.Path,
        };
        start.Environment.Clear();
        start.Environment["PATH"] = Environment.GetEnvironmentVariable("PATH");
        start.Environment["HOME"] = _home.Path;
        start.Environment["TERM"] = "xterm";
        // The program is run by the same installation of .NET as the tests.
        start.Environment["DOTNET_ROOT"] = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", ".."));
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
            start.Environment[name] = value;
        _process = Process.Start(start)!;
        _following = Task.WhenAll(_output.FollowAsync(_process.StandardOutput), _error.FollowAsync(_process.StandardError));
    }

    /// <summary>What was written to standard output so far; in a terminal, everything.</summary>
    public string Output => _output.ToString();

    public string Error => _error.ToString();

    public int Id => _process.Id;

    /// <summary>The home folder, which is also the present one.</summary>
    public string Home => _home.Path;

    /// <summary>Runs the program to its end.</summary>
    /// <param name="arguments">The verb and what follows.</param>
    /// <param name="environment">Beside PATH, HOME, TERM and DOTNET_ROOT.</param>
    /// <param name="input">What it reads from standard input; null for nothing.</param>
    public static async Task<ProcessResult> RunAsync(
        IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null, string? input = null)
    {
        await using var process = Start(arguments, environment);
        await process.WriteAsync(input ?? "");
        process.EndInput();
        return await process.WaitForExitAsync();
    }

    /// <summary>Starts the program and leaves it running.</summary>
    public static OutlayProcess Start(IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null) =>
        new(Program, arguments, environment);

    /// <summary>Starts the program on a pseudo-terminal: <see cref="Output"/> is what the terminal shows.</summary>
    public static OutlayProcess StartInTerminal(
        IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null, int columns = 120) =>
        StartCommandInTerminal(arguments.Prepend(Program), environment, columns);

    /// <summary>Starts another program on such a terminal.</summary>
    public static OutlayProcess StartCommandInTerminal(
        IEnumerable<string> words, IReadOnlyDictionary<string, string>? environment = null, int columns = 120)
    {
        var command = string.Join(' ', words.Select(word => $"'{word.Replace("'", @"'\''", StringComparison.Ordinal)}'"));
        return new OutlayProcess("script", ["-qfec", $"stty rows 40 cols {columns}; exec {command}", "/dev/null"], environment);
    }

    /// <summary>Runs a script of bash in which <c>outlay</c> is the program, and which ends at the first command that fails.</summary>
    public static async Task<ProcessResult> RunScriptAsync(string script, IReadOnlyDictionary<string, string>? environment = null)
    {
        await using var process = new OutlayProcess("bash", ["-euo", "pipefail", "-c", $"outlay() {{ '{Program}' \"$@\"; }}\n{script}"], environment);
        process.EndInput();
        return await process.WaitForExitAsync();
    }

    /// <summary>Starts another program, which runs this one.</summary>
    public static OutlayProcess StartProgram(string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string> environment) =>
        new(program, arguments, environment);

    /// <summary>Starts the server on a free port. It stops without a delay, unless the environment asks for one.</summary>
    public static OutlayProcess StartServer(IReadOnlyDictionary<string, string>? environment = null)
    {
        // A slow machine must turn nobody away.
        var all = new Dictionary<string, string> { ["LISTEN"] = "http://127.0.0.1:0", ["DRAIN_DELAY"] = "0s", ["MAX_CONCURRENT_REQUESTS"] = "60", ["MAX_QUEUED_REQUESTS"] = "10000" };
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
            all[name] = value;
        return Start(["serve"], all);
    }

    /// <summary>Waits until the server says, among its messages, where it listens.</summary>
    public async Task<Uri> WaitForAddressAsync() => new(await WaitForTextAsync(_error, text => Address().Match(text) is { Success: true } match ? match.Value : null));

    /// <summary>Waits until standard output holds a text.</summary>
    public Task WaitForOutputAsync(string text) => WaitForTextAsync(_output, output => output.Contains(text, StringComparison.Ordinal) ? text : null);

    /// <summary>Writes to standard input, or types on the terminal.</summary>
    public async Task WriteAsync(string text)
    {
        await _process.StandardInput.WriteAsync(text);
        await _process.StandardInput.FlushAsync();
    }

    public Task WriteLineAsync(string line) => WriteAsync($"{line}\n");

    /// <summary>Closes standard input.</summary>
    public void EndInput() => _process.StandardInput.Close();

    /// <param name="name">TERM, INT, KILL, STOP, CONT.</param>
    public Task SignalAsync(string name) => Command.RunAsync("sh", "-c", $"kill -{name} {_process.Id}");

    public Task<ProcessResult> WaitForExitAsync() => WithinPatienceAsync(async token =>
    {
        await _process.WaitForExitAsync(token);
        await _following.WaitAsync(token);
        return new ProcessResult(_process.ExitCode, Output, Error);
    });

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
        _home.Dispose();
    }

    private Task<string> WaitForTextAsync(Transcript transcript, Func<string, string?> find) => WithinPatienceAsync(async token =>
    {
        var found = transcript.WaitForAsync(find, token);
        // A program that has ended writes no more.
        await Task.WhenAny(found, _following);
        return found.IsCompleted ? await found : find(transcript.ToString()) ?? throw Failure("ended without writing what was waited for");
    });

    private async Task<T> WithinPatienceAsync<T>(Func<CancellationToken, Task<T>> wait)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Test.Token);
        limit.CancelAfter(s_patience);
        try
        {
            return await wait(limit.Token);
        }
        catch (OperationCanceledException) when (!Test.Token.IsCancellationRequested)
        {
            _process.Kill(entireProcessTree: true);
            throw Failure($"did not get there within {s_patience.TotalSeconds} s");
        }
    }

    private InvalidOperationException Failure(string what) =>
        new($"{string.Join(' ', [_process.StartInfo.FileName, .. _process.StartInfo.ArgumentList])} {what}.\n--- stdout\n{Output}\n--- stderr\n{Error}");

    [GeneratedRegex(@"https?://(127\.0\.0\.1|\[::1\]|localhost):[1-9][0-9]*")]
    private static partial Regex Address();
}
