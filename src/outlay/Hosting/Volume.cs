namespace Outlay.Hosting;

/// <summary>A disk that the server writes to.</summary>
/// <param name="Name">data or backups.</param>
/// <param name="Folder">A folder on it, which need not exist yet.</param>
/// <param name="MinFree">How many bytes should be free on it.</param>
/// <param name="Setting">The name of the setting that says so.</param>
internal sealed record Volume(string Name, string Folder, long MinFree, string Setting)
{
    public static IReadOnlyList<Volume> Of(Settings settings) =>
    [
        new("data", settings.DataDir, settings.DataMinFree, "DATA_MIN_FREE"),
        new("backups", settings.BackupsDir, settings.BackupsMinFree, "BACKUPS_MIN_FREE"),
    ];

    /// <summary>How much this user can still write, and how much there is in all, in bytes. Throws <see cref="IOException"/> and what is like it.</summary>
    public (long Free, long Size) Measure()
    {
        var folder = Folder;
        while (!Directory.Exists(folder) && Path.GetDirectoryName(folder) is { } parent)
            folder = parent;
        var disk = new DriveInfo(folder);
        return (disk.AvailableFreeSpace, disk.TotalSize);
    }
}
