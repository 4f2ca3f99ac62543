using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging;
using Outlay.Hosting;
using Outlay.Tests.Harness;
using Serilog.Extensions.Logging;

namespace Outlay.Tests.Hosting;

public sealed partial class LogFileTests : IDisposable
{
    private readonly TestFolder _folder = new();

    private string File => _folder.File(Path.Combine("logs", "outlay.log"));

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_file_of_the_day_gets_every_line_at_once_and_its_folder_is_made()
    {
        using var factory = Open(Settings());
        var logger = factory.CreateLogger("Outlay");

        Said(logger, LogLevel.Information, "one");
        Said(logger, LogLevel.Information, "two");

        using var file = new FileStream(Assert.Single(Files()), FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var reader = new StreamReader(file);
        Assert.Equal(["one", "two"], LogCapture.Parse(reader.ReadToEnd()).Select(line => line.GetProperty("text").GetString()!));
    }

    [Fact]
    public void A_file_that_is_full_is_followed_by_another()
    {
        Say("one");
        var first = Assert.Single(Files());
        using (var full = new FileStream(first, FileMode.Open))
            full.SetLength(Logging.MaxFileBytes);

        Say("two");

        Assert.Equal(2, Files().Length);
        var second = Assert.Single(Files(), file => file != first);
        Assert.Contains("two", System.IO.File.ReadAllText(second), StringComparison.Ordinal);
    }

    [Fact]
    public void Files_older_than_the_retention_are_removed_and_nothing_else()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(File)!);
        var old = _folder.File("logs/outlay20200101.log");
        string[] others = [_folder.File("logs/outlay.log"), _folder.File("logs/other20200101.log"), _folder.File("logs/outlay20200101.txt")];
        foreach (var file in others.Append(old))
            System.IO.File.WriteAllText(file, "x");

        Say("one");

        Assert.False(System.IO.File.Exists(old));
        Assert.All(others, file => Assert.True(System.IO.File.Exists(file)));
    }

    [Fact]
    public void More_files_than_thirty_are_kept_as_long_as_they_are_young()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(File)!);
        var today = DateOnly.FromDateTime(TimeProvider.System.GetLocalNow().DateTime);
        for (var number = 1; number <= 40; number++)
            System.IO.File.WriteAllText(_folder.File($"logs/outlay{today:yyyyMMdd}_{number:D3}.log"), "x");

        Say("one");

        Assert.Equal(40, Files().Length);
    }

    [Fact]
    public async Task A_file_that_cannot_be_written_stops_the_start_and_says_so()
    {
        System.IO.File.WriteAllText(_folder.File("logs"), "a file where a folder should be");

        var blocked = await OutlayProcess.RunAsync(["serve"], new Dictionary<string, string> { ["LOG_FILE"] = File });
        var isFolder = await OutlayProcess.RunAsync(["serve"], new Dictionary<string, string> { ["LOG_FILE"] = _folder.Path });

        Assert.Equal((78, 78), (blocked.ExitCode, isFolder.ExitCode));
        Assert.StartsWith("LOG_FILE cannot be written:", blocked.Error, StringComparison.Ordinal);
        Assert.Contains($"{_folder.Path} is a folder.", isFolder.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_disk_that_is_full_later_is_told_once_on_standard_output_and_stops_nothing()
    {
        await using var disk = await SmallDisk.MountAsync();
        await using var server = OutlayProcess.StartServer(new Dictionary<string, string> { ["LOG_FILE"] = Path.Combine(disk.Path, "outlay.log") });
        using var client = new HttpClient { BaseAddress = await server.WaitForAddressAsync() };
        await server.WaitForOutputAsync("backup_completed");
        await using (var filler = new FileStream(Path.Combine(disk.Path, "filler"), FileMode.CreateNew))
            Assert.Throws<IOException>(() => filler.Write(new byte[SmallDisk.Size]));

        // Lines of a few hundred bytes fill what is left of the last block.
        for (var number = 0; number < 30; number++)
            Assert.Equal("[]", await client.GetStringAsync("/expenses", Test.Token));
        await server.SignalAsync("TERM");
        var result = await server.WaitForExitAsync();

        Assert.Equal(0, result.ExitCode);
        Assert.Single(result.Output.Split('\n'), line => line.Contains("log_file_failed", StringComparison.Ordinal));
        Assert.Equal(30, result.Output.Split('\n').Count(line => line.Contains("http_request", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData(LogLevel.Debug, "Outlay.X", LogLevel.Debug, true)]
    [InlineData(LogLevel.Information, "Outlay.X", LogLevel.Debug, false)]
    [InlineData(LogLevel.Debug, "Microsoft.AspNetCore.X", LogLevel.Information, false)]
    [InlineData(LogLevel.Debug, "System.X", LogLevel.Warning, true)]
    [InlineData(LogLevel.Error, "Microsoft.AspNetCore.X", LogLevel.Warning, false)]
    public void The_framework_speaks_only_of_trouble(LogLevel setting, string category, LogLevel level, bool isWritten)
    {
        Say(Settings() with { Level = setting }, category, level, "one");

        Assert.Equal(isWritten, Files().Any(file => System.IO.File.ReadAllText(file).Contains("one", StringComparison.Ordinal)));
    }

    private void Say(string text) => Say(Settings(), "Outlay", LogLevel.Information, text);

    private static void Say(LogSettings settings, string category, LogLevel level, string text)
    {
        using var factory = Open(settings);
        var logger = factory.CreateLogger(category);
        Said(logger, level, text);
    }

    private static SerilogLoggerFactory Open(LogSettings settings) => new(Logging.Create(settings, new LogLevels(settings.Level), null, LogCapture.RunId), dispose: true);

    private LogSettings Settings() => new(LogLevel.Information, LogFormat.Json, File, RetentionDays: 7);

    private string[] Files()
    {
        var folder = new DirectoryInfo(Path.GetDirectoryName(File)!);
        return folder.Exists ? [.. folder.GetFiles().Where(file => Name().IsMatch(file.Name)).Select(file => file.FullName)] : [];
    }

    [GeneratedRegex(@"^outlay[0-9]{8}(_[0-9]{3})?\.log$")]
    private static partial Regex Name();

    [LoggerMessage("{Text}")]
    private static partial void Said(ILogger logger, LogLevel level, string text);
}
