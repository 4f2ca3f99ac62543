namespace Outlay.Tests.Harness;

/// <summary>A disk of 64 KiB, or of another size. The test is skipped where none can be mounted.</summary>
internal sealed class SmallDisk : IAsyncDisposable
{
    /// <summary>In bytes.</summary>
    public const int Size = 64 * 1024;

    private readonly TestFolder _folder = new();

    public string Path => _folder.Path;

    public static async Task<SmallDisk> MountAsync(int size = Size)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess, "Only root of a Linux machine can mount a small disk.");
        var disk = new SmallDisk();
        try
        {
            await Command.RunAsync("mount", "-t", "tmpfs", "-o", $"size={size}", "tmpfs", disk.Path);
            return disk;
        }
        catch (InvalidOperationException e)
        {
            disk._folder.Dispose();
            Assert.Skip($"No small disk can be mounted here: {e.Message}");
            throw;
        }
    }

    /// <summary>Leaves no byte free.</summary>
    public async Task FillAsync()
    {
        await using var filler = new FileStream(Filler, FileMode.Append);
        var block = new byte[4096];
        try
        {
            while (true)
            {
                await filler.WriteAsync(block, Test.Token);
                await filler.FlushAsync(Test.Token);
            }
        }
        catch (IOException)
        {
            // It is full.
        }
    }

    /// <summary>Gives back what <see cref="FillAsync"/> took.</summary>
    public Task FreeAsync()
    {
        File.Delete(Filler);
        return Task.CompletedTask;
    }

    private string Filler => System.IO.Path.Combine(Path, "filler");

    public async ValueTask DisposeAsync()
    {
        await Command.RunAsync("umount", Path);
        _folder.Dispose();
    }
}
