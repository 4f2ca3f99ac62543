using Outlay.Storage;

namespace Outlay.Backup;

/// <summary>
/// The folder of the backups, while one run has it to itself: other runs, also of other processes, wait. So what is in its
/// temporary folder was left behind by a killed run, and a name that is free stays free.
/// </summary>
internal sealed class BackupFolder : IDisposable
{
    private const string LockName = ".outlay_backup_lock";
    private const string TemporaryName = ".outlay_backup_tmp";

    private static readonly TimeSpan s_lockPoll = TimeSpan.FromMilliseconds(100);

    private readonly FileStream _lock;

    private BackupFolder(string path, FileStream @lock)
    {
        Path = path;
        _lock = @lock;
    }

    public string Path { get; }

    /// <summary>Where files are written before they are complete: on the same disk, so that a rename completes them.</summary>
    public string Temporary => System.IO.Path.Combine(Path, TemporaryName);

    /// <summary>
    /// Makes the folder if there is none, waits until it is free, and clears away what a killed run left. The operating system
    /// frees it when a process dies.
    /// </summary>
    public static async Task<BackupFolder> TakeAsync(string path, TimeProvider clock, CancellationToken token)
    {
        if (File.Exists(path))
            throw DiskDestination.IsFile(path);
        try
        {
            PrivateFolder.Create(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new AppException(ErrorCode.Unavailable,
                $"BACKUPS_DIR is {path}, which cannot be made: {PathFailure.Reason(e, System.IO.Path.Combine(path, LockName))}. Set it to a folder that you may write to.", e);
        }

        var folder = new BackupFolder(path, await LockAsync(System.IO.Path.Combine(path, LockName), clock, token));
        try
        {
            folder.Clear();
            PrivateFolder.Create(folder.Temporary);
            return folder;
        }
        catch
        {
            folder._lock.Dispose();
            throw;
        }
    }

    /// <summary>This second, or the next one that has no backup, here or elsewhere.</summary>
    public DateTimeOffset FreeTime(DateTimeOffset now, IReadOnlyList<ListedBackup> elsewhere)
    {
        var time = now;
        while (Exists(BackupName.Csv(time)) || Exists(BackupName.Of(time, isEncrypted: false)) || Exists(BackupName.Of(time, isEncrypted: true)))
            time = time.AddSeconds(1);
        return time;

        bool Exists(string name) => System.IO.Path.Exists(System.IO.Path.Combine(Path, name)) || elsewhere.Any(backup => backup.Name == name);
    }

    /// <summary>Puts a report beside its backup, in the place of one that said something else.</summary>
    public async Task StoreReportAsync(IBackupDestination destination, BackupReport report, CancellationToken token)
    {
        var file = System.IO.Path.Combine(Temporary, "report");
        await using (var stream = PrivateFile.Create(file))
        {
            await stream.WriteAsync(report.ToJson(), token);
            stream.Flush(flushToDisk: true);
        }

        await destination.StoreAsync(report.FileName, file, token);
        File.Delete(file);
        await destination.DeleteAsync(BackupName.Report(report.Backup, !report.IsGood), token);
    }

    /// <summary>Removes what was not completed, and lets the next run in.</summary>
    public void Dispose()
    {
        try
        {
            Clear();
        }
        finally
        {
            _lock.Dispose();
        }
    }

    private static async Task<FileStream> LockAsync(string file, TimeProvider clock, CancellationToken token)
    {
        while (true)
        {
            try
            {
                // The file stays: if it were deleted, two processes could hold locks on two files of this name.
                return new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException e) when (IsHeldByAnother(e))
            {
                await Task.Delay(s_lockPoll, clock, token);
            }
        }
    }

    private void Clear()
    {
        if (Directory.Exists(Temporary))
            Directory.Delete(Temporary, recursive: true);
    }

    /// <summary>EAGAIN of Linux, EWOULDBLOCK of macOS, ERROR_SHARING_VIOLATION of Windows: there is no type for it.</summary>
    private static bool IsHeldByAnother(IOException exception) => exception.HResult is 11 or 35 or unchecked((int)0x80070020);
}
