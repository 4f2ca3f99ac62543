using Outlay.Tests.Harness;

namespace Outlay.Tests.Cli;

/// <summary>What <c>config</c> says of a server that others can reach, without a look into its database.</summary>
public sealed class ExposedConfigTests
{
    private const string Told = "LISTEN is http://0.0.0.0:8010/, which other machines can reach: outlay serve starts there only when there is a key, which outlay keys list shows. This looked for none.\n";

    [Theory]
    [InlineData(Told, "LISTEN=http://0.0.0.0:8010")]
    [InlineData("LISTEN is http://127.0.0.1:8000/ behind TRUSTED_PROXIES, which other machines can reach: outlay serve starts there only when there is a key, which outlay keys list shows. This looked for none.\n", "TRUSTED_PROXIES=127.0.0.1")]
    [InlineData("", "LISTEN=http://127.0.0.1:8010")]
    [InlineData("", "LISTEN=http://0.0.0.0:8010", "ADMIN_SECRET=the administrator's secret")]
    [InlineData("", "LISTEN=http://0.0.0.0:8010", "ALLOW_ANONYMOUS=true")]
    [InlineData("", "AUTH_HEADER=Remote-User", "TRUSTED_PROXIES=127.0.0.1")]
    public async Task It_says_what_it_has_not_looked_for(string told, params string[] settings)
    {
        using var folder = new TestFolder();
        var environment = settings.Append($"DATA_DIR={folder.File("none")}").ToDictionary(setting => setting.Split('=')[0], setting => setting.Split('=')[1]);

        var config = await OutlayProcess.RunAsync(["config"], environment);

        Assert.Equal((0, told), (config.ExitCode, config.Error));
        Assert.False(Directory.Exists(folder.File("none")));
    }

    [Fact]
    public async Task A_setting_that_the_script_made_is_not_taken_for_the_user_s()
    {
        var config = await OutlayProcess.RunAsync(["config", "--output", "csv"], new Dictionary<string, string> { ["OUTLAY_COMMAND"] = "./run" });

        Assert.Contains("\nOUTLAY_COMMAND,./run,environment (./run sets it)\n", config.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/proc/x", "nothing can be made in /proc")]
    [InlineData("/etc/passwd", "/etc/passwd is a file, not a folder")]
    public async Task A_folder_that_cannot_be_made_is_told_in_words_of_our_own(string folder, string reason)
    {
        var list = await OutlayProcess.RunAsync(["list"], new Dictionary<string, string> { ["DATA_DIR"] = folder });

        Assert.Equal(
            (69, $"There is no book of yours in {folder}, and none can be made: {reason}. If it belongs to somebody else, set DATA_DIR to a folder of your own.\n"), (list.ExitCode, list.Error));
    }

    [Fact]
    public async Task So_is_a_folder_for_backups()
    {
        await using var book = await Book.CreateAsync(Engine.Sqlite);
        book.Environment["BACKUPS_DIR"] = "/proc/x";

        var backup = await book.FailAsync(69, "backup", "create");

        Assert.Equal("The backup failed: BACKUPS_DIR is /proc/x, which cannot be made: nothing can be made in /proc. Set it to a folder that you may write to.\n", backup.Error);
    }
}
