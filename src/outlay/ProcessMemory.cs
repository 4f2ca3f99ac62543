using System.Runtime.InteropServices;

namespace Outlay;

/// <summary>The memory of this process.</summary>
internal static class ProcessMemory
{
    /// <summary>
    /// Gives the memory that a big piece of work took, and that nothing needs any more, back to the system: otherwise an idle server
    /// keeps the most that it ever used. Takes some milliseconds, in which nothing else runs.
    /// </summary>
    public static void GiveBack()
    {
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        // What SQLite frees goes to the allocator of the C library. That of glibc keeps it, for each thread apart; others have no such call.
        if (OperatingSystem.IsLinux() && NativeLibrary.TryLoad("libc.so.6", out var library) &&
            NativeLibrary.TryGetExport(library, "malloc_trim", out var trim))
            Marshal.GetDelegateForFunctionPointer<MallocTrim>(trim)(0);
    }

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate int MallocTrim(nuint pad);
}
