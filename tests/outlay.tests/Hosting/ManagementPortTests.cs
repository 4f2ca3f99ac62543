using System.Net;
using System.Net.Sockets;
using Outlay.Tests.Harness;

namespace Outlay.Tests.Hosting;

/// <summary>What is for whoever runs the service can have an address of its own.</summary>
public sealed class ManagementPortTests
{
    private static readonly string[] s_management = ["/metrics", "/livez", "/readyz", "/startupz", "/admin/api-keys", "/METRICS", "/readyz/"];

    private static readonly string[] s_public = ["/", "/docs/index.html", "/openapi.json", "/expenses", "/expenses/summary", "/changes", "/trash"];

    [Theory, EachEngine]
    public async Task Each_side_answers_what_is_its_own_and_nothing_else(Engine engine)
    {
        await using var server = await TestServer.StartAsync(engine, ("MANAGEMENT_LISTEN", "http://127.0.0.1:0"));
        await server.FirstBackup;
        using var management = new HttpClient { BaseAddress = server.ManagementAddress };

        foreach (var path in s_management)
        {
            Assert.Equal((path, HttpStatusCode.OK), (path, await StatusAsync(management, path)));
            Assert.Equal((path, HttpStatusCode.NotFound), (path, await StatusAsync(server.Client, path)));
        }

        // What the errors of both lead to.
        Assert.All(await Task.WhenAll(StatusAsync(management, "/problems/not-found"), StatusAsync(server.Client, "/problems/not-found")), status => Assert.Equal(HttpStatusCode.OK, status));
        foreach (var path in s_public)
        {
            Assert.Equal((path, HttpStatusCode.OK), (path, await StatusAsync(server.Client, path)));
            Assert.Equal((path, HttpStatusCode.NotFound), (path, await StatusAsync(management, path)));
        }
    }

    [Fact]
    public async Task What_is_not_there_is_told_by_what_is()
    {
        await using var server = await TestServer.StartAsync(Engine.Sqlite, ("MANAGEMENT_LISTEN", "http://127.0.0.1:0"));
        using var management = new HttpClient { BaseAddress = server.ManagementAddress };

        using var answer = await management.GetAsync(new Uri("/docs", UriKind.Relative), Test.Token);

        Assert.Contains("\"detail\":\"There is nothing at this address; what there is: /metrics, /livez, /readyz, /startupz, /admin\"", await answer.Content.ReadAsStringAsync(Test.Token), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_asks_the_other_side_how_the_server_is_learns_where_to_ask()
    {
        await using var server = await TestServer.StartAsync(Engine.Sqlite, ("MANAGEMENT_LISTEN", "http://127.0.0.1:0"));
        var told = $"{server.Address.GetLeftPart(UriPartial.Authority)} is a server of Outlay whose checks are elsewhere: name the address of its MANAGEMENT_LISTEN with --url.";

        var check = await OutlayProcess.RunAsync(["healthcheck", "--url", server.Address.ToString()]);
        var status = await OutlayProcess.RunAsync(["status", "--url", server.Address.ToString()], server.Database.Environment);

        Assert.Equal((69, $"{told}\n"), (check.ExitCode, check.Error));
        Assert.Equal(69, status.ExitCode);
        Assert.Contains(told, status.Output, StringComparison.Ordinal);
        Assert.Contains(told.TrimEnd('.'), status.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(".;", status.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("Start the server", status.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_is_ready_says_where_it_is()
    {
        await using var database = await TestDatabase.CreateAsync(Engine.Sqlite);
        await using var server = OutlayProcess.StartServer(new Dictionary<string, string>(database.Environment) { ["MANAGEMENT_LISTEN"] = "http://127.0.0.1:0" });
        var address = await server.WaitForAddressAsync();

        await server.SignalAsync("TERM");
        var told = (await server.WaitForExitAsync()).Error;

        var management = System.Text.RegularExpressions.Regex.Match(told, "Metrics, health and administration are at (http://127.0.0.1:[0-9]+)/.\n").Groups[1].Value;
        Assert.NotEmpty(management);
        Assert.NotEqual(address.GetLeftPart(UriPartial.Authority), management);
    }

    [Fact]
    public async Task No_header_and_no_method_leads_to_the_other_side()
    {
        await using var server = await TestServer.StartAsync(Engine.Sqlite, ("MANAGEMENT_LISTEN", "http://127.0.0.1:0"), ("TRUSTED_PROXIES", "127.0.0.1"));

        foreach (var method in new[] { "GET", "HEAD", "POST", "DELETE", "OPTIONS", "TRACE" })
        {
            var answer = await server.SendAsync(method, "/metrics", null, ("Host", server.ManagementAddress.Authority),
                ("X-Forwarded-Host", server.ManagementAddress.Authority), ("X-Forwarded-For", "127.0.0.1"), ("X-Original-URL", "/metrics"));
            Assert.Equal((method, 404), (method, answer.Status));
            Assert.Null(answer["Allow"]);
        }
    }

    [Theory]
    [InlineData("http://127.0.0.1:0", HttpStatusCode.BadRequest)]
    [InlineData("http://0.0.0.0:0", HttpStatusCode.OK)]
    public async Task Only_one_that_others_reach_answers_to_any_name_and_the_book_stays_with_this_machine(string listen, HttpStatusCode expected)
    {
        await using var server = await TestServer.StartAsync(Engine.Sqlite, ("MANAGEMENT_LISTEN", listen));
        using var management = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{server.ManagementAddress.Port}") };
        using var request = new HttpRequestMessage(HttpMethod.Get, "/livez");
        request.Headers.Host = "outlay.example";

        using var answer = await management.SendAsync(request, Test.Token);

        Assert.Equal(expected, answer.StatusCode);
        (await server.GetAsync("/expenses", ("Host", "outlay.example"))).MustBeProblem(400, "invalid-input");
        (await server.GetAsync("/expenses")).MustBe(200);
    }

    [Fact]
    public async Task Clients_that_use_up_all_connections_leave_it_its_own()
    {
        await using var server = await TestServer.StartAsync(Engine.Sqlite, ("MAX_CONNECTIONS", "10"), ("MANAGEMENT_LISTEN", "http://127.0.0.1:0"));
        var idle = Enumerable.Range(0, 20).Select(_ => new TcpClient(server.Address.Host, server.Address.Port)).ToList();
        using var management = new HttpClient { BaseAddress = server.ManagementAddress };

        Assert.Equal(HttpStatusCode.OK, await StatusAsync(management, "/livez"));
        idle.ForEach(client => client.Dispose());
    }

    [Fact]
    public async Task The_verbs_that_ask_how_the_server_is_ask_there()
    {
        await using var server = await TestServer.StartAsync(Engine.Sqlite, ("MANAGEMENT_LISTEN", "http://127.0.0.1:0"), ("DATA_MIN_FREE", "0KiB"), ("BACKUPS_MIN_FREE", "0KiB"));
        await server.FirstBackup;
        var environment = new Dictionary<string, string>(server.Database.Environment)
        {
            ["LISTEN"] = server.Address.ToString(),
            ["MANAGEMENT_LISTEN"] = $"http://0.0.0.0:{server.ManagementAddress.Port}",
        };

        var check = await OutlayProcess.RunAsync(["healthcheck"], environment);
        var status = await OutlayProcess.RunAsync(["status"], environment);
        var probe = await OutlayProcess.RunAsync(["probe", "--once", "--timeout", "1m"], environment);

        Assert.Equal((0, "ok\n"), (check.ExitCode, check.Output));
        Assert.Matches($"\nservice +http://127.0.0.1:{server.ManagementAddress.Port} +ok\n", status.Output);
        Assert.Equal((0, ""), (probe.ExitCode, probe.Error));
    }

    [Fact]
    public async Task A_port_that_is_taken_is_named_with_the_cure()
    {
        using var folder = new TestFolder();
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();

        var result = await OutlayProcess.RunAsync(["serve"], new Dictionary<string, string>
        {
            ["DATA_DIR"] = folder.Path,
            ["LISTEN"] = "http://127.0.0.1:0",
            ["MANAGEMENT_LISTEN"] = $"http://{taken.LocalEndpoint}",
        });

        Assert.Equal(78, result.ExitCode);
        Assert.StartsWith($"Cannot listen on http://{taken.LocalEndpoint}/: another program listens there. Set MANAGEMENT_LISTEN", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("8001", "MANAGEMENT_LISTEN is '8001': use an address like http://127.0.0.1:8001.")]
    [InlineData("http://0.0.0.0:8000", "MANAGEMENT_LISTEN has the port of LISTEN, 8000: use another one: a port is either for everybody or for whoever runs the service.")]
    public void An_address_that_cannot_be_is_told(string value, string fault)
    {
        var source = new SettingsSource(name => name == "MANAGEMENT_LISTEN" ? value : null);

        Settings.From(source);

        Assert.Equal([fault], source.Faults);
    }

    private static async Task<HttpStatusCode> StatusAsync(HttpClient client, string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Add(TestServer.SecretHeader, TestServer.Secret);
        using var answer = await client.SendAsync(request, Test.Token);
        return answer.StatusCode;
    }
}
