using System.Security.Cryptography;
using Org.BouncyCastle.Math.EC.Rfc7748;

namespace Outlay.Backup.Age;

/// <summary>
/// The keys of a file as age-keygen writes it. The first one locks new backups, all of them open old ones: a key is changed by
/// putting the new one before it.
/// </summary>
internal sealed class AgeIdentity : AgeKey
{
    private const string Type = "X25519";
    private const string Prefix = "AGE-SECRET-KEY-";
    private const int KeySize = 32;

    private readonly IReadOnlyList<byte[]> _secrets;

    private AgeIdentity(IReadOnlyList<byte[]> secrets) => _secrets = secrets;

    /// <summary>Null when there is no key among the lines, or one that is mistyped.</summary>
    public static AgeIdentity? Parse(IEnumerable<string> lines)
    {
        var secrets = lines.Select(line => line.Trim()).Where(line => line.Length > 0 && line[0] != '#')
            .Select(line => Bech32.Decode(Prefix, line)).ToArray();
        return secrets.Length > 0 && secrets.All(secret => secret is { Length: KeySize }) ? new AgeIdentity(secrets!) : null;
    }

    public override AgeKey Locking => new AgeIdentity([_secrets[0]]);

    public override AgeStanza Wrap(byte[] fileKey)
    {
        var ephemeral = RandomNumberGenerator.GetBytes(KeySize);
        var (share, recipient) = (PublicKey(ephemeral), PublicKey(_secrets[0]));
        var key = Agree(ephemeral, recipient, share, recipient) ?? throw new CryptographicException("The key agrees with none.");
        return AgeStanza.Lock(key, fileKey, Type, AgeText.Encode(share));
    }

    public override byte[] Unwrap(IReadOnlyList<AgeStanza> stanzas)
    {
        foreach (var stanza in stanzas)
        {
            if (stanza is not { Type: Type, Arguments: [var text] } || AgeText.Decode(text) is not { Length: KeySize } share)
                continue;
            foreach (var secret in _secrets)
            {
                if (Agree(secret, share, share, PublicKey(secret)) is { } key && stanza.Open(key) is { } fileKey)
                    return fileKey;
            }
        }

        throw new AppException(ErrorCode.BadConfiguration, stanzas is [{ Type: "scrypt" }]
            ? "The backup was encrypted with a passphrase: set BACKUP_PASSPHRASE, and unset BACKUP_KEY_FILE."
            : "The backup does not open with this key, or its first bytes were changed: let BACKUP_KEY_FILE name the key it was encrypted with.");
    }

    /// <summary>The key that both sides compute; null when the share of the other side is one that would make it known to everyone.</summary>
    private static byte[]? Agree(byte[] secret, byte[] other, byte[] share, byte[] recipient)
    {
        var shared = new byte[KeySize];
        return X25519.CalculateAgreement(secret, 0, other, 0, shared, 0)
            ? HKDF.DeriveKey(HashAlgorithmName.SHA256, shared, KeySize, [.. share, .. recipient], "age-encryption.org/v1/X25519"u8.ToArray())
            : null;
    }

    private static byte[] PublicKey(byte[] secret)
    {
        var key = new byte[KeySize];
        X25519.ScalarMultBase(secret, 0, key, 0);
        return key;
    }
}
