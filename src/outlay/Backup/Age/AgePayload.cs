using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Outlay.Backup.Age;

/// <summary>
/// The body of an age file: a nonce, then chunks of 64 KiB, each encrypted and authenticated under its number and under whether
/// it is the last, so that no chunk can be changed, left out, doubled or moved.
/// </summary>
internal sealed class AgePayload : IDisposable
{
    public const int ChunkSize = 64 * 1024;
    public const int NonceSize = 16;
    public const int TagSize = 16;

    private readonly ChaCha20Poly1305 _cipher;

    /// <summary>11 bytes count the chunks, one tells the last.</summary>
    private readonly byte[] _nonce = new byte[12];

    public AgePayload(byte[] fileKey, ReadOnlySpan<byte> nonce)
    {
        Span<byte> key = stackalloc byte[32];
        HKDF.DeriveKey(HashAlgorithmName.SHA256, fileKey, key, nonce, "payload"u8);
        _cipher = new ChaCha20Poly1305(key);
    }

    /// <summary>How many chunks are done.</summary>
    public ulong Chunks { get; private set; }

    public void Encrypt(ReadOnlySpan<byte> chunk, bool last, Span<byte> result)
    {
        _cipher.Encrypt(NonceOf(last), chunk, result[..chunk.Length], result.Slice(chunk.Length, TagSize));
        Chunks++;
    }

    /// <summary>False when this is not what was encrypted at this place; nothing is handed out then.</summary>
    public bool TryDecrypt(ReadOnlySpan<byte> chunk, bool last, Span<byte> result)
    {
        if (chunk.Length < TagSize)
            return false;
        var length = chunk.Length - TagSize;
        try
        {
            _cipher.Decrypt(NonceOf(last), chunk[..length], chunk[length..], result[..length]);
        }
        catch (AuthenticationTagMismatchException)
        {
            return false;
        }

        Chunks++;
        return true;
    }

    public void Dispose() => _cipher.Dispose();

    private byte[] NonceOf(bool last)
    {
        BinaryPrimitives.WriteUInt64BigEndian(_nonce.AsSpan(3), Chunks);
        _nonce[^1] = last ? (byte)1 : (byte)0;
        return _nonce;
    }
}
