using System.Net;
using System.Net.Sockets;
using Outlay.Tests.Harness;

namespace Outlay.Tests.Http;

/// <summary>Where the server listens, and under which names it answers.</summary>
public sealed class HostTests
{
    [Theory, EachEngine]
    public async Task On_the_loopback_the_host_of_a_stranger_is_refused(Engine engine)
    {
        await using var server = await TestServer.StartAsync(engine);

        foreach (var host in new[] { "evil.example", "127.0.0.1.evil.example", "localhost.evil.example:8000", "192.168.0.1" })
        {
            (await server.GetAsync("/expenses", ("Host", host))).MustBeProblem(400, "invalid-input");
            (await server.GetAsync("/", ("Host", host))).MustBeProblem(400, "invalid-input");
        }

        foreach (var host in new[] { "localhost", "LOCALHOST:8000", "127.0.0.1", "[::1]:80" })
            (await server.GetAsync("/expenses", ("Host", host))).MustBe(200);
    }

    [Theory]
    [InlineData("ALLOW_ANONYMOUS", "true")]
    [InlineData("ALLOW_ANONYMOUS", "false")]
    public async Task On_the_loopback_a_name_that_is_allowed_is_answered_and_no_other(string name, string value)
    {
        await using var server = await TestServer.StartAsync(Engine.Sqlite, (name, value), ("ALLOWED_HOSTS", "outlay.test, Other.example"));

        foreach (var host in new[] { "outlay.test", "other.example:8000", "localhost" })
            (await server.GetAsync("/expenses", ("Host", host))).MustBe(200);
        foreach (var host in new[] { "evil.example", "outlay.test.evil.example", "192.168.0.1", "printer", "printer.local" })
            (await server.GetAsync("/expenses", ("Host", host))).MustBeProblem(400, "invalid-input");
    }

    [Theory]
    [InlineData("LISTEN", "http://0.0.0.0:0")]
    [InlineData("TRUSTED_PROXIES", "127.0.0.1")]
    public async Task Whoever_lets_everybody_in_answers_only_to_names_that_no_stranger_can_have(string name, string value)
    {
        await using var server = await TestServer.StartAsync(Engine.Sqlite, ("ALLOW_ANONYMOUS", "true"), ("ALLOWED_HOSTS", "outlay.example"), (name, value));
        using var client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{server.Address.Port}") };

        foreach (var host in new[] { "outlay.example", "192.168.0.7:8000", "[fd00::7]", "printer", "printer.local", "localhost" })
            Assert.Equal((host, HttpStatusCode.OK), (host, await StatusAsync(host)));
        foreach (var host in new[] { "evil.example", "192.168.0.7.evil.example", "local.evil.example", "localhost." })
            Assert.Equal((host, HttpStatusCode.BadRequest), (host, await StatusAsync(host)));

        async Task<HttpStatusCode> StatusAsync(string host)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/expenses");
            request.Headers.Host = host;
            using var answer = await client.SendAsync(request, Test.Token);
            return answer.StatusCode;
        }
    }

    [Fact]
    public async Task Where_a_key_is_asked_for_every_name_is_answered()
    {
        await using var server = await TestServer.StartAsync(Engine.Sqlite, ("TRUSTED_PROXIES", "127.0.0.1"));
        var key = await server.MakeKeyAsync("ana");

        (await server.GetAsync("/expenses", ("Host", "any.example"), ("X-API-Key", key))).MustBe(200);
        (await server.GetAsync("/expenses", ("Host", "any.example"))).MustBe(401);
    }

    [Fact]
    public async Task The_page_at_the_address_names_the_program_as_the_user_runs_it()
    {
        await using var server = await TestServer.StartAsync(Engine.Sqlite, ("OUTLAY_COMMAND", "./run"));

        var page = (await server.GetAsync("/", ("Accept", "text/html"))).MustBe(200).Body;

        Assert.Contains("<code>./run add 3.50 Coffee</code>", page, StringComparison.Ordinal);
    }

    [Theory, EachEngine]
    public async Task A_page_of_another_site_changes_nothing(Engine engine)
    {
        await using var server = await TestServer.StartAsync(engine);
        var own = server.Address.GetLeftPart(UriPartial.Authority);

        foreach (var (name, value) in new[] { ("Sec-Fetch-Site", "cross-site"), ("Origin", "http://evil.example"), ("Origin", "null") })
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/expenses/1/restore");
            request.Headers.Add(name, value);
            using var answer = await server.Client.SendAsync(request, Test.Token);
            Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
        }

        using var ownRequest = new HttpRequestMessage(HttpMethod.Post, "/expenses/1/restore");
        ownRequest.Headers.Add("Origin", own);
        using var ownAnswer = await server.Client.SendAsync(ownRequest, Test.Token);
        Assert.Equal(HttpStatusCode.NotFound, ownAnswer.StatusCode);
    }

    [Fact]
    public async Task A_browser_that_says_the_page_is_the_services_own_is_believed_under_whatever_name_a_proxy_gives_it()
    {
        await using var server = await TestServer.StartAsync(Engine.Sqlite);

        foreach (var (site, status) in new[] { ("same-origin", 404), ("none", 404), ("same-site", 403), ("cross-site", 403), ("other", 403) })
        {
            var answer = await server.SendAsync("POST", "/expenses/1/restore", null, ("Sec-Fetch-Site", site), ("Origin", "https://outlay.example"));
            Assert.Equal((site, status), (site, answer.Status));
        }

        var own = server.Address.GetLeftPart(UriPartial.Authority);
        (await server.SendAsync("POST", "/expenses/1/restore", null, ("Sec-Fetch-Site", "cross-site"), ("Origin", own))).MustBeProblem(403, "forbidden");
    }

    [Fact]
    public async Task No_answer_can_be_framed_by_a_page_of_another_site_or_taken_for_another_type()
    {
        await using var server = await TestServer.StartAsync(Engine.Sqlite);

        foreach (var path in new[] { "/", "/docs/index.html", "/docs/swagger-ui.css", "/expenses", "/nothing" })
        {
            var answer = await server.GetAsync(path, ("Accept", "text/html, */*"));
            var policy = answer["Content-Security-Policy"]!.Split("; ");
            foreach (var rule in new[] { "default-src 'none'", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'" })
                Assert.Contains(rule, policy);
            Assert.DoesNotContain(policy, rule => rule.StartsWith("script-src", StringComparison.Ordinal) && rule != "script-src 'self'");
            Assert.Equal("no-referrer", answer["Referrer-Policy"]);
            Assert.Equal("same-origin", answer["Cross-Origin-Resource-Policy"]);
            Assert.Null(answer["Server"]);
            Assert.Equal("DENY", answer["X-Frame-Options"]);
            Assert.Equal("nosniff", answer["X-Content-Type-Options"]);
        }
    }

    [Fact]
    public async Task A_port_that_is_taken_is_named_with_the_cure()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var address = $"http://{taken.LocalEndpoint}";

        var result = await OutlayProcess.RunAsync(["serve"], new Dictionary<string, string> { ["LISTEN"] = address });

        Assert.Equal(78, result.ExitCode);
        Assert.StartsWith($"Cannot listen on {address}/: another program listens there. Set LISTEN", result.Error, StringComparison.Ordinal);
        Assert.Contains("Set LISTEN to an address of this machine", result.Error, StringComparison.Ordinal);
    }
}
