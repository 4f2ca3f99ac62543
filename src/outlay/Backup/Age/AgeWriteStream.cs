using System.Security.Cryptography;

namespace Outlay.Backup.Age;

/// <summary>Writes an age file: see <see cref="BackupCipher.Encrypt"/>.</summary>
internal sealed class AgeWriteStream : WriteOnlyStream
{
    private readonly Stream _destination;
    private readonly AgePayload _payload;
    private readonly byte[] _chunk = new byte[AgePayload.ChunkSize];
    private readonly byte[] _sealed = new byte[AgePayload.ChunkSize + AgePayload.TagSize];

    /// <summary>The header and the nonce, until they are written.</summary>
    private byte[] _start;
    private int _count;
    private bool _complete;

    public AgeWriteStream(Stream destination, AgeKey key)
    {
        _destination = destination;
        var fileKey = RandomNumberGenerator.GetBytes(AgeKey.FileKeySize);
        var nonce = RandomNumberGenerator.GetBytes(AgePayload.NonceSize);
        _start = [.. AgeHeader.Write(key, fileKey), .. nonce];
        _payload = new AgePayload(fileKey, nonce);
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        ObjectDisposedException.ThrowIf(_complete, this);
        while (!buffer.IsEmpty)
        {
            // A full chunk waits until it is known whether it is the last.
            if (_count == _chunk.Length)
                WriteChunk(last: false);
            buffer = buffer[Take(buffer)..];
        }
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_complete, this);
        while (!buffer.IsEmpty)
        {
            if (_count == _chunk.Length)
                await WriteChunkAsync(last: false, cancellationToken);
            buffer = buffer[Take(buffer.Span)..];
        }
    }

    public override async ValueTask DisposeAsync()
    {
        if (!_complete)
        {
            _complete = true;
            // Not cancelled: whoever gives up throws the file away.
            await WriteChunkAsync(last: true, CancellationToken.None);
        }

        await base.DisposeAsync();
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing && !_complete)
        {
            _complete = true;
            WriteChunk(last: true);
        }

        _payload.Dispose();
        base.Dispose(disposing);
    }

    private int Take(ReadOnlySpan<byte> buffer)
    {
        var length = Math.Min(buffer.Length, _chunk.Length - _count);
        buffer[..length].CopyTo(_chunk.AsSpan(_count));
        _count += length;
        return length;
    }

    private void WriteChunk(bool last)
    {
        var chunk = Seal(last);
        _destination.Write(_start);
        _destination.Write(chunk.Span);
        _start = [];
    }

    private async ValueTask WriteChunkAsync(bool last, CancellationToken token)
    {
        var chunk = Seal(last);
        await _destination.WriteAsync(_start, token);
        await _destination.WriteAsync(chunk, token);
        _start = [];
    }

    private ReadOnlyMemory<byte> Seal(bool last)
    {
        _payload.Encrypt(_chunk.AsSpan(0, _count), last, _sealed);
        var result = _sealed.AsMemory(0, _count + AgePayload.TagSize);
        _count = 0;
        return result;
    }
}
