namespace Outlay;

/// <summary>Why the system refuses a file or a folder, for a message that names it already.</summary>
internal static class PathFailure
{
    /// <param name="path">What was asked for: named only if the reason is about something else.</param>
    public static string Reason(Exception failure, string path) => failure switch
    {
        UnauthorizedAccessException => $"you may not write to {Path.GetDirectoryName(path)}",
        _ when FileAmong(path) is { } file => $"{file} is a file, not a folder",
        DirectoryNotFoundException => $"there is no folder {Path.GetDirectoryName(path)}",
        // What the system says of a folder in which it lets nobody make one.
        FileNotFoundException => $"nothing can be made in {Existing(path)}",
        // The framework appends the path.
        _ => failure.Message.Split(" : '")[0].TrimEnd('.'),
    };

    /// <summary>The first folder above that is there.</summary>
    private static string? Existing(string path)
    {
        var folder = Path.GetDirectoryName(path);
        while (folder is not null && !Directory.Exists(folder))
            folder = Path.GetDirectoryName(folder);
        return folder;
    }

    /// <summary>The file that stands where a folder should be; null when none does.</summary>
    private static string? FileAmong(string path)
    {
        for (var folder = Path.GetDirectoryName(path); folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if (File.Exists(folder))
                return folder;
        }

        return null;
    }
}
