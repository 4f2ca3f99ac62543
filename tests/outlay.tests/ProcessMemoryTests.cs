using System.Runtime.InteropServices;

namespace Outlay.Tests;

public sealed class ProcessMemoryTests
{
    private const int BlockSize = 4 * 1024;
    private const int Blocks = 16 * 1024;

    [Fact]
    public async Task What_was_freed_goes_back_to_the_system()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && NativeLibrary.TryLoad("libc.so.6", out _), "Only glibc keeps what was freed.");
        // On a thread of its own, as the work of a backup is: the allocator has a pool for it.
        var last = await Task.Factory.StartNew(AllocateAndFree, TaskCreationOptions.LongRunning);
        var before = ResidentBytes();

        ProcessMemory.GiveBack();

        Assert.True(before - ResidentBytes() > BlockSize * Blocks / 2, $"{before} bytes before, {ResidentBytes()} after.");
        Free(last);
    }

    /// <summary>Frees all but the last block, which keeps the pool from shrinking by itself.</summary>
    private static nint AllocateAndFree()
    {
        var blocks = new nint[Blocks];
        for (var i = 0; i < Blocks; i++)
        {
            blocks[i] = Marshal.AllocHGlobal(BlockSize);
            Marshal.WriteByte(blocks[i], 1);
        }

        foreach (var block in blocks[..^1])
            Free(block);
        return blocks[^1];
    }

    private static void Free(nint block) => Marshal.FreeHGlobal(block);

    private static long ResidentBytes() => long.Parse(File.ReadAllText("/proc/self/statm").Split(' ')[1], null) * Environment.SystemPageSize;
}
