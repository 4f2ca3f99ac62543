namespace Outlay.Cli;

/// <summary>A column of a table.</summary>
/// <param name="Right">Whether its cells end below each other, as numbers do.</param>
/// <param name="GivesWay">1 for the column that is shortened or left out first where the terminal is too narrow, 2 for the next; 0 for never.</param>
internal sealed record Column(string Title, bool Right = false, int GivesWay = 0);

/// <summary>
/// Writes aligned columns at constant memory: widths follow the widest cell of the rows so far, a batch at a time. The last
/// column is not padded. On a terminal that is too narrow, columns give way to the others
/// one after another; only then the line is cut.
/// </summary>
internal sealed class Table(CliContext cli, params Column[] columns)
{
    private const int BatchSize = 500;

    /// <summary>A column that would say less than this is left out.</summary>
    private const int LeastWidth = 6;

    /// <summary>How much of the last column the others give way for.</summary>
    private const int LastWidth = 24;

    private const string Gap = "  ";

    /// <summary>The widest cell of each column so far.</summary>
    private readonly int[] _widths = [.. columns.Select(column => column.Title.Length)];
    private readonly List<string[]> _batch = [];
    private readonly int? _width = cli.Width;
    private bool _titled;

    /// <summary>Takes a row: one cell for each column, empty for null.</summary>
    public void Add(params string?[] cells)
    {
        _batch.Add([.. cells.Select(cell => PlainText.Line(cell ?? ""))]);
        if (_batch.Count == BatchSize)
            Flush();
    }

    /// <summary>Writes the rows that were not written yet.</summary>
    public void Flush()
    {
        if (_batch.Count == 0)
            return;
        foreach (var row in _batch)
        {
            for (var i = 0; i < _widths.Length; i++)
                _widths[i] = Math.Max(_widths[i], TextWidth.Of(row[i]));
        }

        var widths = FittingWidths();
        if (!_titled)
            WriteTitles(widths);
        _batch.ForEach(row => cli.Out.WriteLine(Line(row, widths)));
        _batch.Clear();
    }

    /// <summary>How wide each column is on this terminal; 0 for one that is left out.</summary>
    private int[] FittingWidths()
    {
        int[] widths = [.. _widths];
        if (_width is not { } room)
            return widths;
        var wanted = widths.SkipLast(1).Sum(width => width + Gap.Length) + Math.Min(widths[^1], LastWidth);
        foreach (var i in Enumerable.Range(0, columns.Length).Where(i => columns[i].GivesWay > 0).OrderBy(i => columns[i].GivesWay))
        {
            if (wanted <= room)
                break;
            // Part of a number would be another number.
            var fits = !columns[i].Right && widths[i] - LeastWidth >= wanted - room;
            var saved = fits ? wanted - room : widths[i] + Gap.Length;
            widths[i] = fits ? widths[i] - saved : 0;
            wanted -= saved;
        }

        return widths;
    }

    private void WriteTitles(int[] widths)
    {
        var line = Line([.. columns.Select(column => column.Title)], widths);
        cli.Out.Raw.WriteLine(cli.Colour ? $"\e[1m{line}\e[0m" : line);
        _titled = true;
    }

    private string Line(string[] cells, int[] widths)
    {
        var last = cells.Length - 1;
        var line = string.Join(Gap, Enumerable.Range(0, cells.Length).Where(i => widths[i] > 0)
            .Select(i => i == last && !columns[i].Right ? cells[i] : Align(cells[i], widths[i], columns[i].Right)));
        return (_width is { } width ? TextWidth.Cut(line, width) : line).TrimEnd();
    }

    private static string Align(string cell, int width, bool right)
    {
        var fitting = TextWidth.Cut(cell, width);
        var padding = new string(' ', width - TextWidth.Of(fitting));
        return right ? padding + fitting : fitting + padding;
    }
}
