using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Outlay.Storage;

/// <summary>A file for what people spend: nobody else on the machine can read it, and once it has its name it keeps it.</summary>
internal static class PrivateFile
{
    /// <summary>Creates a file, open to its owner alone.</summary>
    public static FileStream Create(string path) => Create(path, FileAccess.Write, FileShare.None);

    /// <summary>Creates a file for as long as it is open, in the folder for temporary files.</summary>
    public static FileStream CreateNameless()
    {
        var path = Path.Combine(Path.GetTempPath(), $"outlay-{Path.GetRandomFileName()}");
        var file = Create(path, FileAccess.ReadWrite, FileShare.Delete);
        File.Delete(path);
        return file;
    }

    /// <summary>Gives a finished file its name, in the same folder: after a loss of power it still has it.</summary>
    /// <param name="replace">Whether it may take the place of a file of that name.</param>
    public static void Rename(string path, string name, bool replace)
    {
        File.Move(path, name, replace);
        // The name is an entry of the folder, which goes to the disk on its own. Windows knows no such thing.
        if (!OperatingSystem.IsWindows())
            FlushFolder(Path.GetDirectoryName(Path.GetFullPath(name))!);
    }

    private static FileStream Create(string path, FileAccess access, FileShare share)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = access, Share = share, BufferSize = 0 };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        return new FileStream(path, options);
    }

    private static void FlushFolder(string path)
    {
        const int ReadOnly = 0;
        using var folder = new SafeFileHandle(Open(path, ReadOnly), ownsHandle: true);
        // A folder that takes files but cannot be read cannot be opened either; the file is there all the same.
        if (!folder.IsInvalid)
            RandomAccess.FlushToDisk(folder);
    }

    /// <summary>The framework opens no folders.</summary>
    [DllImport("libc", EntryPoint = "open")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Open([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);
}
