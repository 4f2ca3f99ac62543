using System.Net;
using System.Text.Json;
using Outlay.Expenses;
using Outlay.Tests.Harness;

namespace Outlay.Tests.Contract;

/// <summary>The server does what the document says, operation by operation.</summary>
public sealed class OperationTests
{
    private static readonly string[] s_methods = ["GET", "POST", "PUT", "PATCH", "DELETE"];

    /// <summary>Every type that some operation can answer with: none may get one that it does not list.</summary>
    private static readonly string[] s_types = ["application/json", "text/csv", "application/x-ndjson", "text/html", "text/plain", "application/openmetrics-text"];

    /// <summary>What makes a good call a faulty one, by the status that it must get then.</summary>
    private static readonly Dictionary<int, Func<ExampleCall, ExampleCall>> s_faults = new()
    {
        [400] = call => call switch
        {
            { Body: not null } => call with { Body = """{"amount":0}""" },
            _ when call.Takes("If-Match") => call with { Headers = call.Headers.SetItem("If-Match", "1") },
            _ when call.Takes("Idempotency-Key") => call with { Headers = call.Headers.SetItem("Idempotency-Key", "two words") },
            _ => call with { Query = call.Query.SetItem("nonsense", "1") },
        },
        [401] = call => With(call, "nobody's"),
        [404] = call => call with { PathValue = "0" },
        [412] = call => call with { Headers = call.Headers.SetItem("If-Match", "\"99\"") },
        [413] = call => call with { Body = new string(' ', App.MaxBodySize + 1) },
        [415] = call => call with { BodyType = "text/plain" },
        [428] = call => call with { Headers = call.Headers.Remove("If-Match") },
    };

    private static readonly string[] s_aboutExpenses = ["/expenses", "/trash", "/changes"];

    private readonly OpenApiDocument _document = new();
    private readonly List<string> _faults = [];
    private readonly HashSet<string> _seen = [];

    [Theory, EachEngine]
    public async Task Every_operation_answers_its_examples_as_documented(Engine engine)
    {
        await using var server = await TestServer.StartAsync(engine);

        var calls =
            from operation in _document.Operations
            from call in ExampleCall.Of(_document, operation)
            from type in s_types
            select call with { Accept = type };
        foreach (var call in calls)
        {
            using var answer = await CallAsync(server, await PrepareAsync(server, call));
            if ((int)answer.StatusCode >= 400)
                _faults.Add($"{call.Operation} failed with {answer.StatusCode}: {await answer.Content.ReadAsStringAsync(Test.Token)}");
            if (_document.BodyTypes(call.Operation, answer).Contains(call.Accept) && call.Accept != answer.Content.Headers.ContentType?.MediaType)
                _faults.Add($"{call.Operation} was asked for {call.Accept} and sent {answer.Content.Headers.ContentType}");
        }

        AssertNoFaults();
        AssertSeen(status => status < 400);
    }

    [Theory, EachEngine]
    public async Task Every_listed_error_is_given_as_documented(Engine engine)
    {
        await CallFaultyAsync(engine);
        await CallForbiddenAsync(engine);
        await CallRevokedAsync(engine);
        await CallTooOftenAsync(engine);
        await CallFullAsync(engine);
        await CallWithUsedKeyAsync(engine);
        await CallWithKeyInUseAsync(engine);
        await CallBrokenAsync(engine);
        await CallUnreachableAsync(engine);

        AssertNoFaults();
        // Writers of an embedded database come one after another: none of them meets a key in use.
        AssertSeen(status => status >= 400 && (engine is Engine.Postgres || status != 409));
    }

    [Theory, EachEngine]
    public async Task What_can_be_got_answers_HEAD_with_the_same_headers_and_no_body(Engine engine)
    {
        await using var server = await TestServer.StartAsync(engine);

        foreach (var operation in _document.Operations.Where(operation => operation is { Method: "GET", Path: not "/docs" }))
        {
            foreach (var example in ExampleCall.Of(_document, operation))
            {
                var call = await PrepareAsync(server, example);
                using var got = await call.SendAsync(server.Client, Test.Token);
                using var answer = await (call with { Operation = operation with { Method = "HEAD" } }).SendAsync(server.Client, Test.Token);

                Assert.Equal((operation.Path, got.StatusCode), (operation.Path, answer.StatusCode));
                Assert.Equal($"{got.Content.Headers.ContentType}", $"{answer.Content.Headers.ContentType}");
                Assert.Equal(Headers(got), Headers(answer));
                Assert.Empty(await answer.Content.ReadAsByteArrayAsync(Test.Token));
            }
        }

        static IEnumerable<string> Headers(HttpResponseMessage answer) => answer.Headers.Where(header => header.Key is "ETag" or "Link" or "Vary" or "Cache-Control")
            .Select(header => $"{header.Key}: {string.Join(", ", header.Value)}");
    }

    [Fact]
    public async Task A_method_that_is_not_listed_is_refused_with_those_that_are()
    {
        await using var server = await TestServer.StartAsync(Engine.Sqlite);

        foreach (var path in _document.Operations.Where(operation => operation.Path != "/docs").GroupBy(operation => operation.Path))
        {
            foreach (var method in s_methods.Except(path.Select(operation => operation.Method)))
            {
                using var request = new HttpRequestMessage(new HttpMethod(method), path.Key.Replace("{id}", "1", StringComparison.Ordinal).Replace("{seq}", "1", StringComparison.Ordinal));
                using var answer = await server.Client.SendAsync(request, Test.Token);

                Assert.Equal($"{path.Key} {HttpStatusCode.MethodNotAllowed}", $"{path.Key} {answer.StatusCode}");
                Assert.Equal(path.SelectMany(Methods).Order(), answer.Content.Headers.Allow.Order());
                Assert.Empty(await ProblemFaultsAsync(answer));
            }
        }
    }

    [Fact]
    public async Task An_address_that_is_not_listed_is_not_found()
    {
        await using var server = await TestServer.StartAsync(Engine.Sqlite);

        foreach (var path in new[] { "/nothing", "/expenses/abc", "/expenses/99999999999999999999", "/expenses/1/2" })
        {
            using var answer = await server.Client.GetAsync(new Uri(path, UriKind.Relative), Test.Token);

            Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
            Assert.Empty(await ProblemFaultsAsync(answer));
        }
    }

    /// <summary>HEAD goes with GET.</summary>
    private static string[] Methods(Operation operation) => operation.Method == "GET" ? ["GET", "HEAD"] : [operation.Method];

    /// <summary>Calls that are faulty in themselves.</summary>
    private async Task CallFaultyAsync(Engine engine)
    {
        await using var server = await TestServer.StartAsync(engine);
        foreach (var operation in _document.Operations)
        {
            foreach (var status in operation.Statuses.Where(s_faults.ContainsKey))
            {
                foreach (var call in ExampleCall.Of(_document, operation))
                    await ExpectAsync(server, s_faults[status](await PrepareAsync(server, call)), status);
            }
        }
    }

    /// <summary>Calls with a key that is good, but not for them.</summary>
    private async Task CallForbiddenAsync(Engine engine)
    {
        await using var server = await TestServer.StartAsync(engine);
        var calls = new List<ExampleCall>();
        foreach (var operation in _document.Operations.Where(operation => operation.Statuses.Contains(403)))
            calls.Add(await PrepareAsync(server, ExampleCall.Of(_document, operation).First()));
        var (reads, writes) = (await server.MakeKeyAsync("ana", "read"), await server.MakeKeyAsync("ana", "write"));
        foreach (var call in calls)
            await ExpectAsync(server, With(call, call.Operation.Method == "GET" ? writes : reads), 403);
    }

    /// <summary>Calls about a key that does not hold any more.</summary>
    private async Task CallRevokedAsync(Engine engine)
    {
        await using var server = await TestServer.StartAsync(engine);
        var operation = _document.Operations.Single(operation => operation.ToString() == "POST /admin/api-keys/{id}/rotate");
        var call = await PrepareAsync(server, ExampleCall.Of(_document, operation).First());
        (await server.SendAsync("DELETE", $"/admin/api-keys/{call.PathValue}", null, (TestServer.SecretHeader, TestServer.Secret))).MustBe(204);
        await ExpectAsync(server, call, 409);
    }

    /// <summary>Calls on a book whose totals have no room left.</summary>
    private async Task CallFullAsync(Engine engine)
    {
        await using var database = await TestDatabase.CreateAsync(engine);
        await using var server = await TestServer.StartAsync(database);
        foreach (var operation in _document.Operations.Where(operation => operation.Statuses.Contains(422) && operation.Method != "DELETE"))
        {
            await database.ExecuteAsync("update totals set amount = 1000000");
            var call = await PrepareAsync(server, ExampleCall.Of(_document, operation).First());
            await database.ExecuteAsync($"update totals set amount = {long.MaxValue}");
            await ExpectAsync(server, call, 422);
        }
    }

    /// <summary>Calls with a key that another request had.</summary>
    private async Task CallWithUsedKeyAsync(Engine engine)
    {
        await using var server = await TestServer.StartAsync(engine);
        (await server.SendAsync("POST", "/expenses", """{"date":"2026-02-19","description":"Coffee","amount":3.50}""", ("Idempotency-Key", "used"))).MustBe(201);
        foreach (var call in await KeyedCallsAsync(server, "used"))
            await ExpectAsync(server, call, 422);
    }

    /// <summary>Calls with a key that another instance is working on.</summary>
    private async Task CallWithKeyInUseAsync(Engine engine)
    {
        if (engine is Engine.Sqlite)
            return;
        await using var server = await TestServer.StartAsync(engine);
        var calls = await KeyedCallsAsync(server, "busy");
        await using var other = await OpenTransaction.BeginAsync(
            server.Database.Database, $"select pg_advisory_xact_lock(hashtextextended('key {ExpenseService.DefaultOwner} busy', 0))");
        foreach (var call in calls)
            await ExpectAsync(server, call, 409);
    }

    /// <summary>A good call of every operation that takes a key, with this one.</summary>
    private async Task<IReadOnlyList<ExampleCall>> KeyedCallsAsync(TestServer server, string key)
    {
        var calls = new List<ExampleCall>();
        foreach (var operation in _document.Operations.Where(operation => operation.Statuses.Contains(409) && operation.Parameters.Any(IsKey)))
        {
            var call = await PrepareAsync(server, ExampleCall.Of(_document, operation).First());
            calls.Add(call with { Headers = call.Headers.SetItem("Idempotency-Key", key) });
        }

        return calls;
    }

    /// <summary>The call with this key instead of all other ways to say who one is.</summary>
    private static ExampleCall With(ExampleCall call, string key) => call with { Headers = call.Headers.Remove(TestServer.SecretHeader).SetItem("X-API-Key", key) };

    private static bool IsKey(JsonElement parameter) => parameter.GetProperty("name").GetString() == "Idempotency-Key";

    /// <summary>Calls from an address from which too many bad keys came.</summary>
    private async Task CallTooOftenAsync(Engine engine)
    {
        await using var server = await TestServer.StartAsync(engine, ("RATE_LIMIT_REFUSALS", "1"));
        (await server.GetAsync("/expenses", ("X-API-Key", "bad"))).MustBe(401);
        foreach (var operation in _document.Operations.Where(operation => operation.Statuses.Contains(429)))
            await ExpectAsync(server, ExampleCall.Of(_document, operation).First(), 429);
    }

    /// <summary>Calls on a database that has lost its tables.</summary>
    private async Task CallBrokenAsync(Engine engine)
    {
        await using var database = await TestDatabase.CreateAsync(engine);
        await using var server = await TestServer.StartAsync(database);
        await database.ExecuteAsync("alter table api_keys rename to lost_api_keys");
        await database.ExecuteAsync("alter table expenses rename to lost_expenses");
        await database.ExecuteAsync("alter table totals rename to lost_totals");
        await database.ExecuteAsync("alter table changes rename to lost_changes");
        foreach (var operation in _document.Operations.Where(operation => operation.Statuses.Contains(500)))
            await ExpectAsync(server, ExampleCall.Of(_document, operation).First(), 500);
    }

    /// <summary>Calls while the database cannot be reached.</summary>
    private async Task CallUnreachableAsync(Engine engine)
    {
        using var folder = new TestFolder();
        await File.WriteAllTextAsync(folder.File("file"), "", Test.Token);
        await using var server = await TestServer.StartAsync(engine is Engine.Sqlite
            ? new Dictionary<string, string> { ["DATA_DIR"] = folder.File("file/data") }
            : new Dictionary<string, string> { ["DATA_DIR"] = folder.Path, ["DB_HOST"] = "127.0.0.1", ["DB_PORT"] = "1" });
        foreach (var operation in _document.Operations)
        {
            var call = ExampleCall.Of(_document, operation).First();
            if (operation.Statuses.Contains(503))
                await ExpectAsync(server, call, 503);
            else
                (await CallAsync(server, call)).Dispose();
        }
    }

    /// <summary>Makes what the call is about: an expense, in the trash if the operation is about that, or its deletion.</summary>
    private async Task<ExampleCall> PrepareAsync(TestServer server, ExampleCall call)
    {
        var path = call.Operation.Path;
        if (path.StartsWith("/admin", StringComparison.Ordinal))
            return path.Contains("{id}", StringComparison.Ordinal) ? call with { PathValue = $"{await server.AddKeyAsync()}" } : call;
        if (!s_aboutExpenses.Any(start => path.StartsWith(start, StringComparison.Ordinal)))
            return call;
        var location = "";
        foreach (var example in ExampleCall.Of(_document, _document.Operations.Single(operation => operation.ToString() == "POST /expenses")))
        {
            using var answer = await example.Anew().SendAsync(server.Client, Test.Token);
            location = $"{answer.EnsureSuccessStatusCode().Headers.Location}";
        }

        if (path.EndsWith("/restore", StringComparison.Ordinal) || path.EndsWith("/undo", StringComparison.Ordinal) || path == "/trash")
            (await server.Client.DeleteAsync(new Uri(location, UriKind.Relative), Test.Token)).EnsureSuccessStatusCode().Dispose();
        if (path.Contains("{seq}", StringComparison.Ordinal))
            return call.Anew() with { PathValue = (await server.GetAsync("/changes?limit=1")).Json[0].GetProperty("seq").ToString() };
        return path.Contains("{id}", StringComparison.Ordinal) ? call.Anew() with { PathValue = location.Split('/')[^1] } : call.Anew();
    }

    private async Task ExpectAsync(TestServer server, ExampleCall call, int status)
    {
        using var answer = await CallAsync(server, call);
        if ((int)answer.StatusCode != status)
            _faults.Add($"{call.Operation} answered {(int)answer.StatusCode} instead of {status}: {await answer.Content.ReadAsStringAsync(Test.Token)}");
        if (answer.Content.Headers.ContentType?.MediaType == "application/problem+json")
            _faults.AddRange((await ProblemFaultsAsync(answer)).Select(fault => $"{call.Operation}: {fault}"));
    }

    private async Task<HttpResponseMessage> CallAsync(TestServer server, ExampleCall call)
    {
        var answer = await call.SendAsync(server.Client, Test.Token);
        _seen.Add($"{call.Operation} {(int)answer.StatusCode}");
        _faults.AddRange(await _document.FaultsAsync(call.Operation, answer));
        return answer;
    }

    /// <summary>A problem is well formed, and says the status that the answer has and that its type stands for.</summary>
    private async Task<IReadOnlyList<string>> ProblemFaultsAsync(HttpResponseMessage answer)
    {
        var problem = JsonElement.Parse(await answer.Content.ReadAsStringAsync(Test.Token));
        var faults = _document.Schema.Faults(_document.At("components/schemas/Problem"), problem).ToList();
        if (faults.Count > 0)
            return faults;
        var row = ErrorTable.Of(ErrorTable.FromSlug(problem.GetProperty("type").GetString()!["/problems/".Length..])!.Value);
        return (row.HttpStatus, problem.GetProperty("status").GetInt32()) == ((int)answer.StatusCode, (int)answer.StatusCode)
            ? []
            : [$"{(int)answer.StatusCode} came with {problem}"];
    }

    private void AssertNoFaults() => Assert.True(_faults.Count == 0, string.Join('\n', _faults.Distinct()));

    private void AssertSeen(Func<int, bool> expected) =>
        Assert.Equal(
            _document.Operations.SelectMany(operation => operation.Statuses.Where(expected).Select(status => $"{operation} {status}")).Order(),
            _seen.Where(seen => expected(int.Parse(seen[^3..], null))).Order());
}
