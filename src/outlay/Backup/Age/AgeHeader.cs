using System.Security.Cryptography;
using System.Text;

namespace Outlay.Backup.Age;

/// <summary>The head of an age file: lines of text that hold the locked file key and end with a code that authenticates them.</summary>
internal static class AgeHeader
{
    private const string Version = "age-encryption.org/v1";
    private const string StanzaMark = "->";
    private const string EndMark = "---";

    /// <summary>The length of a full line of a stanza's body; a shorter one, which may be empty, ends the body.</summary>
    private const int LineLength = 64;

    /// <summary>How many bytes tell an age file.</summary>
    public static int MagicLength => Version.Length + 1;

    /// <summary>More than any header that this program writes.</summary>
    public const int MaxLength = 4096;

    public static bool IsAt(ReadOnlySpan<byte> start) => start.StartsWith("age-encryption.org/v1\n"u8);

    /// <summary>The header of a file with this file key. Its body of 32 bytes takes less than a full line.</summary>
    public static byte[] Write(AgeKey key, byte[] fileKey)
    {
        var stanza = key.Wrap(fileKey);
        var text = Encoding.ASCII.GetBytes(
            $"{Version}\n{StanzaMark} {string.Join(' ', [stanza.Type, .. stanza.Arguments])}\n{AgeText.Encode(stanza.Body)}\n{EndMark}");
        return [.. text, .. Encoding.ASCII.GetBytes($" {AgeText.Encode(Authenticate(fileKey, text))}\n")];
    }

    /// <summary>Reads and authenticates the header at the start of these bytes.</summary>
    /// <returns>The file key, and the length of the header.</returns>
    public static (byte[] FileKey, int Length) Read(ReadOnlySpan<byte> start, AgeKey key)
    {
        if (!IsAt(start))
            throw AgeText.Damaged("It is not an encrypted file (age v1), or its first bytes were changed.");
        var position = MagicLength;
        var stanzas = new List<AgeStanza>();
        string line;
        while ((line = NextLine(start, ref position)).StartsWith($"{StanzaMark} ", StringComparison.Ordinal))
            stanzas.Add(ReadStanza(line, start, ref position));
        if (!line.StartsWith($"{EndMark} ", StringComparison.Ordinal))
            throw AgeText.Damaged("Its header is not valid.");
        var fileKey = key.Unwrap(stanzas);
        var expected = Authenticate(fileKey, start[..(position - 1 - line.Length + EndMark.Length)]);
        if (!CryptographicOperations.FixedTimeEquals(expected, AgeText.Decode(line[(EndMark.Length + 1)..])))
            throw AgeText.Damaged("Its header was changed.");
        return (fileKey, position);
    }

    private static AgeStanza ReadStanza(string line, ReadOnlySpan<byte> start, ref int position)
    {
        var words = line.Split(' ');
        var body = new StringBuilder();
        string part;
        do
        {
            part = NextLine(start, ref position);
            body.Append(part);
        }
        while (part.Length == LineLength);
        return new AgeStanza(words[1], words[2..], AgeText.Decode(body.ToString()));
    }

    private static string NextLine(ReadOnlySpan<byte> start, ref int position)
    {
        var length = start[position..].IndexOf((byte)'\n');
        if (length < 0)
            throw AgeText.Damaged("Its header is cut off.");
        var line = Encoding.Latin1.GetString(start.Slice(position, length));
        position += length + 1;
        return line;
    }

    private static byte[] Authenticate(byte[] fileKey, ReadOnlySpan<byte> header) =>
        HMACSHA256.HashData(HKDF.DeriveKey(HashAlgorithmName.SHA256, fileKey, 32, [], "header"u8.ToArray()), header);
}
