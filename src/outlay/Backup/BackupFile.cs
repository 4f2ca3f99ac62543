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

    /// <param name="name">A path, or the name of a backup that is kept; null for the newest one on this machine.</param>
    public static async Task<BackupFile> FindAsync(CliContext cli, string? name, CancellationToken token)
    {
        var catalog = cli.Backups;
        if (name is null)
        {
            return (await BackupCatalog.ListAsync(catalog.Disk, token)) is [var newest, ..]
                ? new BackupFile(cli, newest.Name, newest)
                : throw new AppException(ErrorCode.InvalidInput, $"There is no backup in {catalog.Disk.Name}: outlay backup create makes one.");
        }

        if (!File.Exists(name))
            return new BackupFile(cli, name, await catalog.FindAsync(name, token));
        var isKept = Path.GetDirectoryName(Path.GetFullPath(name)) == catalog.Disk.Name && BackupName.TimeOf(Path.GetFileName(name)) is not null;
        return new BackupFile(cli, name, isKept ? await catalog.FindAsync(Path.GetFileName(name), token) : null);
    }

    public async Task<Stream> OpenAsync(Action<long> progress, CancellationToken token) =>
        _kept is null ? _cli.Backups.Open(_path, progress) : await _cli.Backups.OpenAsync(_kept, progress, token);

    /// <summary>Verifies it; of one that is kept, the report is kept too.</summary>
    public async Task<BackupReport> VerifyAsync(Action<long> progress, CancellationToken token)
    {
        var verifier = new BackupVerifier(_cli.Backups, _cli.Settings, _cli.Clock);
        using var folder = await BackupFolder.TakeAsync(_cli.Settings.BackupsDir, _cli.Clock, token);
        return _kept is not null
            ? await verifier.VerifyAsync(_kept, folder, progress, token)
            : await verifier.VerifyAsync(Path.GetFileName(_path), () => Task.FromResult(_cli.Backups.Open(_path, progress)), folder.Temporary, token);
    }
}
