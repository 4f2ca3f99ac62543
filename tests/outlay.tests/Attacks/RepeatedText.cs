using System.Text;

namespace Outlay.Tests.Attacks;

/// <summary>A file that begins with a text and then repeats another, of any size, which is never in memory.</summary>
internal sealed class RepeatedText(string start, string repeated, long size) : Stream
{
    private readonly byte[] _start = Encoding.UTF8.GetBytes(start);
    private readonly byte[] _repeated = Encoding.UTF8.GetBytes(repeated);
    private long _read;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override int Read(byte[] buffer, int offset, int count)
    {
        var length = (int)Math.Min(count, size - _read);
        for (var i = 0; i < length; i++, _read++)
            buffer[offset + i] = _read < _start.Length ? _start[_read] : _repeated[(_read - _start.Length) % _repeated.Length];
        return length;
    }

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
