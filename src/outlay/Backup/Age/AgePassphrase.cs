using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Org.BouncyCastle.Crypto.Generators;

namespace Outlay.Backup.Age;

/// <summary>A passphrase, made expensive to guess by scrypt.</summary>
/// <param name="passphrase">Taken as UTF-8.</param>
/// <param name="workFactor">The power of two of what one guess costs: 15 takes 32 MiB, and each step doubles it.</param>
internal sealed class AgePassphrase(Secret passphrase, int workFactor = 15) : AgeKey
{
    private const string Type = "scrypt";
    private const int SaltSize = 16;
    private const int BlockSize = 8;

    /// <summary>1 GiB: who could change a file must not be able to take all memory. The age program itself writes 18.</summary>
    private const int MaxWorkFactor = 20;

    public override AgeStanza Wrap(byte[] fileKey)
    {
        var salt = RandomNumberGenerator.GetBytes(SaltSize);
        return AgeStanza.Lock(Stretch(salt, workFactor), fileKey, Type, AgeText.Encode(salt), workFactor.ToString(CultureInfo.InvariantCulture));
    }

    public override byte[] Unwrap(IReadOnlyList<AgeStanza> stanzas)
    {
        // The format allows no other stanza beside one of a passphrase.
        if (stanzas is not [{ Type: Type, Arguments: [var saltText, var workText] } stanza])
            throw new AppException(ErrorCode.BadConfiguration,
                "The backup was not encrypted with a passphrase: set BACKUP_KEY_FILE to the file of its key, and unset BACKUP_PASSPHRASE.");
        var salt = AgeText.Decode(saltText);
        if (salt.Length != SaltSize || !int.TryParse(workText, NumberStyles.None, CultureInfo.InvariantCulture, out var work) || workText[0] == '0')
            throw AgeText.Damaged("Its header is not valid.");
        if (work > MaxWorkFactor)
            throw AgeText.Damaged($"Its passphrase takes a work factor of {work}, and at most {MaxWorkFactor} is accepted.");
        return stanza.Open(Stretch(salt, work)) ?? throw new AppException(ErrorCode.BadConfiguration,
            "The backup does not open with this passphrase, or its first bytes were changed: set BACKUP_PASSPHRASE to the one it was encrypted with.");
    }

    private byte[] Stretch(byte[] salt, int work) =>
        SCrypt.Generate(Encoding.UTF8.GetBytes(passphrase.Read()), [.. "age-encryption.org/v1/scrypt"u8, .. salt], 1 << work, BlockSize, 1, 32);
}
