using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Outlay.History;

/// <summary>
/// The hashes (SHA-256, FIPS 180-4) that make the history tamper-evident: each row of a change carries on from the row before,
/// and each change of an owner from the change before. docs/adr/0012-history-is-a-chain.md says how to check them without the program.
/// </summary>
internal static class HistoryChain
{
    /// <summary>Bytes of a hash.</summary>
    public const int HashSize = SHA256.HashSizeInBytes;

    /// <summary>What the first row of a change carries on from.</summary>
    public static byte[] BeforeRows(string owner, ChangeAction action, long changeId) => Link([], [owner, action.Name(), Text(changeId)]);

    /// <param name="content">What the expense is after the change, as UTF-8; empty when it is gone.</param>
    public static byte[] Row(ReadOnlySpan<byte> previous, long n, long expenseId, long version, ReadOnlySpan<byte> content) =>
        Link(previous, [Text(n), Text(expenseId), Text(version)], content);

    /// <summary>What the first change of an owner carries on from.</summary>
    public static byte[] BeforeChanges(string owner) => SHA256.HashData(Encoding.UTF8.GetBytes(owner));

    /// <param name="previous">The hash of the owner's change before.</param>
    /// <param name="lastRow">The hash of the last row of this change.</param>
    public static byte[] Change(ReadOnlySpan<byte> previous, ReadOnlySpan<byte> lastRow, ChangeHeader header) =>
        Link([.. previous, .. lastRow],
        [
            Text(header.Seq), header.Action.Name(), header.Undoes is { } undone ? Text(undone) : "", Text(header.Count),
            Text(header.At.ToUnixTimeMilliseconds()), header.Actor, header.TraceId ?? "",
        ]);

    private static byte[] Link(ReadOnlySpan<byte> previous, string[] fields, ReadOnlySpan<byte> content = default)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(previous);
        hash.AppendData(Encoding.UTF8.GetBytes(string.Join('\n', fields)));
        if (!content.IsEmpty)
        {
            hash.AppendData("\n"u8);
            hash.AppendData(content);
        }

        return hash.GetHashAndReset();
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
