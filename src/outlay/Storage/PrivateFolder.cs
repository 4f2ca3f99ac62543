namespace Outlay.Storage;

/// <summary>A folder for what people spend: nobody else on the machine can look into it.</summary>
internal static class PrivateFolder
{
    /// <summary>Makes the folder, open to its owner alone. One that is there already keeps its permissions.</summary>
    public static void Create(string path)
    {
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(path);
        else
            Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }
}
