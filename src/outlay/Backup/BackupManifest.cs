using System.Security.Cryptography;
using System.Text;

namespace Outlay.Backup;

/// <summary>What made a backup, and when: the first thing in it.</summary>
/// <param name="Schema">The number of the last migration of the database that it was taken from.</param>
/// <param name="Version">The version of the program.</param>
/// <param name="RunId">The run of the program, as in its log lines.</param>
/// <param name="Book">Which book it is of: see <see cref="BookId"/>; null for one that had no name yet.</param>
/// <param name="Location">Where the book was, for a person to read; null where that is not told.</param>
internal sealed record BackupOrigin(
    int Format, int Schema, string Version, string Engine, string RunId, DateTimeOffset CreatedAt, string? Book = null, string? Location = null)
{
    /// <summary>The form that this program writes, and the only one it reads.</summary>
    public const int CurrentFormat = 1;
}

internal sealed record BackupPart(string Name, long Size, string Sha256)
{
    public static BackupPart Of(string name, ReadOnlySpan<byte> content) =>
        new(name, content.Length, Convert.ToHexStringLower(SHA256.HashData(content)));
}

/// <summary>What the expenses of one owner that count add up to in one currency.</summary>
/// <param name="Sum">Written exactly, with all decimals of the currency.</param>
internal sealed record OwnerSum(string Owner, string Currency, long Count, string Sum);

/// <summary>How far the history of one owner goes.</summary>
/// <param name="Seq">The number of the last change; 0 before the first.</param>
/// <param name="Hash">Its hash, in hexadecimal; null before the first.</param>
/// <param name="Currency">The currency that the owner has chosen; null when none was.</param>
internal sealed record OwnerHead(string Owner, long Seq, string? Hash, string? Currency);

/// <summary>What a database holds, as far as it is told beside the rows.</summary>
/// <param name="Keys">SHA-256 of what the keys allow, in hexadecimal; when they were used makes no difference. Null where there were none yet.</param>
internal sealed record BackupContent(
    IReadOnlyDictionary<string, long> Rows, IReadOnlyList<OwnerSum> Sums, IReadOnlyList<OwnerHead> Heads, string? Keys)
{
    /// <summary>How many of the expenses are in the trash: no sum counts them.</summary>
    public long InTrash => Rows.GetValueOrDefault("expenses") - Sums.Sum(sum => sum.Count);

    /// <summary>The first thing in which they differ, for a person to read; null when they are the same.</summary>
    public static string? Difference(BackupContent expected, BackupContent found)
    {
        foreach (var (table, rows) in expected.Rows)
        {
            if (found.Rows.GetValueOrDefault(table) is var count && count != rows)
                return $"{table} has {Plural.Of(count, "row")} instead of {rows}";
        }

        if (expected.Sums.Except(found.Sums).Concat(found.Sums.Except(expected.Sums)).FirstOrDefault() is { } sum)
            return $"the {sum.Currency} of {sum.Owner} do not add up to the sum that was noted";
        if (expected.Keys is not null && expected.Keys != found.Keys)
            return "the keys are not those that were noted";
        return expected.Heads.Except(found.Heads).Concat(found.Heads.Except(expected.Heads)).FirstOrDefault() is { } head
            ? $"the history of {head.Owner} does not end where it was noted to"
            : null;
    }

    /// <summary>Tells a change without reading a row of the books: every change of an expense moves a head.</summary>
    public static string FingerprintOf(int schema, IEnumerable<OwnerHead> heads, string? keys) => Convert.ToHexStringLower(SHA256.HashData(
        Encoding.UTF8.GetBytes($"{schema}\n{string.Join('\n', heads.Select(head => $"{head.Owner}\t{head.Seq}\t{head.Hash}\t{head.Currency}"))}{(keys is null ? "" : $"\n{keys}")}")));
}

/// <summary>The last part of a backup: what all others must agree with.</summary>
internal sealed record BackupManifest(BackupOrigin Origin, BackupContent Content, IReadOnlyList<BackupPart> Parts)
{
    public const string OriginName = "origin.json";
    public const string SettingsName = "settings.json";
    public const string Name = "manifest.json";

    public string Fingerprint => BackupContent.FingerprintOf(Origin.Schema, Content.Heads, Content.Keys);
}
