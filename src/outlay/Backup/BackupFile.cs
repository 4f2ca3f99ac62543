using Outlay.Cli;

namespace Outlay.Backup;

/// <summary>The backup that a command line names: a file anywhere, or one that is kept.</summary>
internal sealed class BackupFile
{
    private readonly CliContext _cli;
    private readonly string _path;
    private readonly ListedBackup? _kept;

    private BackupFile(CliContext cli, string path, ListedBackup? kept) => (_cli, _path, _kept) = (cli, path, kept);

    /// <summary>In bytes, as it is stored.</summary>
    public long Size => _kept?.Size ?? new FileInfo(_path).Length;

    /// <param name="name">A path, or the name of a backup that is kept; null for the newest one of this book on this machine.</param>
    public static async Task<BackupFile> FindAsync(CliContext cli, string? name, CancellationToken token)
    {
        var catalog = cli.Backups;
        if (name is null)
        {
            var newest = await catalog.NewestAsync(token) ?? (await catalog.OwnAsync(catalog.Disk, token).FirstOrDefaultAsync(token)).Backup;
            return newest is not null
                ? new BackupFile(cli, newest.Name, newest)
                : throw new AppException(ErrorCode.InvalidInput, $"There is no backup of this book in {catalog.Disk.Name}: outlay backup create makes one.");
        }

        if (!File.Exists(name))
            return new BackupFile(cli, name, await catalog.FindAsync(name, token));
        var isKept = Path.GetDirectoryName(Path.GetFullPath(name)) == catalog.Disk.Name && BackupName.TimeOf(Path.GetFileName(name)) is not null;
        return new BackupFile(cli, name, isKept ? await catalog.FindAsync(Path.GetFileName(name), token) : null);
    }

    /// <summary>Its content, decrypted if need be.</summary>
    /// <param name="progress">Told how many bytes of it were read.</param>
    public async Task<Stream> OpenAsync(Action<long> progress, CancellationToken token) =>
        await _cli.Backups.DecryptAsync(new StoredStream(await OpenAsync(token), progress), _path, token);

    /// <summary>Verifies it; of one that is kept, the report is kept too.</summary>
    public async Task<BackupReport> VerifyAsync(Action<long> progress, CancellationToken token)
    {
        var verifier = new BackupVerifier(_cli.Backups, _cli.Settings, _cli.Clock);
        using var folder = await BackupFolder.TakeAsync(_cli.Settings.BackupsDir, _cli.Clock, token);
        return _kept is not null
            ? await verifier.VerifyAsync(_kept, folder, progress, token)
            : await verifier.VerifyAsync(Path.GetFileName(_path), () => OpenAsync(token), folder.Temporary, progress, token);
    }

    private async Task<Stream> OpenAsync(CancellationToken token) =>
        _kept is null ? File.OpenRead(_path) : await _kept.Destination.OpenAsync(_kept.Name, token);
}
