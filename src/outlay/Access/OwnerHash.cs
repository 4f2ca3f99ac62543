using System.Security.Cryptography;
using System.Text;

namespace Outlay.Access;

/// <summary>
/// What a log calls an owner: the first 16 hexadecimal digits of SHA-256 of the name, so that the requests of one owner can be found by whoever
/// knows the name, and the log tells no name. It is no secret: names can be guessed.
/// </summary>
internal static class OwnerHash
{
    /// <summary>Whoever was not identified, or administers and opens no book.</summary>
    public const string Nobody = "-";

    public static string Of(Identity? identity) => identity is null || identity == Identity.Administrator
        ? Nobody
        : Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(identity.Owner)).AsSpan(0, 8));
}
