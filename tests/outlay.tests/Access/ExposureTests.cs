using System.Net;
using Outlay.Tests.Harness;

namespace Outlay.Tests.Access;

/// <summary>Who gets in where no key was made, and where others can reach the service.</summary>
public sealed class ExposureTests
{
    [Theory]
    [InlineData("http://0.0.0.0:0")]
    [InlineData("http://[::]:0")]
    [InlineData("http://127.0.0.1:0", "127.0.0.1")]
    public async Task An_address_that_others_can_reach_is_refused_while_nobody_could_be_let_in(string address, string proxies = "")
    {
        using var folder = new TestFolder();
        var settings = new Dictionary<string, string> { ["DATA_DIR"] = folder.Path, ["LISTEN"] = address, ["TRUSTED_PROXIES"] = proxies };

        var refused = await OutlayProcess.RunAsync(["serve"], settings);

        Assert.Equal(78, refused.ExitCode);
        foreach (var way in new[] { "outlay keys create", "ADMIN_SECRET", "LISTEN", "ALLOW_ANONYMOUS=true", "http://127.0.0.1:8000" })
            Assert.Contains(way, refused.Error, StringComparison.Ordinal);
    }

    [Theory, EachEngine]
    public async Task There_nobody_is_anonymous_whether_keys_exist_or_not(Engine engine)
    {
        await using var server = await TestServer.StartAsync(engine, ("LISTEN", "http://0.0.0.0:0"));
        using var client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{server.Address.Port}") };

        Assert.Equal(HttpStatusCode.Unauthorized, (await client.GetAsync(new Uri("/expenses", UriKind.Relative), Test.Token)).StatusCode);
        // The first key is made with ADMIN_SECRET.
        using var create = new HttpRequestMessage(HttpMethod.Post, "/admin/api-keys?owner=ana");
        create.Headers.Add(TestServer.SecretHeader, TestServer.Secret);
        using var created = await client.SendAsync(create, Test.Token);
        var key = (await Answer.ReadAsync(created)).MustBe(201).Json.GetProperty("api_key").GetString()!;
        client.DefaultRequestHeaders.Add("X-API-Key", key);
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync(new Uri("/expenses", UriKind.Relative), Test.Token)).StatusCode);
    }

    [Theory, EachEngine]
    public async Task Whoever_allows_everybody_serves_everybody_but_nobody_with_a_bad_key(Engine engine)
    {
        await using var server = await TestServer.StartAsync(engine, ("LISTEN", "http://0.0.0.0:0"), ("ALLOW_ANONYMOUS", "true"));
        using var client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{server.Address.Port}") };

        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync(new Uri("/expenses", UriKind.Relative), Test.Token)).StatusCode);
        client.DefaultRequestHeaders.Add("X-API-Key", "nobody's");
        Assert.Equal(HttpStatusCode.Unauthorized, (await client.GetAsync(new Uri("/expenses", UriKind.Relative), Test.Token)).StatusCode);
    }

    [Theory, EachEngine]
    public async Task On_the_loopback_the_first_key_closes_the_door_and_revoking_the_last_does_not_open_it(Engine engine)
    {
        await using var server = await TestServer.StartAsync(engine);

        (await server.GetAsync("/expenses")).MustBe(200);
        await server.MakeKeyAsync("ana");
        // Another instance, or a verb, has made it: this one looks again.
        server.Database.Clock.Advance(TimeSpan.FromSeconds(5));
        var refused = (await server.GetAsync("/expenses")).MustBeProblem(401, "unauthenticated");
        Assert.Equal("Bearer realm=\"outlay\"", refused["WWW-Authenticate"]);

        (await server.SendAsync("DELETE", "/admin/api-keys/1", null, (TestServer.SecretHeader, TestServer.Secret))).MustBe(204);
        server.Database.Clock.Advance(TimeSpan.FromHours(1));
        (await server.GetAsync("/expenses")).MustBeProblem(401, "unauthenticated");
        (await server.SendAsync("POST", "/expenses", """{"date":"2026-02-19","description":"Coffee","amount":3.50}""")).MustBeProblem(401, "unauthenticated");
    }

    [Theory, EachEngine]
    public async Task Health_and_documentation_ask_nobody_for_a_key(Engine engine)
    {
        await using var server = await TestServer.StartAsync(engine, ("LISTEN", "http://0.0.0.0:0"));

        foreach (var path in new[] { "/", "/livez", "/readyz", "/startupz", "/openapi.json", "/docs/index.html", "/problems/unauthenticated" })
        {
            using var client = new HttpClient();
            using var answer = await client.GetAsync(new Uri($"http://127.0.0.1:{server.Address.Port}{path}"), Test.Token);
            Assert.Equal((path, HttpStatusCode.OK), (path, answer.StatusCode));
        }
    }
}
