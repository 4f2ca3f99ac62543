namespace Outlay;

/// <summary>Why the system refuses a file or a folder, for a message that names it already.</summary>
internal static class PathFailure
{
    /// <param name="path">What was asked for: named only if the reason is about something else.</param>
    public static string Reason(Exception failure, string path) => failure switch
    {
        UnauthorizedAccessException => $"you may not write to {Path.GetDirectoryName(path)}",
        DirectoryNotFoundException => $"there is no folder {Path.GetDirectoryName(path)}",
        // The framework appends the path.
        _ => failure.Message.Split(" : '")[0].TrimEnd('.'),
    };
}
