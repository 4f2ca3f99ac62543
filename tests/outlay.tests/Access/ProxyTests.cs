using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Outlay.Hosting;
using Outlay.Tests.Attacks;
using Outlay.Tests.Harness;

namespace Outlay.Tests.Access;

/// <summary>A sign-on in front of the service, and what else a proxy may say.</summary>
public sealed class ProxyTests
{
    private const string Coffee = """{"date":"2026-02-19","description":"Coffee","amount":3.50}""";

    private static readonly (string, string)[] s_trusted = [("TRUSTED_PROXIES", "10.0.0.0/8, 127.0.0.1"), ("AUTH_HEADER", "Remote-User")];

    [Theory, EachEngine]
    public async Task Whom_a_trusted_proxy_names_has_a_book_of_their_own_from_the_first_request_on(Engine engine)
    {
        await using var server = await TestServer.StartAsync(engine, s_trusted);

        (await server.SendAsync("POST", "/expenses", Coffee, ("Remote-User", "ana@example.org"))).MustBe(201);
        (await server.SendAsync("POST", "/expenses", Coffee, ("Remote-User", " ben "))).MustBe(201);

        var changes = (await server.GetAsync("/changes", ("remote-user", "ana@example.org"))).MustBe(200).Json;
        Assert.Equal("person ana@example.org", Assert.Single(changes.EnumerateArray()).GetProperty("actor").GetString());
        Assert.Equal(1, (await server.GetAsync("/expenses", ("Remote-User", "ben"))).MustBe(200).Json.GetArrayLength());
        Assert.Equal(0, (await server.GetAsync("/expenses", ("Remote-User", "Ben"))).MustBe(200).Json.GetArrayLength());
    }

    [Theory, EachEngine]
    public async Task From_any_other_address_the_name_is_refused(Engine engine)
    {
        await using var server = await TestServer.StartAsync(engine, ("TRUSTED_PROXIES", "10.0.0.0/8"), ("AUTH_HEADER", "Remote-User"));

        var refused = (await server.GetAsync("/expenses", ("Remote-User", "ana"))).MustBeProblem(403, "forbidden");
        (await server.GetAsync("/expenses", ("Remote-User", "ana"), ("X-Forwarded-For", "10.0.0.1"))).MustBeProblem(403, "forbidden");
        (await server.GetAsync("/expenses", ("Remote-User", "ana"), ("X-API-Key", await server.MakeKeyAsync("ana")))).MustBeProblem(403, "forbidden");

        Assert.Equal("Remote-User is believed only from the addresses in TRUSTED_PROXIES", refused.Detail);
        Assert.Equal(0, await server.Database.ScalarAsync<long>("select count(*) from expenses"));
    }

    [Theory, EachEngine]
    public async Task Behind_a_proxy_nobody_is_anonymous_and_a_name_administers_nothing(Engine engine)
    {
        await using var server = await TestServer.StartAsync(engine, s_trusted);

        (await server.GetAsync("/expenses")).MustBeProblem(401, "unauthenticated");
        (await server.GetAsync("/expenses", ("Remote-User", ""))).MustBeProblem(400, "invalid-input");
        (await server.GetAsync("/expenses", ("Remote-User", "*"))).MustBeProblem(400, "invalid-input");
        (await server.GetAsync("/expenses", ("Remote-User", new string('a', 65)))).MustBeProblem(400, "invalid-input");
        (await server.GetAsync("/admin/api-keys", ("Remote-User", "ana"))).MustBeProblem(403, "forbidden");
        var key = await server.MakeKeyAsync("ben");
        (await server.GetAsync("/expenses", ("Remote-User", "ana"), ("X-API-Key", key))).MustBeProblem(401, "unauthenticated");
        (await server.GetAsync("/expenses", ("X-API-Key", key))).MustBe(200);
    }

    [Fact]
    public async Task Without_AUTH_HEADER_no_header_names_anybody()
    {
        await using var server = await TestServer.StartAsync(Engine.Sqlite, ("TRUSTED_PROXIES", "127.0.0.1"));

        (await server.GetAsync("/expenses", ("Remote-User", "ana"))).MustBeProblem(401, "unauthenticated");
    }

    [Theory]
    [InlineData("127.0.0.1", "203.0.113.7", "https")]
    [InlineData("127.0.0.0/8,203.0.113.0/24", "198.51.100.9", "https")]
    [InlineData("10.0.0.0/8", "127.0.0.1", "http")]
    public async Task Where_a_request_comes_from_is_believed_only_of_trusted_proxies(string trusted, string address, string scheme)
    {
        var source = new SettingsSource(name => name == "TRUSTED_PROXIES" ? trusted : null);
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore();
        await using var app = builder.Build();
        app.Urls.Add("http://127.0.0.1:0");
        app.UseTrustedProxies(Settings.From(source));
        app.Run(context => context.Response.WriteAsync($"{context.Connection.RemoteIpAddress} {context.Request.Scheme}"));
        await app.StartAsync(Test.Token);
        using var client = new HttpClient { BaseAddress = new Uri(app.Urls.First()) };
        client.DefaultRequestHeaders.Add("X-Forwarded-For", "198.51.100.9, 203.0.113.7");
        client.DefaultRequestHeaders.Add("X-Forwarded-Proto", "https, https");

        Assert.Equal($"{address} {scheme}", await client.GetStringAsync(new Uri("/", UriKind.Relative), Test.Token));
        await app.StopAsync(Test.Token);
    }

    [Theory]
    [InlineData("TRUSTED_PROXIES has '10.0.0.0/33'", "TRUSTED_PROXIES", "10.0.0.0/33")]
    [InlineData("TRUSTED_PROXIES has 'proxy.example'", "TRUSTED_PROXIES", "127.0.0.1,proxy.example")]
    [InlineData("AUTH_HEADER is set without TRUSTED_PROXIES", "AUTH_HEADER", "Remote-User")]
    [InlineData("AUTH_HEADER is 'a b'", "AUTH_HEADER", "a b")]
    [InlineData("AUTH_HEADER is 'x-api-key'", "AUTH_HEADER", "x-api-key")]
    [InlineData("AUTH_HEADER is 'Forwarded'", "AUTH_HEADER", "Forwarded")]
    [InlineData("AUTH_HEADER is 'X-Forwarded-For'", "AUTH_HEADER", "X-Forwarded-For")]
    [InlineData("AUTH_HEADER is 'if-match'", "AUTH_HEADER", "if-match")]
    [InlineData("ALLOWED_HOSTS has 'http://outlay.example'", "ALLOWED_HOSTS", "localhost,http://outlay.example")]
    [InlineData("ADMIN_SECRET is shorter than 16 characters", "ADMIN_SECRET", "fifteen letters")]
    public void A_setting_that_would_let_in_the_wrong_one_is_named(string fault, string name, string value)
    {
        var source = new SettingsSource(asked => asked == name ? value : null);

        Settings.From(source);

        Assert.Contains(source.Faults, text => text.StartsWith(fault, StringComparison.Ordinal));
        Assert.DoesNotContain(source.Faults, text => text.Contains("fifteen", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("0.0.0.0/0", true)]
    [InlineData("127.0.0.1,::/0", true)]
    [InlineData("10.0.0.0/8", false)]
    public void A_header_that_every_address_would_be_believed_is_a_fault(string proxies, bool isFault)
    {
        var source = new SettingsSource(asked => asked switch { "TRUSTED_PROXIES" => proxies, "AUTH_HEADER" => "X-Forwarded-User", _ => null });

        Settings.From(source);

        Assert.Equal(isFault, source.Faults.Any(text => text.StartsWith("AUTH_HEADER is believed from every address", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task White_space_around_a_name_does_not_lead_into_the_book_of_another()
    {
        await using var server = await TestServer.StartAsync(Engine.Sqlite, s_trusted);
        (await server.SendAsync("POST", "/expenses", Coffee, ("Remote-User", "ana"))).MustBe(201);

        foreach (var name in new[] { "\u00A0ana", "ana\u2003" })
        {
            var bytes = System.Text.Encoding.UTF8.GetBytes($"GET /expenses HTTP/1.1\r\nHost: localhost\r\nRemote-User: {name}\r\n\r\n");
            using var connection = await RawConnection.OpenAsync(server.Address, Test.Token);
            var exchange = await connection.AskAsync(bytes, Ending.Read, toHead: false, wellFramed: true, Test.Token);
            Assert.Equal(400, exchange.Answers[0].Status);
        }
    }
}
