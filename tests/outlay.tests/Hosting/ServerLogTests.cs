using System.IO.Compression;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Outlay.Tests.Harness;
using Outlay.Tests.Telemetry;

namespace Outlay.Tests.Hosting;

/// <summary>What the whole server writes to its log.</summary>
public sealed partial class ServerLogTests
{
    private const string Secret = "quokka";
    private const string SecretAmount = "7654321.98";

    /// <summary>What no answer and no backup may hold either: it is in headers and in the environment.</summary>
    private const string Credential = "wombat";

    [Fact]
    public async Task A_request_is_one_line_in_the_trace_of_its_traceparent()
    {
        await using var database = await TestDatabase.CreateAsync(Engine.Sqlite);
        var lines = await LogOfAsync(database, "info", async server =>
        {
            await server.GetAsync("/expenses/7", ("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"));
            await server.GetAsync("/expenses");
            await server.GetAsync("/nowhere", ("traceparent", Secret));
            await server.GetAsync("/livez");
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
    public async Task No_endpoint_writes_what_a_person_typed_or_a_secret_into_any_sink(Engine engine)
    {
        await using var database = await TestDatabase.CreateAsync(engine);
        await using var receiver = await OtlpReceiver.StartAsync();
        var answers = new List<string>();
        var (metrics, key) = ("", "");
        var lines = await LogOfAsync(database, "debug", async server =>
        {
            // The first is there to be revoked.
            await server.MakeKeyAsync(Secret);
            key = await server.MakeKeyAsync(Secret, "read,write,admin");
            await server.FirstBackup;
            answers.AddRange(await DriveAsync(server, key));
            // Failures of the database itself go into the log with all that may be told about them.
            await database.ExecuteAsync("alter table expenses rename column description to description_lost");
            answers.AddRange(await DriveAsync(server, key));
            metrics = (await server.GetAsync("/metrics")).MustBe(200).Body;
        }, ("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.Http), ("OTEL_EXPORTER_OTLP_HEADERS", $"authorization={Credential}"));
        var sent = answers.Count + 1;

        var text = string.Join('\n', lines.Select(line => line.GetRawText()));
        Assert.Equal(sent, lines.Count(IsRequest));
        Assert.Contains(lines, line => line.TryGetProperty("exception.stack", out _));
        Assert.Contains(lines, line => IsRequest(line) && line.GetProperty("status").GetInt32() == 201);
        Assert.DoesNotContain(Secret, text, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("7654321", text, StringComparison.Ordinal);
        var told = receiver.Raw;
        Assert.Contains("db.query.text", told, StringComparison.Ordinal);
        Assert.Contains("http_request", told, StringComparison.Ordinal);
        Assert.Contains("http.server.request.duration", told, StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, told + metrics, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("7654321", told + metrics, StringComparison.Ordinal);
        var kept = string.Join('\n', [text, told, metrics, .. Directory.GetFiles(database.Settings.BackupsDir).Select(TextOf)]);
        string[] keys = [key, .. answers.SelectMany(answer => Key().Matches(answer)).Select(match => match.Value)];
        Assert.True(keys.Length > 3, "No key was made over HTTP.");
        Assert.All(keys, made => Assert.DoesNotContain(made[15..], kept, StringComparison.Ordinal));
        Assert.DoesNotContain(TestServer.Secret, kept, StringComparison.OrdinalIgnoreCase);
        var everywhere = string.Join('\n', [kept, .. answers]);
        Assert.Contains("OTEL_EXPORTER_OTLP_HEADERS", everywhere, StringComparison.Ordinal);
        Assert.DoesNotContain(Credential, everywhere, StringComparison.OrdinalIgnoreCase);
        if (database.Environment.TryGetValue("DB_PASSWORD", out var password))
            Assert.DoesNotContain(password, everywhere, StringComparison.Ordinal);
    }

    private static string TextOf(string file)
    {
        using var stream = File.OpenRead(file);
        using var reader = new StreamReader(file.EndsWith(".gz", StringComparison.Ordinal) ? new GZipStream(stream, CompressionMode.Decompress) : stream);
        return reader.ReadToEnd();
    }

    /// <summary>Sends good and bad requests, full of secrets, to every endpoint there is, as somebody who may and as somebody who may not.</summary>
    /// <returns>What they were answered.</returns>
    private static async Task<List<string>> DriveAsync(TestServer server, string key)
    {
        const string Good = $$"""{"date":"2026-02-19","description":"{{Secret}}","amount":{{SecretAmount}},"category":"{{Secret}}","tags":["{{Secret}}"],"notes":"{{Secret}}"}""";
        string[] bodies =
        [
            Good,
            $$"""{"date":"{{Secret}}","description":"","amount":"{{SecretAmount}}x","currency":"{{Secret}}"}""",
            $$"""{"{{Secret}}": {{Secret}}""",
        ];
        (string, string)[] headers = [("Cookie", $"session={Credential}"), ("User-Agent", Secret), ("If-Match", "*"), ("tracestate", $"outlay={Secret}")];
        (string, string)[][] callers =
        [
            [("Authorization", $"Bearer {Credential}"), ("X-API-Key", Credential), ("X-Admin-Secret", Credential), .. headers],
            [("Authorization", $"Bearer {key}"), ("X-API-Key", key), ("X-Admin-Secret", TestServer.Secret), .. headers],
        ];
        var requests =
            from endpoint in server.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            from method in endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? ["GET"]
            from id in new[] { "1", Secret }
            from query in new[] { "", $"?q={Secret}&{Secret}=1", $"?owner={Secret}" }
            from body in bodies
            from caller in callers
            select (Caller: caller, Method: method, Path: Parameter().Replace(endpoint.RoutePattern.RawText!, id) + query, Body: body);
        var all = requests.Append((Caller: headers, Method: Secret, Path: $"/{Secret}", Body: Good)).ToArray();
        var answers = new List<string>();
        foreach (var (caller, method, path, body) in all)
            answers.Add((await server.SendAsync(method, path, method is "GET" or "HEAD" ? null : body, caller)).Body);
        return answers;
    }

    /// <summary>Runs a server and gives back its log, which is complete once the server has stopped.</summary>
    private static async Task<IReadOnlyList<JsonElement>> LogOfAsync(TestDatabase database, string level, Func<TestServer, Task> work, params (string, string)[] settings)
    {
        using var folder = new TestFolder();
        await using (var server = await TestServer.StartAsync(database, [("LOG_FILE", folder.File("outlay.log")), ("LOG_LEVEL", level), .. settings]))
        {
            await work(server);
            await server.Services.GetRequiredService<IHost>().StopAsync(Test.Token);
        }

        return LogCapture.Parse(await File.ReadAllTextAsync(Assert.Single(Directory.GetFiles(folder.Path))));
    }

    private static bool IsRequest(JsonElement line) => line.TryGetProperty("event", out var name) && name.GetString() == "http_request";

    [GeneratedRegex(@"\{[^}]*\}")]
    private static partial Regex Parameter();

    [GeneratedRegex("outlay_[A-Za-z0-9_-]{43}")]
    private static partial Regex Key();
}
