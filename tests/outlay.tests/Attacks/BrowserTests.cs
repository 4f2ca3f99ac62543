using Outlay.Tests.Contract;
using Outlay.Tests.Harness;

namespace Outlay.Tests.Attacks;

/// <summary>What a browser could be made to do with the answers of the service.</summary>
public sealed class BrowserTests
{
    [Theory, EachEngine]
    public async Task No_page_of_another_site_may_read_an_answer_and_nothing_is_kept_in_a_cookie(Engine engine)
    {
        await using var server = await TestServer.StartAsync(engine);
        await server.AddAsync("""{"date":"2026-02-19","description":"Coffee","amount":3.50}""");
        var operations = new OpenApiDocument().Operations;

        foreach (var operation in operations)
        {
            var path = operation.Path.Replace("{id}", "1", StringComparison.Ordinal).Replace("{seq}", "1", StringComparison.Ordinal).Replace("{slug}", "not-found", StringComparison.Ordinal);
            foreach (var method in new[] { operation.Method, "OPTIONS" })
            {
                var answer = await server.SendAsync(method, path, null, ("Origin", "http://evil.example"), ("Access-Control-Request-Method", operation.Method),
                    ("Access-Control-Request-Headers", "X-API-Key"), (TestServer.SecretHeader, TestServer.Secret));
                Assert.DoesNotContain(answer.Headers, header => header.Key.StartsWith("Access-Control-", StringComparison.OrdinalIgnoreCase) || header.Key == "Set-Cookie");
                if (method is not "GET")
                    Assert.True(answer.Status is 403, $"{method} {path}: {answer.Status}");
            }
        }

        Assert.Equal(1, (await server.GetAsync("/changes")).Json.GetArrayLength());
    }

    [Theory, EachEngine]
    public async Task A_line_break_in_what_is_echoed_makes_no_header(Engine engine)
    {
        await using var server = await TestServer.StartAsync(engine);
        for (var number = 0; number < 3; number++)
            await server.AddAsync("""{"date":"2026-02-19","description":"Coffee","amount":3.50,"notes":"a\r\nX-Injected: 1"}""");

        var page = (await server.GetAsync("/expenses?limit=1&q=a%0D%0AX-Injected%3A%201")).MustBe(200);

        Assert.Equal(1, page.Json.GetArrayLength());
        Assert.Null(page["X-Injected"]);
        Assert.Contains("q=a%0D%0AX-Injected%3A%201", page["Link"], StringComparison.Ordinal);
        foreach (var path in new[] { "/expenses%0D%0AX-Injected:%201", "/expenses?a%0D%0AX-Injected:%201=1", "/problems/a%0D%0AX-Injected:%201", "/docs%0D%0AX-Injected:%201", "/admin/api-keys?owner=a%0D%0AX-Injected:%201" })
        {
            var answer = await server.GetAsync(path, (TestServer.SecretHeader, TestServer.Secret));
            Assert.InRange(answer.Status, 400, 499);
            Assert.Null(answer["X-Injected"]);
        }
    }
}
