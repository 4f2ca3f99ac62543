namespace Outlay.Backup.Age;

/// <summary>The keys of a file, as it is when one is needed.</summary>
/// <param name="keys">The lines of the file, in which there are keys: see <see cref="AgeIdentity.Parse"/>.</param>
internal sealed class AgeKeyFile(Secret keys) : AgeKey
{
    public override AgeKey Locking => Now.Locking;

    private AgeIdentity Now => AgeIdentity.Parse(keys.Read().Split('\n'))!;

    public override AgeStanza Wrap(byte[] fileKey) => Now.Wrap(fileKey);

    public override byte[] Unwrap(IReadOnlyList<AgeStanza> stanzas) => Now.Unwrap(stanzas);
}
