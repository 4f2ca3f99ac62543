using Outlay.Tests.Harness;
using Outlay.Tests.Telemetry;

namespace Outlay.Tests.Hosting;

/// <summary>How much is logged can change while the server runs.</summary>
public sealed class LogLevelTests
{
    [Fact]
    public async Task A_signal_makes_the_server_read_the_level_again()
    {
        using var folder = new TestFolder();
        var file = folder.File("level");
        await File.WriteAllTextAsync(file, "error\n", Test.Token);
        await using var server = await RunningServer.StartAsync(Engine.Sqlite, ("LOG_LEVEL_FILE", file));
        await server.SendAsync("GET", "/livez");
        Assert.Equal("", server.Process.Output);

        await File.WriteAllTextAsync(file, "debug", Test.Token);
        await server.Process.SignalAsync("HUP");
        await server.Process.WaitForOutputAsync("From now on debug and above is logged");
        await server.SendAsync("GET", "/livez");
        await server.Process.WaitForOutputAsync("GET /livez 200");

        await File.WriteAllTextAsync(file, "loud", Test.Token);
        await server.Process.SignalAsync("HUP");
        await server.Process.WaitForOutputAsync("holds none of debug, info, warning, error");
        await server.SendAsync("GET", "/startupz");
        await server.Process.WaitForOutputAsync("GET /startupz 200");
    }

    [Theory]
    [InlineData("loud", null, "LOG_LEVEL_FILE names '{0}', which holds none of debug, info, warning, error: write one of debug, info, warning, error into it.")]
    [InlineData("info", "info", "LOG_LEVEL and LOG_LEVEL_FILE are both set: set only one of them.")]
    public void A_file_that_cannot_be_used_stops_the_start(string content, string? level, string fault)
    {
        using var folder = new TestFolder();
        File.WriteAllText(folder.File("level"), content);
        var source = new SettingsSource(name => name switch { "LOG_LEVEL_FILE" => folder.File("level"), "LOG_LEVEL" => level, "DATA_DIR" => folder.Path, _ => null });

        Settings.From(source);

        Assert.Equal(string.Format(System.Globalization.CultureInfo.InvariantCulture, fault, folder.File("level")), Assert.Single(source.Faults));
    }
}
