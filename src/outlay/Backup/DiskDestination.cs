using Outlay.Storage;

namespace Outlay.Backup;

/// <summary>Backups in a folder of this machine.</summary>
internal sealed class DiskDestination(string folder) : IBackupDestination
{
    public string Name => folder;

    public string Kind => "disk";

    /// <summary>Takes the file itself, which must lie on the same disk: it gets its name when all of it is there.</summary>
    public Task StoreAsync(string name, string file, CancellationToken token)
    {
        PrivateFile.Rename(file, Path.Combine(folder, name), replace: true);
        return Task.CompletedTask;
    }

    public Task<IReadOnlyList<StoredBackup>> ListAsync(CancellationToken token) => Task.FromResult<IReadOnlyList<StoredBackup>>(
        Directory.Exists(folder) ? [.. new DirectoryInfo(folder).EnumerateFiles().Select(file => new StoredBackup(file.Name, file.Length, file.LastWriteTimeUtc))]
        : File.Exists(folder) ? throw IsFile(folder)
        : []);

    public static AppException IsFile(string path) =>
        new(ErrorCode.BadConfiguration, $"BACKUPS_DIR is {path}, which is a file: set it to a folder that you may write to.");

    public Task<Stream> OpenAsync(string name, CancellationToken token)
    {
        var file = Path.Combine(folder, name);
        return File.Exists(file)
            ? Task.FromResult<Stream>(new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, bufferSize: 0, FileOptions.SequentialScan))
            : throw new AppException(ErrorCode.NotFound, $"There is no backup {name} in {folder}");
    }

    public Task DeleteAsync(string name, CancellationToken token)
    {
        File.Delete(Path.Combine(folder, name));
        return Task.CompletedTask;
    }
}
