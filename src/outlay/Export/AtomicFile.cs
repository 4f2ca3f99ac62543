using Outlay.Storage;

namespace Outlay.Export;

/// <summary>Writes a file that is there as a whole or not at all, whatever happens meanwhile.</summary>
internal static class AtomicFile
{
    /// <summary>
    /// Writes under a temporary name beside it, open to its owner alone, flushes to the disk, then renames. Throws <see cref="ErrorCode.Conflict"/> when
    /// a file of that name is there and must not be replaced, and <see cref="ErrorCode.Unavailable"/> when the folder cannot be
    /// written or the disk is full. A link stays one, and what it leads to is replaced; a pipe or a device is written to.
    /// </summary>
    public static async Task WriteAsync(string path, bool replace, Func<Stream, Task> write)
    {
        var target = Target(path);
        var temporary = $"{target}.{Path.GetRandomFileName()}.tmp";
        try
        {
            await using (var device = replace ? OpenDevice(path) : null)
            {
                if (device is not null)
                {
                    await write(device);
                    return;
                }
            }

            await using (var file = PrivateFile.Create(temporary))
            {
                await write(file);
                file.Flush(flushToDisk: true);
            }

            PrivateFile.Rename(temporary, target, replace);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Remove(temporary);
            throw !replace && File.Exists(path)
                ? new AppException(ErrorCode.Conflict, $"{path} is there already: choose another name.", e)
                : new AppException(ErrorCode.Unavailable, $"{path} cannot be written: {PathFailure.Reason(e, target)}.", e);
        }
        catch
        {
            Remove(temporary);
            throw;
        }
    }

    private static string Target(string path)
    {
        try
        {
            return File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return path;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new AppException(ErrorCode.Unavailable, $"{path} cannot be written: the link leads nowhere.", e);
        }
    }

    /// <summary>Opens what has that name for writing if it is a pipe or a device; null when it is a file like any other.</summary>
    private static FileStream? OpenDevice(string path)
    {
        FileStream opened;
        try
        {
            opened = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
        }
        catch (UnauthorizedAccessException)
        {
            // A file that cannot be written can still be replaced.
            return null;
        }

        if (!opened.CanSeek)
            return opened;
        try
        {
            // The system gives a length to files alone (POSIX ftruncate).
            opened.SetLength(opened.Length);
            opened.Dispose();
            return null;
        }
        catch (IOException)
        {
            return opened;
        }
    }

    /// <summary>A temporary file is in a folder that exists, or was never made.</summary>
    private static void Remove(string temporary)
    {
        if (File.Exists(temporary))
            File.Delete(temporary);
    }
}
