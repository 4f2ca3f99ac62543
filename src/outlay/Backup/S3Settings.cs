using System.Text.RegularExpressions;

namespace Outlay.Backup;

/// <summary>The S3-compatible object store that backups are also written to. S3_BACKUP_BUCKET selects it.</summary>
/// <param name="Bucket">S3_BACKUP_BUCKET: it must exist.</param>
/// <param name="Endpoint">S3_BACKUP_ENDPOINT: an http or https address; null for AWS itself.</param>
/// <param name="Prefix">S3_BACKUP_PREFIX: the folder in the bucket that belongs to this installation alone; default outlay.</param>
/// <param name="Region">S3_BACKUP_REGION: default us-east-1, which most other stores take too.</param>
/// <param name="AccessKey">S3_BACKUP_ACCESS_KEY; null takes the credentials that AWS tools would find.</param>
/// <param name="SecretKey">S3_BACKUP_SECRET_KEY: set with the access key.</param>
/// <param name="Timeout">S3_BACKUP_TIMEOUT: what a request may take with its retries, 1–3600 seconds, default 60. A part of 8 MiB must pass in it.</param>
internal sealed partial record S3Settings(
    string Bucket, Uri? Endpoint, string Prefix, string Region, Secret? AccessKey, Secret? SecretKey, TimeSpan Timeout)
{
    private static readonly string[] s_others =
    [
        "S3_BACKUP_ENDPOINT", "S3_BACKUP_PREFIX", "S3_BACKUP_REGION", "S3_BACKUP_ACCESS_KEY", "S3_BACKUP_ACCESS_KEY_FILE",
        "S3_BACKUP_SECRET_KEY", "S3_BACKUP_SECRET_KEY_FILE", "S3_BACKUP_TIMEOUT",
    ];

    public static S3Settings? From(SettingsSource source)
    {
        var settings = new S3Settings(
            source.Text("S3_BACKUP_BUCKET", ""),
            source.OptionalUrl("S3_BACKUP_ENDPOINT", "https://s3.example.org"),
            source.Text("S3_BACKUP_PREFIX", "outlay").Trim('/'),
            source.Text("S3_BACKUP_REGION", "us-east-1"),
            source.OptionalSecret("S3_BACKUP_ACCESS_KEY"),
            source.OptionalSecret("S3_BACKUP_SECRET_KEY"),
            TimeSpan.FromSeconds(source.Number("S3_BACKUP_TIMEOUT", 60, 1, 3600)));
        if (settings.Bucket.Length == 0)
        {
            if (s_others.FirstOrDefault(source.IsSet) is { } other)
                source.Fault("S3_BACKUP_BUCKET", $"is not set, but {other} is", "set it to the name of the bucket, or unset the other");
            return null;
        }

        if (!BucketName().IsMatch(settings.Bucket))
            source.Fault("S3_BACKUP_BUCKET", $"is '{settings.Bucket}'", "use 3 to 63 lower-case letters, digits, dots and hyphens");
        if (!PrefixName().IsMatch(settings.Prefix))
            source.Fault("S3_BACKUP_PREFIX", $"is '{settings.Prefix}'", "use letters, digits, and any of - _ . / between them");
        if (settings.AccessKey is null != settings.SecretKey is null)
            source.Fault("S3_BACKUP_ACCESS_KEY", "and S3_BACKUP_SECRET_KEY do not come together", "set both, or neither for the usual AWS credentials");
        return settings;
    }

    [GeneratedRegex(@"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]\z")]
    private static partial Regex BucketName();

    [GeneratedRegex(@"^[A-Za-z0-9._-]+(/[A-Za-z0-9._-]+)*\z")]
    private static partial Regex PrefixName();
}
