using Spectre.Console;

namespace Outlay.Cli;

/// <summary>
/// How far long work has come, for a person who watches stderr on a terminal: a bar, with messages above it. Elsewhere only
/// the messages are written. May be used from any thread.
/// </summary>
internal sealed class ProgressBar
{
    private readonly string _title;
    private readonly Action<string> _writeLine;
    private readonly ProgressTask? _task;

    private ProgressBar(string title, Action<string> writeLine, ProgressTask? task)
    {
        _title = title;
        _writeLine = writeLine;
        _task = task;
    }

    /// <summary>Shows the bar until the work is done.</summary>
    /// <param name="total">What <see cref="Report"/> counts up to; null when nobody knows.</param>
    public static async Task<T> RunAsync<T>(CliContext cli, string title, long? total, Func<ProgressBar, Task<T>> work)
    {
        if (!cli.MessagesCanMove)
            return await work(new ProgressBar(title, cli.Messages.WriteLine, null));

        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(cli.Messages.Raw),
            Ansi = AnsiSupport.Yes,
            Interactive = InteractionSupport.Yes,
            ColorSystem = ColorSystemSupport.NoColors,
        });
        return await console.Progress().AutoClear(true)
            .Columns([new TaskDescriptionColumn(), new ProgressBarColumn(), .. total is null ? Array.Empty<ProgressColumn>() : [new PercentageColumn(), new RemainingTimeColumn()]])
            .StartAsync(context =>
            {
                var task = context.AddTask(title, maxValue: total ?? double.MaxValue);
                task.IsIndeterminate = total is null;
                return work(new ProgressBar(title, line => console.WriteLine(PlainText.Lines(line)), task));
            });
    }

    public void Report(long value)
    {
        if (_task is null)
            return;
        _task.Value = value;
        if (_task.IsIndeterminate)
            _task.Description = $"{_title}: {value:N0}";
    }

    /// <summary>Writes a message to stderr.</summary>
    public void WriteLine(string line) => _writeLine(line);
}
