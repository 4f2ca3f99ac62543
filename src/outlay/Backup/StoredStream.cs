using System.Security.Cryptography;

namespace Outlay.Backup;

/// <summary>
/// Reads a backup as it is stored, tells how far it has come, and knows in the end which bytes they were. Closes its source
/// with itself.
/// </summary>
/// <param name="progress">Told how many bytes were read so far.</param>
internal sealed class StoredStream(Stream source, Action<long> progress) : ReadOnlyStream
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private ReadOnlyMemory<byte> _start;
    private long _read;

    /// <summary>Looks at the first bytes, before anything is read: fewer where there are no more.</summary>
    public async Task<ReadOnlyMemory<byte>> PeekAsync(int count, CancellationToken token)
    {
        var start = new byte[count];
        return _start = start.AsMemory(0, await source.ReadAtLeastAsync(start, count, throwOnEndOfStream: false, token));
    }

    /// <summary>Reads what is left, and tells what all of it was.</summary>
    public async Task<BackupDigest> EndAsync(CancellationToken token)
    {
        await CopyToAsync(Null, token);
        return new BackupDigest(_read, Convert.ToHexStringLower(_hash.GetHashAndReset()));
    }

    public override int Read(Span<byte> buffer)
    {
        var count = _start.IsEmpty ? source.Read(buffer) : TakeStart(buffer);
        Count(buffer[..count]);
        return count;
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        var count = _start.IsEmpty ? await source.ReadAsync(buffer, cancellationToken) : TakeStart(buffer.Span);
        Count(buffer.Span[..count]);
        return count;
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
            _hash.Dispose();
        }

        base.Dispose(disposing);
    }

    private int TakeStart(Span<byte> buffer)
    {
        var count = Math.Min(buffer.Length, _start.Length);
        _start.Span[..count].CopyTo(buffer);
        _start = _start[count..];
        return count;
    }

    private void Count(ReadOnlySpan<byte> bytes)
    {
        _hash.AppendData(bytes);
        progress(_read += bytes.Length);
    }
}

/// <summary>Which bytes are stored.</summary>
/// <param name="Sha256">In lower-case hexadecimal.</param>
internal sealed record BackupDigest(long Size, string Sha256)
{
    /// <summary>Of all that a stream holds, which is closed.</summary>
    public static async Task<BackupDigest> OfAsync(Stream stream, CancellationToken token)
    {
        await using var stored = new StoredStream(stream, _ => { });
        return await stored.EndAsync(token);
    }
}
