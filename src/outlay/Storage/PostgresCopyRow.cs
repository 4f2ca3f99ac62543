using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Outlay.Storage;

/// <summary>
/// Rows in the binary form of PostgreSQL's COPY (see "Binary Format" at https://www.postgresql.org/docs/current/sql-copy.html). Values are
/// encoded here: for millions of rows, the converters of the driver cost as much as the server does.
/// </summary>
/// <param name="columns">How many values each row has.</param>
internal sealed class PostgresCopyRow(short columns) : BulkRow
{
    /// <summary>From so many bytes on, they are worth sending.</summary>
    private const int BlockSize = 32 * 1024;

    private const int Null = -1;

    /// <summary>Days and microseconds are counted from 2000-01-01.</summary>
    private static readonly DateTime s_epoch = new(2000, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    private readonly ArrayBufferWriter<byte> _block = new(BlockSize + (16 * 1024));

    public bool IsFull => _block.WrittenCount >= BlockSize;

    /// <summary>Begins the whole: its signature, no flags, no extension.</summary>
    public void Begin()
    {
        _block.Write("PGCOPY\n"u8);
        _block.Write<byte>([0xFF, (byte)'\r', (byte)'\n', 0]);
        Write(0);
        Write(0);
    }

    public void BeginRow() => WriteShort(columns);

    public void End() => WriteShort(-1);

    /// <summary>What was written since the last time; only lent until the next row.</summary>
    public ReadOnlyMemory<byte> Take()
    {
        var block = _block.WrittenMemory;
        _block.ResetWrittenCount();
        return block;
    }

    public override void Add(long value)
    {
        Write(sizeof(long));
        BinaryPrimitives.WriteInt64BigEndian(_block.GetSpan(sizeof(long)), value);
        _block.Advance(sizeof(long));
    }

    public override void Add(string? value)
    {
        if (value is null)
        {
            Write(Null);
            return;
        }

        var space = _block.GetSpan(sizeof(int) + Encoding.UTF8.GetMaxByteCount(value.Length));
        var length = Encoding.UTF8.GetBytes(value, space[sizeof(int)..]);
        BinaryPrimitives.WriteInt32BigEndian(space, length);
        _block.Advance(sizeof(int) + length);
    }

    public override void Add(DateOnly value)
    {
        Write(sizeof(int));
        Write(value.DayNumber - DateOnly.FromDateTime(s_epoch).DayNumber);
    }

    public override void Add(DateTimeOffset value) => Add((value.UtcTicks - s_epoch.Ticks) / TimeSpan.TicksPerMicrosecond);

    public override void Add(byte[] value) => AddText(value);

    public override void AddText(byte[]? value)
    {
        Write(value?.Length ?? Null);
        _block.Write(value);
    }

    private void Write(int value)
    {
        BinaryPrimitives.WriteInt32BigEndian(_block.GetSpan(sizeof(int)), value);
        _block.Advance(sizeof(int));
    }

    private void WriteShort(short value)
    {
        BinaryPrimitives.WriteInt16BigEndian(_block.GetSpan(sizeof(short)), value);
        _block.Advance(sizeof(short));
    }
}
