using System.Collections.Concurrent;
using System.Globalization;
using Outlay.Tests.Contract;
using Outlay.Tests.Harness;

namespace Outlay.Tests.Access;

/// <summary>Nobody reads or changes what is not theirs, and nobody can tell that it is there.</summary>
public sealed class IsolationTests
{
    private const string Canary = "anas-canary";

    private static readonly string[] s_lists =
    [
        "/expenses", "/expenses?limit=500", $"/expenses?q={Canary}", $"/expenses?category={Canary}", $"/expenses?tag={Canary}", "/trash", "/trash?limit=500", "/changes", "/changes?limit=500",
        "/expenses/summary", "/expenses/summary?group_by=month", "/expenses/summary?group_by=category", "/expenses/summary?group_by=tag", "/expenses/summary?group_by=currency",
        $"/expenses/summary?q={Canary}",
    ];

    private readonly OpenApiDocument _document = new();

    [Theory, EachEngine]
    public async Task What_belongs_to_somebody_else_is_answered_like_what_was_never_there_by_every_operation(Engine engine)
    {
        await using var server = await TestServer.StartAsync(engine);
        var (ana, ben) = (await server.MakeKeyAsync("ana"), await server.MakeKeyAsync("ben"));
        var ids = await FillAsync(server, ana);
        var before = await EverythingAsync(server, ana);
        var calls = 0;

        foreach (var operation in _document.Operations.Where(operation => operation.Path.Contains('{') && operation.Statuses.Contains(401) && !operation.Path.StartsWith("/admin", StringComparison.Ordinal)))
        {
            var isAboutChanges = operation.Path.Contains("{seq}", StringComparison.Ordinal);
            foreach (var example in ExampleCall.Of(_document, operation))
            {
                foreach (var id in isAboutChanges ? [1, 2, 3] : ids)
                {
                    var (real, missing) = (await CallAsync(example, id), await CallAsync(example, 987_654));
                    Assert.Equal((operation.ToString(), 404, 404), (operation.ToString(), real.Status, missing.Status));
                    Assert.Equal(Neutral(missing, 987_654), Neutral(real, id));
                    Assert.Equal(missing.Headers.Select(header => header.Key), real.Headers.Select(header => header.Key));
                    calls++;
                }
            }
        }

        Assert.True(calls > 40, $"{calls} calls prove little.");
        Assert.Equal(before, await EverythingAsync(server, ana));
        Assert.True((await server.Doctor.ExamineAsync(Test.Token)).IsHealthy);

        async Task<Answer> CallAsync(ExampleCall example, long id)
        {
            var call = example.Anew() with { PathValue = id.ToString(CultureInfo.InvariantCulture) };
            using var answer = await (call with { Headers = call.Headers.SetItem("X-API-Key", ben) }).SendAsync(server.Client, Test.Token);
            return await Answer.ReadAsync(answer);
        }

        static string Neutral(Answer answer, long id) =>
            $"{answer.Json.GetProperty("type")} {answer.Detail.Replace(id.ToString(CultureInfo.InvariantCulture), "N", StringComparison.Ordinal)}";
    }

    [Theory, EachEngine]
    public async Task No_cache_between_two_people_may_keep_an_answer_of_any_operation(Engine engine)
    {
        await using var server = await TestServer.StartAsync(engine);
        var ana = await server.MakeKeyAsync("ana");
        var id = (await FillAsync(server, ana))[0];
        var kept = 0;

        foreach (var operation in _document.Operations.Where(operation => operation.Statuses.Contains(401)))
        {
            foreach (var example in ExampleCall.Of(_document, operation))
            {
                foreach (var key in new[] { ana, "outlay_none" })
                {
                    var call = example.Anew();
                    if (operation.Path.Contains('{'))
                        call = call with { PathValue = id.ToString(CultureInfo.InvariantCulture) };
                    using var answer = await (call with { Headers = call.Headers.SetItem("X-API-Key", key) }).SendAsync(server.Client, Test.Token);
                    // RFC 9110, section 9.2.3: of changes that succeed, none is kept.
                    if (answer.IsSuccessStatusCode && answer.RequestMessage!.Method != HttpMethod.Get && answer.RequestMessage.Method != HttpMethod.Head)
                        continue;
                    Assert.True(answer.Headers.CacheControl is { NoStore: true } or { Private: true }, $"{operation} with {(int)answer.StatusCode}: {answer.Headers.CacheControl}");
                    if (answer.Headers.CacheControl is { NoStore: false })
                        Assert.Contains("X-API-Key", answer.Headers.Vary);
                    kept++;
                }
            }
        }

        Assert.True(kept > 40, $"{kept} answers prove little.");
    }

    [Theory, EachEngine]
    public async Task Lists_sums_and_changes_show_nothing_of_anybody_else(Engine engine)
    {
        await using var server = await TestServer.StartAsync(engine);
        var (ana, ben, nobody) = (await server.MakeKeyAsync("ana"), await server.MakeKeyAsync("ben"), await server.MakeKeyAsync("nobody"));
        await FillAsync(server, ana);

        foreach (var path in s_lists)
        {
            var answer = (await server.GetAsync(path, ("X-API-Key", ben))).MustBe(200);
            Assert.Equal((await server.GetAsync(path, ("X-API-Key", nobody))).Body, answer.Body);
            Assert.DoesNotContain(Canary, answer.Body, StringComparison.Ordinal);
            Assert.NotEqual(answer.Body, (await server.GetAsync(path, ("X-API-Key", ana))).MustBe(200).Body);
        }
    }

    [Theory, EachEngine]
    public async Task A_cursor_an_ETag_or_an_idempotency_key_of_somebody_else_opens_nothing(Engine engine)
    {
        await using var server = await TestServer.StartAsync(engine);
        var (ana, ben) = (await server.MakeKeyAsync("ana"), await server.MakeKeyAsync("ben"));
        var ids = await FillAsync(server, ana);
        var body = Expense("the same");
        (await server.SendAsync("POST", "/expenses", body, ("X-API-Key", ana), ("Idempotency-Key", "shared"))).MustBe(201);

        var own = (await server.SendAsync("POST", "/expenses", body, ("X-API-Key", ben), ("Idempotency-Key", "shared"))).MustBe(201);
        var page = (await server.GetAsync("/expenses?limit=1", ("X-API-Key", ana)))["Link"]!;
        var next = (await server.GetAsync(page[(page.IndexOf('<') + 1)..page.IndexOf('>')], ("X-API-Key", ben))).MustBe(200);

        Assert.Null(own["Idempotent-Replayed"]);
        Assert.DoesNotContain(Canary, next.Body, StringComparison.Ordinal);
        (await server.GetAsync($"/expenses/{ids[0]}", ("X-API-Key", ben), ("If-None-Match", "\"1\""))).MustBeProblem(404, "not-found");
        (await server.SendAsync("DELETE", $"/expenses/{ids[0]}", null, ("X-API-Key", ben), ("If-Match", "\"99\""))).MustBeProblem(404, "not-found");
        Assert.Equal(1, (await server.GetAsync("/expenses", ("X-API-Key", ben))).Json.GetArrayLength());
    }

    [Theory, EachEngine]
    public async Task Ten_thousand_interleaved_requests_of_many_owners_never_mix(Engine engine)
    {
        const int Owners = 20, Requests = 10_000;
        await using var server = await TestServer.StartAsync(engine);
        var keys = new List<string>();
        for (var owner = 0; owner < Owners; owner++)
            keys.Add(await server.MakeKeyAsync($"owner{owner:D2}"));
        var written = new int[Owners];
        var faults = new ConcurrentBag<string>();

        await Parallel.ForEachAsync(Enumerable.Range(0, Requests), new ParallelOptions { MaxDegreeOfParallelism = 24, CancellationToken = Test.Token }, async (number, _) =>
        {
            var owner = number % Owners;
            var name = $"owner{owner:D2}";
            var key = ("X-API-Key", keys[owner]);
            var answer = (number / Owners % 5) switch
            {
                0 => await server.SendAsync("POST", "/expenses", Expense(name), key),
                1 => await server.GetAsync("/expenses?limit=5", key),
                2 => await server.GetAsync("/expenses/summary?group_by=tag", key),
                3 => await server.GetAsync("/changes?limit=5", key),
                _ => await server.GetAsync($"/expenses?limit=5&q={name}", key),
            };
            if (answer.Status == 201)
                Interlocked.Increment(ref written[owner]);
            if (answer.Status is not (200 or 201) || Enumerable.Range(0, Owners).Any(other => other != owner && answer.Body.Contains($"owner{other:D2}", StringComparison.Ordinal)))
                faults.Add($"{name}: {answer.Status} {answer.Body}");
        });

        Assert.Empty(faults);
        for (var owner = 0; owner < Owners; owner++)
        {
            var summary = (await server.GetAsync("/expenses/summary", ("X-API-Key", keys[owner]))).MustBe(200).Json;
            Assert.Equal((owner, written[owner]), (owner, summary.GetProperty("count").GetInt32()));
        }

        Assert.Null((await server.Doctor.CheckHistoryAsync(Test.Token)).Fault);
    }

    private static string Expense(string text) =>
        $$"""{"date":"2026-02-19","description":"{{text}}","amount":3.50,"category":"{{text}}","tags":["{{text}}"],"notes":"{{text}}"}""";

    /// <summary>Records expenses, one of them changed, one deleted, one deleted and restored.</summary>
    /// <returns>Their ids.</returns>
    private static async Task<long[]> FillAsync(TestServer server, string key)
    {
        var ids = new List<long>();
        for (var number = 0; number < 4; number++)
            ids.Add((await server.SendAsync("POST", "/expenses", Expense(Canary), ("X-API-Key", key))).MustBe(201).Json.GetProperty("id").GetInt64());
        (await server.SendAsync("PATCH", $"/expenses/{ids[1]}", """{"amount":4}""", ("X-API-Key", key), ("If-Match", "*"))).MustBe(200);
        (await server.SendAsync("DELETE", $"/expenses/{ids[2]}", null, ("X-API-Key", key))).MustBe(204);
        (await server.SendAsync("DELETE", $"/expenses/{ids[3]}", null, ("X-API-Key", key))).MustBe(204);
        (await server.SendAsync("POST", $"/expenses/{ids[3]}/restore", null, ("X-API-Key", key))).MustBe(200);
        return [.. ids];
    }

    private static async Task<string> EverythingAsync(TestServer server, string key)
    {
        var all = new List<string>();
        foreach (var path in new[] { "/expenses", "/trash", "/changes?limit=500", "/expenses/summary?group_by=tag" })
            all.Add((await server.GetAsync(path, ("X-API-Key", key))).MustBe(200).Body);
        return string.Join('\n', all);
    }
}
