using Outlay.Tests.Harness;

namespace Outlay.Tests.Storage;

public sealed class PrivateDatabaseTests
{
    [Fact]
    public async Task Nobody_else_reads_an_embedded_database_even_in_a_folder_that_is_open_to_all()
    {
        if (OperatingSystem.IsWindows())
            return;
        using var folder = new TestFolder();
        File.SetUnixFileMode(folder.Path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute);
        await using var server = await TestServer.StartAsync(new Dictionary<string, string> { ["DATA_DIR"] = folder.Path });
        await server.ReadyAsync();
        await server.AddAsync("""{"date":"2026-02-19","description":"Coffee","amount":3.50}""");

        var files = Directory.GetFiles(folder.Path, "outlay.db*");

        Assert.Contains(folder.File("outlay.db-wal"), files);
        foreach (var file in files)
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
    }
}
