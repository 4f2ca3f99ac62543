using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Outlay.Hosting;
using Outlay.Tests.Harness;

namespace Outlay.Tests.Hosting;

/// <summary>What the whole server writes to its log.</summary>
public sealed partial class ServerLogTests
{
    private const string Secret = "quokka";
    private const string SecretAmount = "7654321.98";

    [Fact]
    public async Task A_request_is_one_line_in_the_trace_of_its_traceparent()
    {
        await using var database = await TestDatabase.CreateAsync(Engine.Sqlite);
        var lines = await LogOfAsync(database, LogLevel.Information, async (_, client) =>
        {
            await SendAsync(client, HttpMethod.Get, "/expenses/7", request => request.Headers.Add("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"));
            await SendAsync(client, HttpMethod.Get, "/expenses", _ => { });
            await SendAsync(client, HttpMethod.Get, "/nowhere", request => request.Headers.Add("traceparent", Secret));
            await SendAsync(client, HttpMethod.Get, "/livez", _ => { });
        });

        var requests = lines.Where(IsRequest).ToArray();
        Assert.Equal(["/expenses/{id:long}", "/expenses", "unmatched"], requests.Select(line => line.GetProperty("route").GetString()));
        Assert.Equal([404, 200, 404], requests.Select(line => line.GetProperty("status").GetInt32()));
        Assert.Equal("0af7651916cd43dd8448eb211c80319c", requests[0].GetProperty("trace_id").GetString());
        Assert.NotEqual("b7ad6b7169203331", requests[0].GetProperty("span_id").GetString());
        Assert.All(requests, line => Assert.Matches("^[0-9a-f]{32}$", line.GetProperty("trace_id").GetString()));
        Assert.All(requests, line => Assert.Matches("^[0-9a-f]{16}$", line.GetProperty("span_id").GetString()));
        Assert.Equal(3, requests.Select(line => line.GetProperty("trace_id").GetString()).Distinct().Count());
        Assert.Single(lines.Select(line => line.GetProperty("run_id").GetString()).Distinct());
    }

    [Theory, EachEngine]
    public async Task No_endpoint_writes_what_a_person_typed_or_a_secret_into_the_log(Engine engine)
    {
        await using var database = await TestDatabase.CreateAsync(engine);
        var sent = 0;
        var lines = await LogOfAsync(database, LogLevel.Debug, async (app, client) =>
        {
            sent += await DriveAsync(app, client);
            // Failures of the database itself go into the log with all that may be told about them.
            await database.ExecuteAsync("alter table expenses rename column description to description_lost");
            sent += await DriveAsync(app, client);
        });

        var text = string.Join('\n', lines.Select(line => line.GetRawText()));
        Assert.Equal(sent, lines.Count(IsRequest));
        Assert.Contains(lines, line => line.TryGetProperty("exception.stack", out _));
        Assert.Contains(lines, line => IsRequest(line) && line.GetProperty("status").GetInt32() == 201);
        Assert.DoesNotContain(Secret, text, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("7654321", text, StringComparison.Ordinal);
        if (database.Environment.TryGetValue("DB_PASSWORD", out var password))
            Assert.DoesNotContain(password, text, StringComparison.Ordinal);
    }

    /// <summary>Sends good and bad requests, full of secrets, to every endpoint there is.</summary>
    /// <returns>How many.</returns>
    private static async Task<int> DriveAsync(WebApplication app, HttpClient client)
    {
        const string Good = $$"""{"date":"2026-02-19","description":"{{Secret}}","amount":{{SecretAmount}},"category":"{{Secret}}","tags":["{{Secret}}"],"notes":"{{Secret}}"}""";
        string[] bodies =
        [
            Good,
            $$"""{"date":"{{Secret}}","description":"","amount":"{{SecretAmount}}x","currency":"{{Secret}}"}""",
            $$"""{"{{Secret}}": {{Secret}}""",
        ];
        var requests =
            from endpoint in ((IEndpointRouteBuilder)app).DataSources.SelectMany(source => source.Endpoints).OfType<RouteEndpoint>()
            from method in endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? ["GET"]
            from id in new[] { "1", Secret }
            from query in new[] { "", $"?q={Secret}&{Secret}=1" }
            from body in bodies
            select (Method: method, Path: Parameter().Replace(endpoint.RoutePattern.RawText!, id) + query, Body: body);
        var all = requests.Append((Method: Secret, Path: $"/{Secret}", Body: Good)).ToArray();
        foreach (var (method, path, body) in all)
            await SendAsync(client, new HttpMethod(method), path, request => Fill(request, body));
        return all.Length;
    }

    private static void Fill(HttpRequestMessage request, string body)
    {
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", Secret);
        request.Headers.Add("X-API-Key", Secret);
        request.Headers.Add("Cookie", $"session={Secret}");
        request.Headers.Add("User-Agent", Secret);
        request.Headers.TryAddWithoutValidation("If-Match", body.Contains("\"\"", StringComparison.Ordinal) ? $"\"{Secret}\"" : "*");
        request.Headers.TryAddWithoutValidation("tracestate", $"outlay={Secret}");
        if (request.Method != HttpMethod.Get && request.Method != HttpMethod.Head)
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
    }

    /// <summary>Runs a server and gives back its log, which is complete once the server has stopped.</summary>
    private static async Task<IReadOnlyList<JsonElement>> LogOfAsync(TestDatabase database, LogLevel level, Func<WebApplication, HttpClient, Task> work)
    {
        using var folder = new TestFolder();
        var settings = database.Settings with
        {
            Listen = new Uri("http://127.0.0.1:0"),
            Log = new LogSettings(level, LogFormat.Json, folder.File("outlay.log"), RetentionDays: 7),
        };
        await using (var app = App.Build(settings, TimeProvider.System))
        {
            await app.StartAsync(Test.Token);
            await app.Services.GetRequiredService<Startup>().Ready.WaitAsync(Test.Token);
            using var client = new HttpClient { BaseAddress = new Uri(app.Urls.First()) };
            await work(app, client);
            await app.StopAsync(Test.Token);
        }

        return LogCapture.Parse(await File.ReadAllTextAsync(Assert.Single(Directory.GetFiles(folder.Path))));
    }

    private static async Task SendAsync(HttpClient client, HttpMethod method, string path, Action<HttpRequestMessage> fill)
    {
        using var request = new HttpRequestMessage(method, path);
        fill(request);
        using var response = await client.SendAsync(request, Test.Token);
        await response.Content.ReadAsByteArrayAsync(Test.Token);
    }

    private static bool IsRequest(JsonElement line) => line.TryGetProperty("event", out var name) && name.GetString() == "http_request";

    [GeneratedRegex(@"\{[^}]*\}")]
    private static partial Regex Parameter();
}
