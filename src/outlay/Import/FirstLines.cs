using Outlay.Cli;

namespace Outlay.Import;

/// <summary>
/// What is said of the rows of a file. On a terminal only of the first ones: a thousand lines would hide the others and what comes
/// after them. Elsewhere of all.
/// </summary>
internal sealed class FirstLines(CliContext cli, ProgressBar bar)
{
    private const int Shown = 10;

    private long _rows;

    /// <param name="lines">What is said of one row.</param>
    public void Write(IEnumerable<string> lines)
    {
        _rows++;
        if (cli.MessagesAreOnTerminal && _rows > Shown)
            return;
        foreach (var line in lines)
            bar.WriteLine(line);
    }

    /// <summary>Says how many there are beside those that were shown, and how to see them.</summary>
    /// <param name="what">What they are.</param>
    public void End(string what)
    {
        if (cli.MessagesAreOnTerminal && _rows > Shown)
            bar.WriteLine($"and {_rows - Shown} more {what}: 2> FILE behind the command writes all of them to a file");
    }
}
