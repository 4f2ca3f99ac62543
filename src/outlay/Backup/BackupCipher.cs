using Outlay.Backup.Age;

namespace Outlay.Backup;

/// <summary>
/// Encrypts backups as files of age (age-encryption.org/v1), so that anyone who has the key can open them without this
/// program. Works at constant memory.
/// </summary>
internal sealed class BackupCipher(AgeKey key)
{
    /// <summary>What is appended to the name of an encrypted file.</summary>
    public const string Suffix = ".age";

    /// <summary>Whether these are the first bytes of an encrypted file: <see cref="AgeHeader.MagicLength"/> of them are enough.</summary>
    public static bool IsEncrypted(ReadOnlySpan<byte> start) => AgeHeader.IsAt(start);

    /// <summary>
    /// What is written to the result goes to the destination encrypted. Disposing the result completes the file, so the
    /// destination of one that was given up must be thrown away; the destination itself stays open.
    /// </summary>
    public Stream Encrypt(Stream destination) => new AgeWriteStream(destination, key);

    /// <summary>Whether a file was encrypted with what would encrypt it now, and not with an earlier key.</summary>
    /// <param name="start">Its first <see cref="AgeHeader.MaxLength"/> bytes, or all of them.</param>
    public bool HasLocked(ReadOnlySpan<byte> start)
    {
        try
        {
            AgeHeader.Read(start, key.Locking);
            return true;
        }
        catch (AppException)
        {
            return false;
        }
    }

    /// <summary>
    /// Reading the result decrypts the source, which is closed with it. Only bytes that were found to be authentic are handed
    /// out; that nothing is missing at the end is known when the end was read. Anything wrong throws an
    /// <see cref="AppException"/>: <see cref="ErrorCode.BadConfiguration"/> when it needs another key,
    /// <see cref="ErrorCode.BackupDamaged"/> otherwise.
    /// </summary>
    public Stream Decrypt(Stream source) => new AgeReadStream(source, key);
}
