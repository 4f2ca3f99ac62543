using Outlay.Tests.Harness;

namespace Outlay.Tests.Access;

/// <summary>The administrator's secret, where it comes from a file.</summary>
public sealed class AdminSecretTests
{
    [Theory, EachEngine]
    public async Task After_its_file_has_changed_the_old_one_is_refused_and_the_new_one_accepted(Engine engine)
    {
        using var folder = new TestFolder();
        await File.WriteAllTextAsync(folder.File("secret"), "the secret of yesterday", Test.Token);
        await using var server = await TestServer.StartAsync(engine, ("ADMIN_SECRET", ""), ("ADMIN_SECRET_FILE", folder.File("secret")));
        (await ListAsync("the secret of yesterday")).MustBe(200);

        await File.WriteAllTextAsync(folder.File("secret"), "the secret of today!", Test.Token);

        (await ListAsync("the secret of yesterday")).MustBe(403);
        (await ListAsync("the secret of today!")).MustBe(200);

        Task<Answer> ListAsync(string secret) => server.GetAsync("/admin/api-keys", (TestServer.SecretHeader, secret));
    }
}
