using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Unicode;

namespace Outlay.History;

/// <summary>
/// The hashes (SHA-256, FIPS 180-4) that make the history tamper-evident: each row of a change carries on from the row before,
/// and each change of an owner from the change before. docs/adr/0012-history-is-a-chain.md says how to check them without the program.
/// </summary>
internal static class HistoryChain
{
    /// <summary>Bytes that three numbers and what separates them take at most.</summary>
    private const int MaxNumbersSize = 3 * 21;

    /// <summary>What the first row of a change carries on from.</summary>
    public static byte[] BeforeRows(string owner, ChangeAction action, long changeId) =>
        SHA256.HashData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{owner}\n{action.Name()}\n{changeId}")));

    /// <param name="content">What the expense is after the change, as UTF-8; empty when it is gone.</param>
    public static byte[] Row(ReadOnlySpan<byte> previous, long n, long expenseId, long version, ReadOnlySpan<byte> content)
    {
        // An import hashes a row every few microseconds: one buffer, and nothing allocated beside the hash.
        var buffer = ArrayPool<byte>.Shared.Rent(previous.Length + MaxNumbersSize + content.Length);
        previous.CopyTo(buffer);
        Utf8.TryWrite(buffer.AsSpan(previous.Length), CultureInfo.InvariantCulture, $"{n}\n{expenseId}\n{version}\n", out var written);
        var size = previous.Length + written;
        content.CopyTo(buffer.AsSpan(size));
        var hash = SHA256.HashData(buffer.AsSpan(0, size + content.Length));
        ArrayPool<byte>.Shared.Return(buffer);
        return hash;
    }

    /// <summary>What the first change of an owner carries on from.</summary>
    public static byte[] BeforeChanges(string owner) => SHA256.HashData(Encoding.UTF8.GetBytes(owner));

    /// <param name="previous">The hash of the owner's change before.</param>
    /// <param name="lastRow">The hash of the last row of this change.</param>
    public static byte[] Change(ReadOnlySpan<byte> previous, ReadOnlySpan<byte> lastRow, ChangeHeader header)
    {
        var fields = string.Create(CultureInfo.InvariantCulture,
            $"{header.Seq}\n{header.Action.Name()}\n{header.Undoes}\n{header.Count}\n{header.At.ToUnixTimeMilliseconds()}\n{header.Actor}\n{header.TraceId}");
        return SHA256.HashData([.. previous, .. lastRow, .. Encoding.UTF8.GetBytes(fields)]);
    }
}
