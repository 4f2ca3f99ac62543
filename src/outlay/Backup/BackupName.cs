using System.Globalization;

namespace Outlay.Backup;

/// <summary>How the files of a backup are called: what belongs together has the same time in its name.</summary>
internal static class BackupName
{
    private const string Prefix = "outlay_backup_";
    private const string CsvPrefix = "expenses_backup_";
    private const string TimeFormat = "yyyyMMdd_HHmmss";
    private const string Extension = ".tar.gz";
    private const string VerifiedSuffix = ".verified.json";
    private const string FailedSuffix = ".failed.json";

    public static string Of(DateTimeOffset time, bool isEncrypted) => $"{Prefix}{Text(time)}{Extension}{(isEncrypted ? BackupCipher.Suffix : "")}";

    public static string Csv(DateTimeOffset time) => $"{CsvPrefix}{Text(time)}.csv";

    /// <summary>What was found out about a backup lies beside it; its name alone tells whether the backup is good.</summary>
    public static string Report(string backup, bool isGood) => backup + (isGood ? VerifiedSuffix : FailedSuffix);

    /// <summary>The name of the backup that a report is about; null for any other name.</summary>
    public static string? OfReport(string name) => name switch
    {
        _ when name.EndsWith(VerifiedSuffix, StringComparison.Ordinal) => name[..^VerifiedSuffix.Length],
        _ when name.EndsWith(FailedSuffix, StringComparison.Ordinal) => name[..^FailedSuffix.Length],
        _ => null,
    } is { } backup && TimeOf(backup) is not null ? backup : null;

    /// <summary>The time in the name of a backup; null for any other name.</summary>
    public static DateTimeOffset? TimeOf(string name) =>
        name.EndsWith(Extension, StringComparison.Ordinal) ? Time(name, Prefix, Extension) : Time(name, Prefix, Extension + BackupCipher.Suffix);

    /// <summary>The time in the name of a readable copy; null for any other name.</summary>
    public static DateTimeOffset? TimeOfCsv(string name) => Time(name, CsvPrefix, ".csv");

    private static string Text(DateTimeOffset time) => time.UtcDateTime.ToString(TimeFormat, CultureInfo.InvariantCulture);

    private static DateTimeOffset? Time(string name, string prefix, string suffix) =>
        name.Length == prefix.Length + TimeFormat.Length + suffix.Length &&
        name.StartsWith(prefix, StringComparison.Ordinal) && name.EndsWith(suffix, StringComparison.Ordinal) &&
        DateTimeOffset.TryParseExact(
            name.AsSpan(prefix.Length, TimeFormat.Length), TimeFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
            ? time
            : null;
}
