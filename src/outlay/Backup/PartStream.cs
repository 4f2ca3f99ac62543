using System.Text;
using Outlay.Storage;

namespace Outlay.Backup;

/// <summary>
/// Cuts the lines of a table into parts of about the same size, each with the names of the columns above them. The same rows
/// give the same parts, whatever blocks they come in. While one part is taken, the next one fills.
/// </summary>
/// <param name="take">Takes the name and the content of a part; the content is only lent.</param>
internal sealed class PartStream(Func<string, ReadOnlyMemory<byte>, Task> take) : WriteOnlyStream
{
    public const string Extension = ".tsv";

    /// <summary>A part ends with the first row that reaches this many bytes.</summary>
    private const int PartSize = 2 * 1024 * 1024;

    private TableLayout? _table;
    private byte[] _filling = new byte[PartSize + (64 * 1024)];
    private byte[] _taken = new byte[PartSize + (64 * 1024)];
    private Task _taking = Task.CompletedTask;
    private int _length;
    private int _header;
    private int _number;
    private long _rows;

    /// <summary>The name of a part: part 1 is table.00001.tsv.</summary>
    public static string NameOf(string table, int number) => $"{table}.{number:D5}{Extension}";

    public void Begin(TableLayout table)
    {
        (_table, _number, _rows) = (table, 0, 0);
        BeginPart();
    }

    /// <summary>Ends the table. A table without rows has one part with the names of its columns.</summary>
    /// <returns>How many rows it has.</returns>
    public async Task<long> EndAsync()
    {
        if (_number == 0 || _length > _header)
            await TakeAsync();
        await _taking;
        return _rows;
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken)
    {
        while (!buffer.IsEmpty)
        {
            // From there on, the first end of a row is the end of the part.
            var first = Math.Max(0, PartSize - _length - 1);
            var end = first < buffer.Length ? buffer.Span[first..].IndexOf((byte)'\n') : -1;
            var count = end < 0 ? buffer.Length : first + end + 1;
            Append(buffer.Span[..count]);
            _rows += buffer.Span[..count].Count((byte)'\n');
            buffer = buffer[count..];
            if (end < 0)
                continue;
            cancellationToken.ThrowIfCancellationRequested();
            await TakeAsync();
            BeginPart();
        }
    }

    public override void Write(ReadOnlySpan<byte> buffer) => throw new NotSupportedException();

    /// <summary>Whoever takes a part has done so when this returns, also when it failed.</summary>
    public override async ValueTask DisposeAsync()
    {
        await _taking.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await base.DisposeAsync();
    }

    private void BeginPart()
    {
        _length = 0;
        Append(Encoding.ASCII.GetBytes($"{_table!.Header}\n"));
        _header = _length;
    }

    private void Append(ReadOnlySpan<byte> bytes)
    {
        if (_filling.Length - _length < bytes.Length)
            Array.Resize(ref _filling, Math.Max(2 * _filling.Length, _length + bytes.Length));
        bytes.CopyTo(_filling.AsSpan(_length));
        _length += bytes.Length;
    }

    private async Task TakeAsync()
    {
        await _taking;
        (_filling, _taken) = (_taken, _filling);
        var (name, content) = (NameOf(_table!.Name, ++_number), _taken.AsMemory(0, _length));
        _taking = Task.Run(() => take(name, content));
    }
}
