using Outlay.Tests.Harness;

namespace Outlay.Tests.Hosting;

/// <summary>What the log says while a server waits for its database, and when it leaves.</summary>
public sealed class StartupTests
{
    [Fact]
    public async Task A_server_that_waits_says_so_again_and_once_that_it_is_over()
    {
        using var folder = new TestFolder();
        // A folder cannot be made below a file.
        await File.WriteAllTextAsync(folder.File("books"), "", Test.Token);
        await using var server = OutlayProcess.StartServer(new Dictionary<string, string> { ["DATA_DIR"] = folder.File("books/mine"), ["BACKUPS_DIR"] = folder.File("backups") });
        await Eventually.TrueAsync("the log has said it twice", () => Task.FromResult(Count(server, "waiting_for_database") >= 2), after: TimeSpan.FromSeconds(30));

        File.Delete(folder.File("books"));
        await server.WaitForAddressAsync();
        await server.SignalAsync("TERM");
        var result = await server.WaitForExitAsync();

        Assert.Equal(0, result.ExitCode);
        Assert.Equal(1, Count(server, "database_is_there"));
        Assert.Equal(1, Count(server, "\"event\":\"stopped\""));
        Assert.EndsWith("Outlay has stopped.\n", result.Error, StringComparison.Ordinal);
    }

    private static int Count(OutlayProcess server, string text) => server.Output.Split(text).Length - 1;
}
