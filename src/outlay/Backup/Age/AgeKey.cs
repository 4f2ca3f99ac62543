namespace Outlay.Backup.Age;

/// <summary>
/// A key of the installation. Each file is encrypted with a key of its own (the file key), which the installation's key locks
/// into the header of the file.
/// </summary>
internal abstract class AgeKey
{
    /// <summary>The same length for the file key of every file, in bytes.</summary>
    public const int FileKeySize = 16;

    /// <summary>Guesses at a passphrase of fewer characters may be worth their cost.</summary>
    private const int MinPassphrase = 20;

    /// <summary>Reads BACKUP_PASSPHRASE (at least 20 characters) and BACKUP_KEY_FILE; null when neither is set.</summary>
    public static AgeKey? From(SettingsSource source)
    {
        var passphrase = source.OptionalSecret("BACKUP_PASSPHRASE", MinPassphrase);
        var file = source.OptionalPath("BACKUP_KEY_FILE");
        if (passphrase is not null && file is not null)
        {
            source.Fault("BACKUP_PASSPHRASE", "and BACKUP_KEY_FILE are both set", "set only one of them");
            return null;
        }

        return passphrase is not null ? new AgePassphrase(passphrase) : file is not null ? FromFile(source, file) : null;
    }

    /// <summary>The part of it that locks new files; old ones may need more.</summary>
    public virtual AgeKey Locking => this;

    /// <summary>Locks a file key.</summary>
    public abstract AgeStanza Wrap(byte[] fileKey);

    /// <summary>Finds the file key in one of the stanzas, or throws <see cref="ErrorCode.BadConfiguration"/>.</summary>
    public abstract byte[] Unwrap(IReadOnlyList<AgeStanza> stanzas);

    private static AgeKeyFile? FromFile(SettingsSource source, string file)
    {
        const string Name = "BACKUP_KEY_FILE", NoKey = "holds no key of age or a mistyped one";
        if (source.FileSecret(Name, Name, file, FaultIn) is not { } keys)
            return null;
        if (FaultIn(keys.Read()) is null)
            return new AgeKeyFile(keys);
        source.Fault(Name, $"names '{file}', which {NoKey}", "make one with age-keygen -o FILE");
        return null;

        static string? FaultIn(string text) => AgeIdentity.Parse(text.Split('\n')) is null ? NoKey : null;
    }
}
