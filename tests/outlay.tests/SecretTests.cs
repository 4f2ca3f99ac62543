using Outlay.Tests.Harness;

namespace Outlay.Tests;

/// <summary>A secret that comes from a file is what the file holds when it is needed.</summary>
public sealed class SecretTests : IDisposable
{
    private const string First = "the first secret of all", Second = "another one, as long";

    private readonly TestFolder _folder = new();
    private readonly string _file;
    private readonly Secret _secret;

    public SecretTests()
    {
        _file = _folder.File("secret");
        File.WriteAllText(_file, $"{First}\n");
        var settings = Settings.From(new SettingsSource(new Dictionary<string, string> { ["ADMIN_SECRET_FILE"] = _file, ["DATA_DIR"] = _folder.Path }.GetValueOrDefault));
        _secret = settings.Access.AdminSecret!;
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_file_that_is_written_anew_holds_at_once()
    {
        Assert.Equal(First, _secret.Read());
        File.WriteAllText(_file, Second);

        Assert.Equal(Second, _secret.Read());
        Assert.Equal(Second, _secret.Read());
        Assert.Equal(1, _secret.Changes);
    }

    [Fact]
    public void A_link_that_leads_elsewhere_holds_at_once()
    {
        File.WriteAllText(_folder.File("second"), Second);
        File.CreateSymbolicLink(_folder.File("link"), _folder.File("second"));
        File.Move(_folder.File("link"), _file, overwrite: true);

        Assert.Equal(Second, _secret.Read());
    }

    [Theory]
    [InlineData("", "is empty")]
    [InlineData("short", "is shorter than 16 characters")]
    [InlineData(null, "cannot be read")]
    public void What_was_read_last_goes_on_while_the_file_cannot_be_used(string? content, string problem)
    {
        if (content is null)
            File.Delete(_file);
        else
            File.WriteAllText(_file, content);

        Assert.Equal(First, _secret.Read());
        Assert.Contains(problem, _secret.Problem, StringComparison.Ordinal);
        File.WriteAllText(_file, Second);
        Assert.Equal(Second, _secret.Read());
        Assert.Null(_secret.Problem);
    }
}
