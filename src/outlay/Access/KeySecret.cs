using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Outlay.Access;

/// <summary>The text of keys: how one is made, what is stored of it, and how it is compared.</summary>
internal static class KeySecret
{
    /// <summary>Says what it is, to people and to programs that search for leaked keys.</summary>
    private const string Mark = "outlay_";

    /// <summary>Bytes of a key that are random: 256 bits.</summary>
    private const int Size = 32;

    /// <summary>Characters behind the mark that are stored.</summary>
    private const int Shown = 8;

    public static string Create() => Mark + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(Size));

    /// <summary>SHA-256. Keys are random: a slow hash, as passwords need one, would add nothing.</summary>
    public static byte[] Hash(string text) => SHA256.HashData(Encoding.UTF8.GetBytes(text));

    /// <summary>How the key begins. Of one that another program has made, and that may be short, no more than a quarter.</summary>
    public static string Prefix(string text) =>
        text.StartsWith(Mark, StringComparison.Ordinal) && text.Length > Mark.Length + (4 * Shown) ? text[..(Mark.Length + Shown)] : text[..Math.Min(Shown, text.Length / 4)];

    /// <summary>Whether two secrets are the same, in a time that does not depend on where they differ.</summary>
    public static bool AreSame(string one, string other) => AreSame(Hash(one), Hash(other));

    /// <summary>Whether two hashes are the same, in a time that does not depend on where they differ.</summary>
    public static bool AreSame(byte[] one, byte[] other) => CryptographicOperations.FixedTimeEquals(one, other);
}
