using Outlay.Storage;
using Outlay.Tests.Harness;

namespace Outlay.Tests.Storage;

/// <summary>Which password new sessions log in with while its file and the server disagree.</summary>
public sealed class PostgresPasswordTests : IDisposable
{
    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_mistake_in_the_file_that_is_corrected_does_not_forget_the_password_that_works()
    {
        Write("old");
        var password = new PostgresPassword(Secret.OfFile("DB_PASSWORD_FILE", _folder.File("password"), _ => null));
        Assert.Null(password.Given);
        Assert.Equal("old", password.Read());

        Write("mistake");
        Assert.Equal("mistake", password.Read());
        Assert.True(password.TryOther("mistake"));
        Assert.Equal("old", password.Read());

        Write("new");
        Assert.Equal("new", password.Read());
        Assert.True(password.TryOther("new"));
        Assert.Equal(("old", "old"), (password.Read(), password.Given));
    }

    private void Write(string password) => File.WriteAllText(_folder.File("password"), password);
}
