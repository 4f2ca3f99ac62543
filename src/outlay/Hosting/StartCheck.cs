namespace Outlay.Hosting;

/// <summary>What the settings alone do not show, and what would stop a server that starts with them: one check for it and for <c>config</c>.</summary>
internal static class StartCheck
{
    /// <summary>Throws <see cref="ErrorCode.BadConfiguration"/> with every fault and its cure, or does nothing.</summary>
    public static void ThrowIfFaulty(Settings settings)
    {
        string[] faults = [.. Faults(settings)];
        if (faults.Length > 0)
            throw new AppException(ErrorCode.BadConfiguration, string.Join(Environment.NewLine, faults));
    }

    /// <summary>Every fault, with its cure.</summary>
    public static IEnumerable<string> Faults(Settings settings)
    {
        if (settings.Postgres is null && File.Exists(settings.DataDir))
            yield return $"DATA_DIR is {settings.DataDir}, which is a file: set it to a folder that you may write to.";
        if (File.Exists(settings.BackupsDir))
            yield return $"BACKUPS_DIR is {settings.BackupsDir}, which is a file: set it to a folder that you may write to.";
        if (settings.Tls?.Fault() is { } tlsFault)
            yield return tlsFault;
        if (settings.Log.File is { } file && LogFileFault(file) is { } fault)
            yield return $"LOG_FILE cannot be written: {fault}. Set it to a file in a folder that you may write to, or leave it out to log to standard output only.";
    }

    /// <summary>Who writes the log opens its file with the first line, and does not tell when that fails.</summary>
    private static string? LogFileFault(string file)
    {
        if (Directory.Exists(file))
            return $"{file} is a folder";
        try
        {
            var folder = Path.GetDirectoryName(file)!;
            Directory.CreateDirectory(folder);
            using var probe = new FileStream(Path.Combine(folder, $".{Path.GetRandomFileName()}"), FileMode.CreateNew, FileAccess.Write,
                FileShare.None, bufferSize: 1, FileOptions.DeleteOnClose);
            probe.WriteByte(0);
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return PathFailure.Reason(e, file);
        }
    }
}
