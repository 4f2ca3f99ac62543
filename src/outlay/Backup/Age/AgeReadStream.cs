namespace Outlay.Backup.Age;

/// <summary>Reads an age file: see <see cref="BackupCipher.Decrypt"/>.</summary>
internal sealed class AgeReadStream(Stream source, AgeKey key) : ReadOnlyStream
{
    private const int SealedSize = AgePayload.ChunkSize + AgePayload.TagSize;

    /// <summary>
    /// A chunk as it is stored and one byte more, which tells that it is not the last. At first: the header, which must fit.
    /// </summary>
    private readonly byte[] _stored = new byte[SealedSize + 1];
    private readonly byte[] _plain = new byte[AgePayload.ChunkSize];

    private AgePayload? _payload;
    private int _storedCount;
    private ReadOnlyMemory<byte> _ready;
    private bool _end;

    public override int Read(Span<byte> buffer)
    {
        while (_ready.IsEmpty && !_end)
        {
            _storedCount += source.ReadAtLeast(Free.Span, Free.Length, throwOnEndOfStream: false);
            Advance();
        }

        return Take(buffer);
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        while (_ready.IsEmpty && !_end)
        {
            _storedCount += await source.ReadAtLeastAsync(Free, Free.Length, throwOnEndOfStream: false, cancellationToken);
            Advance();
        }

        return Take(buffer.Span);
    }

    public override async ValueTask DisposeAsync()
    {
        await source.DisposeAsync();
        await base.DisposeAsync();
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            source.Dispose();
            _payload?.Dispose();
        }

        base.Dispose(disposing);
    }

    private Memory<byte> Free => _stored.AsMemory(_storedCount);

    private int Take(Span<byte> buffer)
    {
        var length = Math.Min(buffer.Length, _ready.Length);
        _ready.Span[..length].CopyTo(buffer);
        _ready = _ready[length..];
        return length;
    }

    /// <summary>Turns what is stored into what can be read: the header at first, then a chunk.</summary>
    private void Advance()
    {
        if (_payload is null)
            ReadStart();
        else
            ReadChunk(_payload);
    }

    private void ReadStart()
    {
        var (fileKey, length) = AgeHeader.Read(_stored.AsSpan(0, _storedCount), key);
        if (_storedCount < length + AgePayload.NonceSize)
            throw AgeText.Damaged("It is cut off after its header.");
        _payload = new AgePayload(fileKey, _stored.AsSpan(length, AgePayload.NonceSize));
        Drop(length + AgePayload.NonceSize);
    }

    private void ReadChunk(AgePayload payload)
    {
        var last = _storedCount <= SealedSize;
        var chunk = _stored.AsSpan(0, Math.Min(_storedCount, SealedSize));
        // Only a file without content ends with an empty chunk.
        var isEmpty = chunk.Length == AgePayload.TagSize && payload.Chunks > 0;
        if (isEmpty || !payload.TryDecrypt(chunk, last, _plain))
            throw AgeText.Damaged(WhatIsWrong(payload, chunk, last));
        _end = last;
        _ready = _plain.AsMemory(0, chunk.Length - AgePayload.TagSize);
        Drop(chunk.Length);
    }

    private string WhatIsWrong(AgePayload payload, ReadOnlySpan<byte> chunk, bool last)
    {
        var offset = (long)payload.Chunks * AgePayload.ChunkSize;
        if (chunk.Length < AgePayload.TagSize || (last && payload.TryDecrypt(chunk, last: false, _plain)))
            return $"It is cut off: its content ends after {offset + Math.Max(0, chunk.Length - AgePayload.TagSize)} bytes, and there was more.";
        if (!last && payload.TryDecrypt(chunk, last: true, _plain))
            return $"Something was added behind its end, which is at byte {offset + chunk.Length - AgePayload.TagSize} of its content.";
        return $"Bytes were changed or are missing behind byte {offset} of its content.";
    }

    private void Drop(int count)
    {
        _stored.AsSpan(count.._storedCount).CopyTo(_stored);
        _storedCount -= count;
    }
}
