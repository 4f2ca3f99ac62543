using System.Security.Cryptography;

namespace Outlay.Backup.Age;

/// <summary>A file key, locked for one key.</summary>
/// <param name="Type">How it is locked.</param>
/// <param name="Arguments">What is needed besides the key to open it.</param>
/// <param name="Body">The locked file key.</param>
internal sealed record AgeStanza(string Type, IReadOnlyList<string> Arguments, byte[] Body)
{
    private const int TagSize = 16;

    /// <summary>Each key locks only one file key, so the nonce may be constant.</summary>
    private static readonly byte[] s_nonce = new byte[12];

    public static AgeStanza Lock(byte[] key, byte[] fileKey, string type, params string[] arguments)
    {
        var body = new byte[fileKey.Length + TagSize];
        using var cipher = new ChaCha20Poly1305(key);
        cipher.Encrypt(s_nonce, fileKey, body.AsSpan(0, fileKey.Length), body.AsSpan(fileKey.Length));
        return new AgeStanza(type, arguments, body);
    }

    /// <summary>The file key; null when this key does not open it.</summary>
    public byte[]? Open(byte[] key)
    {
        // Another length would let one body open with several keys.
        if (Body.Length != AgeKey.FileKeySize + TagSize)
            return null;
        var fileKey = new byte[AgeKey.FileKeySize];
        using var cipher = new ChaCha20Poly1305(key);
        try
        {
            cipher.Decrypt(s_nonce, Body.AsSpan(0, fileKey.Length), Body.AsSpan(fileKey.Length), fileKey);
            return fileKey;
        }
        catch (AuthenticationTagMismatchException)
        {
            return null;
        }
    }
}
