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
        Assert.Equal("old", password.Send());

        Write("mistake");
        Assert.Equal("mistake", password.Send());
        Assert.True(password.TryOther("mistake"));
        Assert.Equal("old", password.Send());

        Write("new");
        Assert.Equal("new", password.Send());
        Assert.True(password.TryOther("new"));
        Assert.Equal("old", password.Send());
    }

    [Fact]
    public async Task Each_login_knows_what_it_has_sent_itself()
    {
        Write("old");
        var password = new PostgresPassword(Secret.OfFile("DB_PASSWORD_FILE", _folder.File("password"), _ => null));
        password.Send();
        Write("new");

        var first = PostgresPassword.BeginLogin();
        password.Send();
        Assert.True(password.TryOther("new"));
        var other = await Task.Run(() =>
        {
            var second = PostgresPassword.BeginLogin();
            password.Send();
            return second;
        }, Test.Token);

        Assert.Equal(("new", "old"), (first.Sent, other.Sent));
        // What it has sent is not in use any more: another login has found the right one, which stays.
        Assert.True(password.TryOther(first.Sent));
        Assert.Equal("old", password.Send());
    }

    private void Write(string password) => File.WriteAllText(_folder.File("password"), password);
}
