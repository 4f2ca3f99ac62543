#!/usr/bin/env dotnet
#:property PublishAot=false
#:property RestorePackagesWithLockFile=false

// Uses a service as its users do, so that its dashboards have something to show: more at some minutes than at others, and not always rightly.
//   dotnet run docs/dashboards/load.cs -- http://127.0.0.1:8000 MINUTES

using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;

if (args is not [var address, var minutesText] || !double.TryParse(minutesText, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var minutes))
{
    Console.Error.WriteLine("usage: dotnet run docs/dashboards/load.cs -- SERVICE MINUTES");
    return 2;
}

using var http = new HttpClient { BaseAddress = new Uri(address), Timeout = TimeSpan.FromSeconds(30) };
var user = new User(http);
var start = DateTimeOffset.UtcNow;
using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
while (await tick.WaitForNextTickAsync() && DateTimeOffset.UtcNow - start is var since && since.TotalMinutes < minutes)
{
    // A wave of 12 minutes, between a fifth of the ticks and all of them.
    if (Random.Shared.NextDouble() < 0.6 - 0.4 * Math.Cos(since.TotalMinutes / 12 * 2 * Math.PI))
        _ = user.ActAsync();
}

foreach (var (answer, count) in user.Answers.OrderBy(answer => answer.Key))
    Console.WriteLine($"{count,8} {answer}");
return 0;

/// <summary>Does one thing after the other, as often as people do it.</summary>
internal sealed class User(HttpClient http)
{
    private static readonly string[] s_categories = ["food", "household", "travel", "rent", "leisure"];

    private readonly ConcurrentQueue<long> _expenses = new();

    /// <summary>How often each status was answered; 0 when nothing was.</summary>
    public ConcurrentDictionary<int, int> Answers { get; } = [];

    public async Task ActAsync()
    {
        try
        {
            await (Random.Shared.Next(100) switch
            {
                < 30 => AddAsync(),
                < 50 => SendAsync(HttpMethod.Get, "/expenses?limit=50"),
                < 62 => SendAsync(HttpMethod.Get, "/expenses/summary?group_by=category"),
                < 70 => SendAsync(HttpMethod.Get, "/expenses?limit=20&q=coffee"),
                < 80 => OfOneAsync(id => SendAsync(HttpMethod.Get, $"/expenses/{id}")),
                < 84 => OfOneAsync(id => SendAsync(HttpMethod.Get, $"/expenses/{id}/history")),
                < 90 => OfOneAsync(EditAsync),
                < 94 => OfOneAsync(DeleteAsync),
                < 97 => SendAsync(HttpMethod.Post, "/expenses", new JsonObject { ["description"] = "Coffee", ["amount"] = -1, ["date"] = "2026-02-30" }),
                _ => SendAsync(HttpMethod.Get, "/expenses/999999999"),
            });
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
        {
            Count(0);
        }
    }

    /// <summary>Sometimes twice with the same key, as somebody who has lost the answer does.</summary>
    private async Task AddAsync()
    {
        var key = Guid.NewGuid().ToString("N");
        for (var again = Random.Shared.Next(20) == 0; ; again = false)
        {
            var answer = await SendAsync(HttpMethod.Post, "/expenses", Expense(), ("Idempotency-Key", $"\"{key}\""));
            if (answer is not null)
                _expenses.Enqueue((long)answer["id"]!);
            if (!again)
                return;
        }
    }

    private static JsonObject Expense() => new()
    {
        ["description"] = "Coffee",
        ["amount"] = "3.50",
        ["category"] = s_categories[0],
        ["date"] = "2026-02-19",
    };

    private async Task EditAsync(long id)
    {
        var body = Expense();
        body["category"] = s_categories[Random.Shared.Next(s_categories.Length)];
        await SendAsync(HttpMethod.Put, $"/expenses/{id}", body, ("If-Match", "*"));
        _expenses.Enqueue(id);
    }

    private async Task DeleteAsync(long id)
    {
        await SendAsync(HttpMethod.Delete, $"/expenses/{id}");
        if (Random.Shared.Next(3) == 0)
            await SendAsync(HttpMethod.Post, $"/expenses/{id}/restore");
    }

    private Task OfOneAsync(Func<long, Task> act) => _expenses.TryDequeue(out var id) ? act(id) : Task.CompletedTask;

    private async Task<JsonNode?> SendAsync(HttpMethod method, string path, JsonNode? body = null, (string Name, string Value)? header = null)
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null)
            request.Content = JsonContent.Create(body);
        if (header is { } sent)
            request.Headers.TryAddWithoutValidation(sent.Name, sent.Value);
        using var response = await http.SendAsync(request);
        Count((int)response.StatusCode);
        var text = await response.Content.ReadAsStringAsync();
        return response.StatusCode == HttpStatusCode.Created ? JsonNode.Parse(text) : null;
    }

    private void Count(int status) => Answers.AddOrUpdate(status, 1, (_, count) => count + 1);
}
