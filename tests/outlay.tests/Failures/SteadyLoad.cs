using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;

namespace Outlay.Tests.Failures;

/// <summary>What a request needs to be answered.</summary>
internal enum Need
{
    Process,
    Read,
    Write,
}

/// <summary>A request and what became of it.</summary>
/// <param name="At">When it was sent, since the start of the load.</param>
/// <param name="Status">0 when there was no answer.</param>
/// <param name="Problem">The slug of a problem; null for another answer.</param>
internal sealed record Sent(Need Need, TimeSpan At, TimeSpan Took, int Status, string? Problem, bool HasRetryAfter)
{
    public bool IsServed => Status is >= 200 and < 300;
}

/// <summary>
/// Clients that send a request every so often, whether the last one was answered or not, as people do. What they were told about their
/// changes can be compared with what is stored.
/// </summary>
/// <param name="address">Where the next request goes.</param>
internal sealed class SteadyLoad(Func<Uri> address) : IAsyncDisposable
{
    private static readonly (Need Need, string Path)[] s_round =
    [
        (Need.Process, "/livez"), (Need.Write, "/expenses"), (Need.Read, "/expenses?limit=5"),
        (Need.Process, "/openapi.json"), (Need.Write, "/expenses"), (Need.Read, "/expenses/summary"),
    ];

    private readonly HttpClient _client = new() { Timeout = TimeSpan.FromMinutes(2) };
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly ConcurrentQueue<Sent> _sent = [];
    private readonly ConcurrentDictionary<string, Sent> _writes = [];
    private readonly CancellationTokenSource _stop = new();
    private Task _sending = Task.CompletedTask;

    /// <summary>The time by which <see cref="Sent.At"/> counts.</summary>
    public TimeSpan Now => _clock.Elapsed;

    /// <summary>What was answered so far, and what got no answer.</summary>
    public IReadOnlyCollection<Sent> All => _sent;

    public void Start(TimeSpan interval) => _sending = Task.Run(async () =>
    {
        var running = new List<Task>();
        using var timer = new PeriodicTimer(interval);
        for (var number = 0; !_stop.IsCancellationRequested; number++)
        {
            running.Add(SendAsync(number));
            await timer.WaitForNextTickAsync();
        }

        await Task.WhenAll(running);
    });

    /// <summary>Sends nothing more, and waits for the answers.</summary>
    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await _sending;
    }

    /// <summary>Throws when what was acknowledged is not stored, or what was refused is, or anything is there twice.</summary>
    public async Task CompareAsync()
    {
        using var list = JsonDocument.Parse(await _client.GetStringAsync(new Uri(address(), "/expenses")));
        var stored = list.RootElement.EnumerateArray().Select(expense => expense.GetProperty("description").GetString()!).CountBy(name => name).ToDictionary();
        Assert.All(stored, entry => Assert.True(entry.Value == 1, $"{entry.Key} is there {entry.Value} times"));
        Assert.All(stored.Keys, name => Assert.True(_writes.ContainsKey(name), $"{name} was never sent"));
        Assert.All(_writes, write => Assert.True(!write.Value.IsServed || stored.ContainsKey(write.Key), $"{write.Key} was acknowledged and is not there"));
        Assert.All(_writes, write => Assert.False(write.Value.Problem == "unavailable" && stored.ContainsKey(write.Key), $"{write.Key} was refused and is there"));
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _client.Dispose();
        _stop.Dispose();
    }

    private async Task SendAsync(int number)
    {
        var (need, path) = s_round[number % s_round.Length];
        var (name, at) = ($"{need}-{number}", _clock.Elapsed);
        var (status, problem, hasRetryAfter) = (0, (string?)null, false);
        try
        {
            using var request = new HttpRequestMessage(need is Need.Write ? HttpMethod.Post : HttpMethod.Get, new Uri(address(), path));
            if (need is Need.Write)
                // Large enough to fill a small disk, and nothing that could be compressed.
                request.Content = JsonContent.Create(new { date = "2026-02-19", description = name, amount = 3.5, notes = RandomNumberGenerator.GetHexString(4000) });
            using var response = await _client.SendAsync(request);
            var body = await response.Content.ReadAsStringAsync();
            status = (int)response.StatusCode;
            hasRetryAfter = response.Headers.RetryAfter is not null;
            if (response.Content.Headers.ContentType?.MediaType == "application/problem+json")
                problem = JsonElement.Parse(body).GetProperty("type").GetString()!.Split('/')[^1];
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
        {
            problem = e.Message;
        }

        var sent = new Sent(need, at, _clock.Elapsed - at, status, problem, hasRetryAfter);
        if (need is Need.Write)
            _writes[name] = sent;
        _sent.Enqueue(sent);
    }
}
