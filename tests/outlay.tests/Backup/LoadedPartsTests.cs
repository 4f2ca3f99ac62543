using Outlay.Tests.Harness;

namespace Outlay.Tests.Backup;

public sealed class LoadedPartsTests
{
    [Fact]
    public async Task What_is_not_configured_takes_no_memory()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux tells which files a process has loaded.");
        await using var database = await TestDatabase.CreateAsync(Engine.Sqlite);
        await using var server = OutlayProcess.StartServer(database.Environment);
        await server.WaitForAddressAsync();

        var loaded = await File.ReadAllTextAsync($"/proc/{server.Id}/maps", Test.Token);

        Assert.Contains("Microsoft.Data.Sqlite.dll", loaded, StringComparison.Ordinal);
        Assert.DoesNotContain("AWSSDK", loaded, StringComparison.Ordinal);
        Assert.DoesNotContain("BouncyCastle", loaded, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_verb_loads_nothing_of_telemetry_unless_it_is_sent_somewhere()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux tells which files a process has loaded.");
        await using var database = await TestDatabase.CreateAsync(Engine.Sqlite);
        await using var verb = OutlayProcess.Start(["import", "-"], database.Environment);
        // More than a pipe holds: once it is written, the verb is at work.
        await verb.WriteAsync(new string('\n', 1_000_000));

        var loaded = await File.ReadAllTextAsync($"/proc/{verb.Id}/maps", Test.Token);

        Assert.Contains("System.CommandLine.dll", loaded, StringComparison.Ordinal);
        Assert.DoesNotContain("OpenTelemetry", loaded, StringComparison.Ordinal);
    }
}
