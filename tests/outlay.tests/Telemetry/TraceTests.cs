using System.Text.Json;
using Outlay.Tests.Harness;
using Outlay.Tests.Hosting;

namespace Outlay.Tests.Telemetry;

/// <summary>What the receiver of OTLP gets.</summary>
public sealed class TraceTests
{
    private const string TraceId = "0af7651916cd43dd8448eb211c80319c";
    private const string Coffee = """{"date":"2026-02-19","description":"Coffee","amount":3.50}""";

    private static readonly (string, string) s_parent = ("traceparent", $"00-{TraceId}-b7ad6b7169203331-01");

    [Theory, EachEngine]
    public async Task One_trace_id_leads_from_the_log_to_the_span_the_problem_the_exemplar_and_the_history(Engine engine)
    {
        await using var receiver = await OtlpReceiver.StartAsync();
        await using var server = await RunningServer.StartAsync(engine, Endpoint(receiver));

        (await server.SendAsync("POST", "/expenses", Coffee, s_parent)).MustBe(201);
        var problem = (await server.SendAsync("POST", "/expenses", """{"amount":0}""", s_parent)).MustBeProblem(400, "invalid-input");
        var openMetrics = await server.SendAsync("GET", "/metrics", null, ("Accept", "application/openmetrics-text"));
        var change = await server.Database.ScalarAsync<string>("select trace_id from changes");
        await Eventually.TrueAsync("the spans and logs are sent", () => Task.FromResult(
            receiver.Spans.Count(span => span.Name == "POST /expenses") == 2 && receiver.Logs.Count(log => log.TraceId == TraceId) == 2));

        Assert.Equal(TraceId, change);
        Assert.Equal(TraceId, problem.Json.GetProperty("trace_id").GetString());
        var line = Requests(server).First();
        Assert.Equal((TraceId, "01"), (line.GetProperty("trace_id").GetString(), line.GetProperty("trace_flags").GetString()));
        var span = receiver.Spans.First(span => span.Name == "POST /expenses");
        Assert.Equal((TraceId, "b7ad6b7169203331"), (span.TraceId, span.ParentId));
        Assert.Equal(line.GetProperty("span_id").GetString(), span.SpanId);
        Assert.Contains(receiver.Logs, log => log.SpanId == span.SpanId && log.Body.StartsWith("POST /expenses 201 in ", StringComparison.Ordinal));
        var exemplar = Assert.Single(openMetrics.Body.Split('\n'), sample => sample.Contains("http_response_status_code=\"400\"", StringComparison.Ordinal) && sample.Contains($"trace_id=\"{TraceId}\"", StringComparison.Ordinal));
        var spanOfExemplar = exemplar.Split("span_id=\"")[1][..16];
        Assert.Contains(receiver.Spans, other => other.SpanId == spanOfExemplar && other.Tags["http.response.status_code"] == "400");
        Assert.EndsWith("# EOF\n", openMetrics.Body, StringComparison.Ordinal);
    }

    [Theory, EachEngine]
    public async Task A_span_has_the_route_and_the_status_and_a_child_for_each_statement_without_values(Engine engine)
    {
        await using var receiver = await OtlpReceiver.StartAsync();
        await using var server = await RunningServer.StartAsync(engine, Endpoint(receiver));

        (await server.SendAsync("POST", "/expenses", Coffee)).MustBe(201);
        (await server.SendAsync("GET", "/expenses/77")).MustBe(404);
        (await server.SendAsync("GET", "/nowhere/quokka")).MustBe(404);
        await server.SendAsync("GET", "/expenses?q=quokka");
        foreach (var probe in new[] { "/livez", "/readyz", "/startupz", "/metrics" })
            await server.SendAsync("GET", probe);
        await server.Database.ExecuteAsync("alter table expenses rename column description to description_lost");
        (await server.SendAsync("GET", "/expenses/1")).MustBe(500);
        await Eventually.TrueAsync("the last span is sent", () => Task.FromResult(receiver.Spans.Any(span => span is { Name: "GET /expenses/{id:long}", IsError: true })));

        var spans = receiver.Spans;
        var requests = spans.Where(span => span.Tags.ContainsKey("http.request.method")).ToList();
        Assert.Equal(["GET", "GET /expenses", "GET /expenses/{id:long}", "GET /expenses/{id:long}", "POST /expenses"], requests.Select(span => span.Name).Order(StringComparer.Ordinal));
        Assert.All(requests, span => Assert.Equal(span.IsError, span.Tags["http.response.status_code"] == "500"));
        Assert.All(requests, span => Assert.Equal("outlay", span.Resource["service.name"]));
        Assert.Equal("internal", requests.Single(span => span.IsError).Tags["error.type"]);
        var post = requests.Single(span => span.Name == "POST /expenses");
        Assert.Equal(("/expenses", "POST"), (post.Tags["http.route"], post.Tags["http.request.method"]));
        var statements = spans.Where(span => span.ParentId == post.SpanId).ToList();
        var insert = Assert.Single(statements, span => span.Name == "INSERT expenses");
        Assert.Equal(engine is Engine.Sqlite ? "sqlite" : "postgresql", insert.Tags["db.system.name"]);
        Assert.Contains("@description", insert.Tags["db.query.text"], StringComparison.Ordinal);
        Assert.Contains(statements, span => span.Name == "COMMIT");
        var failed = Assert.Single(spans, span => span.IsError && span.Tags.ContainsKey("db.query.text"));
        Assert.Equal(requests.Single(span => span.IsError).SpanId, failed.ParentId);
        Assert.DoesNotContain("Coffee", receiver.Raw, StringComparison.Ordinal);
        Assert.DoesNotContain("quokka", receiver.Raw, StringComparison.Ordinal);
        if (engine is Engine.Postgres)
            Assert.Equal("42703", failed.Tags["db.response.status_code"]);
    }

    [Fact]
    public async Task Backups_and_imports_are_spans_with_their_phases()
    {
        await using var receiver = await OtlpReceiver.StartAsync();
        await using var server = await RunningServer.StartAsync(Engine.Sqlite, Endpoint(receiver));
        var file = Path.Combine(server.Database.Folder, "rows.csv");
        await File.WriteAllTextAsync(file, "date,description,amount\n2026-02-19,Tea,2.50\n", Test.Token);

        var import = await OutlayProcess.RunAsync(["import", file], With(server.Database.Environment, Endpoint(receiver)));
        var history = await server.Database.ScalarAsync<string>("select trace_id from changes");
        await Eventually.TrueAsync("the backup of the start is sent", () => Task.FromResult(receiver.Spans.Any(span => span.Name == "backup")));

        Assert.True(import.ExitCode == 0, import.Error);
        var spans = receiver.Spans;
        var verb = Assert.Single(spans, span => span.Name == "outlay import");
        Assert.Equal(verb.TraceId, history);
        var work = Assert.Single(spans, span => span.Name == "import");
        Assert.Equal(verb.SpanId, work.ParentId);
        Assert.Contains(spans, span => span.ParentId == work.SpanId && span.Name == "INSERT expenses");
        Assert.Contains("outlay.import.rows", receiver.Metrics);
        var backup = spans.First(span => span.Name == "backup");
        foreach (var phase in new[] { "backup write", "backup verify", "backup copy" })
            Assert.Contains(spans, span => span.Name == phase && span.ParentId == backup.SpanId);
        var verify = spans.First(span => span.Name == "backup verify");
        Assert.Contains(spans, span => span.ParentId == verify.SpanId && span.Name == "history check");
    }

    [Theory]
    [InlineData("http/protobuf")]
    [InlineData("grpc")]
    public async Task All_three_signals_arrive_over_either_protocol_with_the_headers_and_before_the_process_ends(string protocol)
    {
        await using var receiver = await OtlpReceiver.StartAsync();
        await using var server = await RunningServer.StartAsync(
            Engine.Sqlite, ("OTEL_EXPORTER_OTLP_ENDPOINT", protocol == "grpc" ? receiver.Grpc : receiver.Http), ("OTEL_EXPORTER_OTLP_PROTOCOL", protocol),
            ("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer%20quokka"), ("OTEL_SERVICE_NAME", "books"), ("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=test"));

        (await server.SendAsync("POST", "/expenses", Coffee)).MustBe(201);
        await server.Process.SignalAsync("TERM");
        Assert.Equal(0, (await server.Process.WaitForExitAsync()).ExitCode);

        var span = Assert.Single(receiver.Spans, span => span.Name == "POST /expenses");
        Assert.Equal(("books", "test"), (span.Resource["service.name"], span.Resource["deployment.environment.name"]));
        Assert.Contains(receiver.Logs, log => log.Tags.TryGetValue("route", out var route) && route == "/expenses");
        Assert.Contains("http.server.request.duration", receiver.Metrics);
        Assert.Contains("outlay.expenses", receiver.Metrics);
        Assert.Equal("Bearer quokka", receiver.Authorization);
    }

    [Fact]
    public async Task A_receiver_that_takes_nothing_harms_nobody_and_what_is_lost_is_counted()
    {
        await using var receiver = await OtlpReceiver.StartAsync();
        receiver.Status = 400;
        await using var server = await RunningServer.StartAsync(Engine.Sqlite, Endpoint(receiver));

        (await server.SendAsync("POST", "/expenses", Coffee)).MustBe(201);
        await Eventually.TrueAsync("lost records are counted", async () => (await server.ScrapeAsync())["outlay_log_records_dropped_total"] > 0);
        await Eventually.TrueAsync("it is said", () => Task.FromResult(server.Process.Output.Contains("telemetry_export_failed", StringComparison.Ordinal)));
        receiver.Status = 200;

        (await server.SendAsync("POST", "/expenses", Coffee)).MustBe(201);
        await Eventually.TrueAsync("it goes on", () => Task.FromResult(receiver.Spans.Any(span => span.Name == "POST /expenses")));
    }

    [Fact]
    public async Task A_caller_that_does_not_want_to_be_traced_is_not()
    {
        await using var receiver = await OtlpReceiver.StartAsync();
        await using var server = await RunningServer.StartAsync(Engine.Sqlite, Endpoint(receiver));

        await server.SendAsync("GET", "/expenses", null, ("traceparent", $"00-{TraceId}-b7ad6b7169203331-00"));
        await server.SendAsync("GET", "/trash");
        await Eventually.TrueAsync("the other is sent", () => Task.FromResult(receiver.Spans.Any(span => span.Name == "GET /trash")));

        Assert.DoesNotContain(receiver.Spans, span => span.TraceId == TraceId);
        Assert.Equal("00", Requests(server).First().GetProperty("trace_flags").GetString());
    }

    private static (string, string) Endpoint(OtlpReceiver receiver) => ("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.Http);

    private static Dictionary<string, string> With(IReadOnlyDictionary<string, string> environment, (string Name, string Value) setting) =>
        new(environment) { [setting.Name] = setting.Value };

    private static IEnumerable<JsonElement> Requests(RunningServer server) =>
        LogCapture.Parse(server.Process.Output).Where(line => line.TryGetProperty("event", out var name) && name.GetString() == "http_request");
}
