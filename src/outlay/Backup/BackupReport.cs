using System.Text.Json;

namespace Outlay.Backup;

/// <summary>What was found out about a backup by restoring it. Lies beside it, also beside an encrypted one: so it tells no sum.</summary>
/// <param name="CreatedAt">When the backup was made; null when that could not be read.</param>
/// <param name="Duration">How long the verification took.</param>
/// <param name="Rows">How many rows each table has; empty when that could not be read.</param>
/// <param name="Fingerprint">Tells whether anything has changed since.</param>
/// <param name="Stored">Which bytes were restored, as they are stored; null when it was not read to its end.</param>
/// <param name="Failure">What is wrong with it, or why it could not be verified; null when it is good.</param>
internal sealed record BackupReport(
    string Backup, DateTimeOffset? CreatedAt, DateTimeOffset VerifiedAt, TimeSpan Duration, IReadOnlyDictionary<string, long> Rows,
    string? Fingerprint, BackupDigest? Stored, string? Failure)
{
    public bool IsGood => Failure is null;

    /// <summary>Which book it is of; null when that is not known, or when it had no name yet.</summary>
    public string? Book { get; init; }

    /// <summary>Where the book was, for a person to read; null when that is not known.</summary>
    public string? Location { get; init; }

    /// <summary>How many of its expenses are in the trash; null when that is not known.</summary>
    public long? InTrash { get; init; }

    /// <summary>Until when it is not removed, whatever else there is: somebody was told to rely on it. Null for the usual rule.</summary>
    public DateTimeOffset? KeptUntil { get; init; }

    /// <summary>How many expenses it has, for a person to read.</summary>
    public string Expenses => CountOf(Rows, InTrash);

    /// <summary>As <see cref="Expenses"/>, of the rows of a backup.</summary>
    public static string CountOf(IReadOnlyDictionary<string, long> rows, long? inTrash) =>
        $"{Plural.Of(rows.GetValueOrDefault("expenses"), "expense")}{(inTrash > 0 ? $", {inTrash} in the trash" : "")}";

    /// <summary>Whether the backup itself was found good or not: without its key, or without room to restore it, nobody knows.</summary>
    public bool IsConclusive { get; init; } = true;

    /// <summary>In words, for a person; null when it is good.</summary>
    public string? Problem => IsGood ? null : $"{Backup} {(IsConclusive ? "is not good" : "could not be verified")}: {Failure}";

    /// <summary>The name of the file that it is kept in.</summary>
    public string FileName => BackupName.Report(Backup, IsGood);

    public byte[] ToJson() => BackupJson.Bytes(json =>
    {
        json.WriteString("backup", Backup);
        if (CreatedAt is { } created)
            json.WriteTime("created_at", created);
        json.WriteTime("verified_at", VerifiedAt);
        json.WriteNumber("duration_ms", (long)Duration.TotalMilliseconds);
        BackupJson.WriteRows(json, Rows);
        json.WriteString("fingerprint", Fingerprint);
        if (Stored is not null)
        {
            json.WriteNumber("size", Stored.Size);
            json.WriteString("sha256", Stored.Sha256);
        }

        BackupJson.WriteIfKnown(json, "book", Book);
        BackupJson.WriteIfKnown(json, "location", Location);
        if (InTrash is { } inTrash)
            json.WriteNumber("in_trash", inTrash);
        if (KeptUntil is { } kept)
            json.WriteTime("kept_until", kept);
        json.WriteBoolean("conclusive", IsConclusive);
        json.WriteString("failure", Failure);
    });

    /// <summary>Null when it is not a report.</summary>
    public static async Task<BackupReport?> ReadAsync(Stream stream, CancellationToken token)
    {
        try
        {
            using var document = await JsonDocument.ParseAsync(stream, default, token);
            var json = document.RootElement;
            return new BackupReport(
                BackupJson.Text(json, "backup"), json.TryGetProperty("created_at", out _) ? BackupJson.Time(json, "created_at") : null,
                BackupJson.Time(json, "verified_at"), TimeSpan.FromMilliseconds(json.GetProperty("duration_ms").GetInt64()), BackupJson.Rows(json),
                json.GetProperty("fingerprint").GetString(), StoredOf(json), json.GetProperty("failure").GetString())
            {
                Book = BackupJson.TextIfThere(json, "book"),
                Location = BackupJson.TextIfThere(json, "location"),
                InTrash = json.TryGetProperty("in_trash", out var inTrash) ? inTrash.GetInt64() : null,
                KeptUntil = json.TryGetProperty("kept_until", out _) ? BackupJson.Time(json, "kept_until") : null,
                IsConclusive = json.GetProperty("conclusive").GetBoolean(),
            };
        }
        catch (Exception e) when (BackupJson.IsMisread(e))
        {
            return null;
        }
    }

    /// <summary>A backup that was found good was read to its end.</summary>
    private static BackupDigest? StoredOf(JsonElement json) =>
        json.GetProperty("failure").ValueKind is JsonValueKind.Null || json.TryGetProperty("sha256", out _)
            ? new BackupDigest(json.GetProperty("size").GetInt64(), BackupJson.Text(json, "sha256"))
            : null;
}
