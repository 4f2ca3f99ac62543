using Outlay.Storage;

namespace Outlay.Export;

/// <summary>Writes a file that is there as a whole or not at all, whatever happens meanwhile.</summary>
internal static class AtomicFile
{
    /// <summary>
    /// Writes under a temporary name beside it, open to its owner alone, flushes to the disk, then renames. Throws <see cref="ErrorCode.Conflict"/> when
    /// a file of that name is there and must not be replaced, and <see cref="ErrorCode.Unavailable"/> when the folder cannot be
    /// written or the disk is full.
    /// </summary>
    public static async Task WriteAsync(string path, bool replace, Func<Stream, Task> write)
    {
        var temporary = $"{path}.{Path.GetRandomFileName()}.tmp";
        try
        {
            await using (var file = PrivateFile.Create(temporary))
            {
                await write(file);
                file.Flush(flushToDisk: true);
            }

            PrivateFile.Rename(temporary, path, replace);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Remove(temporary);
            throw !replace && File.Exists(path)
                ? new AppException(ErrorCode.Conflict, $"{path} is there already: choose another name.", e)
                : new AppException(ErrorCode.Unavailable, $"{path} cannot be written: {Reason(e, temporary, path)}", e);
        }
        catch
        {
            Remove(temporary);
            throw;
        }
    }

    private static string Reason(Exception failure, string temporary, string path) => failure is DirectoryNotFoundException
        ? "its folder is not there."
        : failure.Message.Replace(Path.GetFileName(temporary), Path.GetFileName(path), StringComparison.Ordinal);

    /// <summary>A temporary file is in a folder that exists, or was never made.</summary>
    private static void Remove(string temporary)
    {
        if (File.Exists(temporary))
            File.Delete(temporary);
    }
}
