using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace Outlay.Tests.Crashes;

/// <summary>
/// A client that records expenses and corrects them, one after the other, and keeps a ledger. A request without an answer is
/// sent again under its key, to whichever server runs by then, until it has one.
/// </summary>
/// <param name="address">Where the server listens now.</param>
internal sealed class Writer(string name, int seed, Ledger ledger, Func<Uri> address) : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(20);

    // Not for secrets: a seed gives the same requests again.
    private readonly Random _random = new(seed);
    private readonly HttpClient _client = new() { Timeout = s_patience };
    private int _requests;

    /// <summary>Works until the token ends it; the request at hand is finished first, so that nothing stays unknown.</summary>
    /// <param name="giveUp">Ends even the request at hand.</param>
    public async Task RunAsync(CancellationToken stop, CancellationToken giveUp)
    {
        while (!stop.IsCancellationRequested)
        {
            var description = $"{name}-{++_requests}";
            var answer = await ChangeAsync(HttpMethod.Post, "/expenses", null, description, giveUp);
            var path = $"/expenses/{answer.GetProperty("id").GetInt64()}";
            for (var corrections = _random.Next(3); corrections > 0 && !stop.IsCancellationRequested; corrections--)
                answer = await ChangeAsync(HttpMethod.Patch, path, answer.GetProperty("version").GetInt64(), description, giveUp);
        }
    }

    public void Dispose() => _client.Dispose();

    private async Task<JsonElement> ChangeAsync(HttpMethod method, string path, long? version, string description, CancellationToken giveUp)
    {
        var amount = _random.Next(1, 1_000_000) / 100m;
        ledger.Attempt(description, amount);
        var key = $"{name}-{++_requests}";
        while (true)
        {
            using var request = Request(method, path, version, description, amount, key);
            if (await TrySendAsync(request, giveUp) is { } answer)
            {
                ledger.Acknowledge(description);
                return answer;
            }

            await Task.Delay(s_pause, giveUp);
        }
    }

    private HttpRequestMessage Request(HttpMethod method, string path, long? version, string description, decimal amount, string key)
    {
        var request = new HttpRequestMessage(method, new Uri(address(), path))
        {
            Content = JsonContent.Create(new { date = "2026-02-19", description, amount = amount.ToString(CultureInfo.InvariantCulture) }),
        };
        request.Headers.Add("Idempotency-Key", $"\"{key}\"");
        if (version is not null)
            request.Headers.Add("If-Match", $"\"{version}\"");
        return request;
    }

    /// <returns>The stored expense; null when the service is gone or busy. Throws for any other answer.</returns>
    private async Task<JsonElement?> TrySendAsync(HttpRequestMessage request, CancellationToken giveUp)
    {
        try
        {
            using var response = await _client.SendAsync(request, giveUp);
            // In flight still, while the database finds out that the server which asked is dead.
            if (response.StatusCode is HttpStatusCode.ServiceUnavailable or HttpStatusCode.Conflict)
                return null;
            Assert.True(response.IsSuccessStatusCode, $"{request.Method} {request.RequestUri} was answered {(int)response.StatusCode}");
            return await response.Content.ReadFromJsonAsync<JsonElement>(giveUp);
        }
        catch (Exception e) when (e is HttpRequestException or IOException || e is TaskCanceledException && !giveUp.IsCancellationRequested)
        {
            return null;
        }
    }
}
