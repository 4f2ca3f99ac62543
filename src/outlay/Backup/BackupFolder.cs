using System.Globalization;
using Outlay.Storage;

namespace Outlay.Backup;

/// <summary>
/// The folder of the backups, while one run has it to itself: other runs, also of other processes, wait. So a temporary file
/// that was there before is what a killed run left behind, and a name that is free stays free.
/// </summary>
internal sealed class BackupFolder : IDisposable
{
    private const string Prefix = "expenses_backup_";
    private const string TimeFormat = "yyyyMMdd_HHmmss";
    private const string LockName = $".{Prefix}lock";
    private const string TemporaryPrefix = $".{Prefix}tmp_";

    /// <summary>How many bytes are compared at a time.</summary>
    private const int BlockSize = 64 * 1024;

    private static readonly TimeSpan s_lockPoll = TimeSpan.FromMilliseconds(100);

    private readonly string _path;
    private readonly FileStream _lock;

    private BackupFolder(string path, FileStream @lock)
    {
        _path = path;
        _lock = @lock;
        TemporaryFile = Path.Combine(path, TemporaryPrefix + Path.GetRandomFileName());
    }

    /// <summary>Where a backup is written before it is complete.</summary>
    public string TemporaryFile { get; }

    /// <summary>
    /// Makes the folder if there is none, waits until it is free, and clears away what a killed run left. The operating system
    /// frees it when a process dies.
    /// </summary>
    public static async Task<BackupFolder> TakeAsync(string path, TimeProvider clock, CancellationToken token)
    {
        PrivateFolder.Create(path);
        var folder = new BackupFolder(path, await LockAsync(Path.Combine(path, LockName), clock, token));
        try
        {
            folder.Clear();
            return folder;
        }
        catch
        {
            folder._lock.Dispose();
            throw;
        }
    }

    /// <summary>The newest backup, if it holds the same as the temporary file; otherwise null.</summary>
    public async Task<string?> FindSameAsync(CancellationToken token)
    {
        var newest = Directory.EnumerateFiles(_path, $"{Prefix}*.csv").Where(IsBackup).MaxBy(Path.GetFileName, StringComparer.Ordinal);
        if (newest is null)
            return null;
        return await IsSameAsync(newest, TemporaryFile, token) ? newest : null;
    }

    /// <summary>Turns the temporary file into the backup of this second, or of the next one that has none.</summary>
    /// <returns>The backup.</returns>
    public string Publish(DateTimeOffset now)
    {
        var time = now.UtcDateTime;
        var file = Named(time);
        while (Path.Exists(file))
            file = Named(time = time.AddSeconds(1));
        // A rename is atomic on every file system. A move that refuses to replace is not: where there are no hard links (a
        // share, a memory card) it copies. This run has the folder to itself, and the name is free.
        PrivateFile.Rename(TemporaryFile, file, replace: true);
        return file;
    }

    /// <summary>Removes what did not become a backup, and lets the next run in.</summary>
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
        foreach (var file in Directory.EnumerateFiles(_path, $"{TemporaryPrefix}*"))
            File.Delete(file);
    }

    private static async Task<bool> IsSameAsync(string left, string right, CancellationToken token)
    {
        await using var one = File.OpenRead(left);
        await using var other = File.OpenRead(right);
        if (one.Length != other.Length)
            return false;
        var (oneBlock, otherBlock) = (new byte[BlockSize], new byte[BlockSize]);
        int read;
        while ((read = await one.ReadAtLeastAsync(oneBlock, BlockSize, throwOnEndOfStream: false, token)) > 0)
        {
            await other.ReadExactlyAsync(otherBlock.AsMemory(0, read), token);
            if (!oneBlock.AsSpan(0, read).SequenceEqual(otherBlock.AsSpan(0, read)))
                return false;
        }

        return true;
    }

    private string Named(DateTime time) => Path.Combine(_path, $"{Prefix}{time.ToString(TimeFormat, CultureInfo.InvariantCulture)}.csv");

    private static bool IsBackup(string file) => DateTime.TryParseExact(
        Path.GetFileNameWithoutExtension(file)[Prefix.Length..], TimeFormat, CultureInfo.InvariantCulture, DateTimeStyles.None, out _);

    /// <summary>EAGAIN of Linux, EWOULDBLOCK of macOS, ERROR_SHARING_VIOLATION of Windows: there is no type for it.</summary>
    private static bool IsHeldByAnother(IOException exception) => exception.HResult is 11 or 35 or unchecked((int)0x80070020);
}
