namespace Outlay.Cli;

/// <summary>A column of a table.</summary>
/// <param name="Right">Whether its cells end below each other, as numbers do.</param>
internal sealed record Column(string Title, bool Right = false);

/// <summary>
/// Writes aligned columns at constant memory: widths follow the widest cell of the rows so far, a batch at a time. The last
/// column is not padded, and on a terminal cut to what fits.
/// </summary>
internal sealed class Table(CliContext cli, params Column[] columns)
{
    private const int BatchSize = 500;

    private const string Gap = "  ";

    private readonly int[] _widths = [.. columns.Select(column => column.Title.Length)];
    private readonly List<string[]> _batch = [];
    private readonly int? _width = cli.Width;
    private bool _titled;

    /// <summary>Takes a row: one cell for each column, empty for null.</summary>
    public void Add(params string?[] cells)
    {
        _batch.Add([.. cells.Select(cell => cell ?? "")]);
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

        if (!_titled)
            WriteTitles();
        _batch.ForEach(row => cli.Out.WriteLine(Line(row)));
        _batch.Clear();
    }

    private void WriteTitles()
    {
        var line = Line([.. columns.Select(column => column.Title)]);
        cli.Out.WriteLine(cli.Colour ? $"\e[1m{line}\e[0m" : line);
        _titled = true;
    }

    private string Line(string[] cells)
    {
        var last = cells.Length - 1;
        var line = string.Join(Gap, cells.Select((cell, i) => Align(cell, i, padded: i < last || columns[i].Right)));
        return (_width is { } width ? TextWidth.Cut(line, width) : line).TrimEnd();
    }

    private string Align(string cell, int column, bool padded)
    {
        var padding = padded ? new string(' ', Math.Max(0, _widths[column] - TextWidth.Of(cell))) : "";
        return columns[column].Right ? padding + cell : cell + padding;
    }
}
