namespace Outlay.Backup;

/// <summary>What the last look at a backup found.</summary>
internal enum BackupVerdict
{
    /// <summary>Nobody has looked.</summary>
    Unverified,

    Verified,
    Failed,
}

/// <param name="Time">When it was made, to the second, in UTC: the time in its name.</param>
/// <param name="Size">In bytes, as it is stored.</param>
internal sealed record ListedBackup(string Name, DateTime Time, long Size, BackupVerdict Verdict, IBackupDestination Destination);

/// <summary>The places where backups are kept, the first of them on this machine, and the key to them.</summary>
internal sealed class BackupCatalog(Settings settings, TimeProvider clock) : IDisposable
{
    public IBackupDestination Disk { get; } = new DiskDestination(settings.BackupsDir);

    /// <summary>Where copies of the newest backup on this machine go.</summary>
    public IReadOnlyList<IBackupDestination> Elsewhere { get; } = settings.S3 is { } s3 ? [new S3BackupDestination(s3, clock)] : [];

    /// <summary>Every place, this machine first.</summary>
    public IEnumerable<IBackupDestination> All => Elsewhere.Prepend(Disk);

    /// <summary>What new backups are encrypted with; null leaves them readable.</summary>
    public BackupCipher? Cipher { get; } = settings.BackupKey is { } key ? new BackupCipher(key) : null;

    /// <summary>The backups of a place, newest first.</summary>
    public static async Task<IReadOnlyList<ListedBackup>> ListAsync(IBackupDestination destination, CancellationToken token)
    {
        var files = (await destination.ListAsync(token)).ToDictionary(file => file.Name);
        return
        [
            .. from file in files.Values
               let time = BackupName.TimeOf(file.Name)
               where time is not null
               orderby time descending
               select new ListedBackup(file.Name, time.Value, file.Size, VerdictOf(file.Name), destination),
        ];

        BackupVerdict VerdictOf(string name) =>
            files.ContainsKey(BackupName.Report(name, isGood: true)) ? BackupVerdict.Verified
            : files.ContainsKey(BackupName.Report(name, isGood: false)) ? BackupVerdict.Failed
            : BackupVerdict.Unverified;
    }

    /// <summary>What was found out about a backup; null when nothing was, or when that cannot be read any more.</summary>
    public static async Task<BackupReport?> ReadReportAsync(ListedBackup backup, CancellationToken token)
    {
        if (backup.Verdict is BackupVerdict.Unverified)
            return null;
        await using var stream = await backup.Destination.OpenAsync(BackupName.Report(backup.Name, backup.Verdict is BackupVerdict.Verified), token);
        return await BackupReport.ReadAsync(stream, token);
    }

    /// <summary>A backup of this name, on this machine or elsewhere. Throws <see cref="ErrorCode.NotFound"/>.</summary>
    public async Task<ListedBackup> FindAsync(string name, CancellationToken token)
    {
        foreach (var destination in All)
        {
            if ((await ListAsync(destination, token)).FirstOrDefault(backup => backup.Name == name) is { } found)
                return found;
        }

        throw new AppException(ErrorCode.InvalidInput, $"{name} is no file, and no backup of this name is kept: outlay backup list shows them.");
    }

    /// <summary>Opens a file that holds a backup, and decrypts it if need be.</summary>
    /// <param name="progress">Told how many bytes of the file were read.</param>
    public Stream Open(string file, Action<long> progress) => Decrypted(
        new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, bufferSize: 0, FileOptions.SequentialScan), file, progress);

    /// <summary>Opens a kept backup, and decrypts it if need be.</summary>
    /// <param name="progress">Told how many bytes of it were read.</param>
    public async Task<Stream> OpenAsync(ListedBackup backup, Action<long> progress, CancellationToken token) =>
        Decrypted(await backup.Destination.OpenAsync(backup.Name, token), backup.Name, progress);

    public void Dispose()
    {
        foreach (var destination in Elsewhere.OfType<IDisposable>())
            destination.Dispose();
    }

    private Stream Decrypted(Stream stream, string name, Action<long> progress)
    {
        var source = new ProgressStream(stream, progress);
        if (!name.EndsWith(BackupCipher.Suffix, StringComparison.Ordinal))
            return source;
        return Cipher?.Decrypt(source) ?? throw new AppException(ErrorCode.BadConfiguration,
            $"{name} is encrypted: set BACKUP_PASSPHRASE or BACKUP_KEY_FILE to what it was encrypted with.");
    }
}
