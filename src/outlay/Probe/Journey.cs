using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using Outlay.Expenses;

namespace Outlay.Probe;

/// <summary>
/// What a user does, from outside: writes an expense, reads it, sums up, and deletes it. It is of the currency XTS, which ISO 4217 keeps for
/// tests, so that no sum of anybody's money ever has it.
/// </summary>
internal sealed class Journey : IDisposable
{
    private readonly HttpClient _client;
    private readonly TimeProvider _clock;
    private readonly Secret? _apiKey;

    /// <param name="url">Where the service is reached.</param>
    /// <param name="apiKey">The key to send; null for none.</param>
    /// <param name="patience">How long each step may take.</param>
    public Journey(Uri url, Secret? apiKey, TimeSpan patience, TimeProvider clock)
    {
        (_clock, _apiKey) = (clock, apiKey);
        _client = new HttpClient(new SocketsHttpHandler
        {
            UseProxy = false,
            AllowAutoRedirect = false,
            // A new certificate is seen soon, and a name that leads elsewhere followed.
            PooledConnectionLifetime = TimeSpan.FromSeconds(30),
            SslOptions = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = Look },
        })
        { BaseAddress = url, Timeout = patience };
    }

    /// <summary>How long one may take at most: each step, and the deletion of what one that broke off has left.</summary>
    public TimeSpan LongestDuration => _client.Timeout * (Enum.GetValues<JourneyStep>().Length + 1);

    /// <summary>When the certificate ends that the service last showed; null without TLS.</summary>
    public DateTimeOffset? CertificateNotAfter { get; private set; }

    /// <summary>Makes the journey. Does not throw when the service is not as it should be.</summary>
    /// <param name="took">Told how long each step took, in their order.</param>
    /// <returns>What went wrong; null when nothing did.</returns>
    public async Task<JourneyFault?> RunAsync(Action<JourneyStep, TimeSpan> took, CancellationToken token)
    {
        var step = JourneyStep.Write;
        Uri? expense = null;
        try
        {
            var written = await StepAsync(async () =>
            {
                var date = DateOnly.FromDateTime(_clock.GetUtcNow().UtcDateTime);
                using var body = new StringContent(
                    $$"""{"date":"{{date:yyyy-MM-dd}}","description":"outlay probe","amount":"1.00","currency":"{{Currency.TestCode}}","category":"probe"}""",
                    Encoding.UTF8, new MediaTypeHeaderValue("application/json"));
                using var request = new HttpRequestMessage(HttpMethod.Post, "/expenses") { Content = body };
                request.Headers.Add("Idempotency-Key", $"\"{Guid.CreateVersion7(_clock.GetUtcNow()):N}\"");
                return await AskAsync(request, HttpStatusCode.Created, token);
            });
            expense = new Uri($"/expenses/{written.GetProperty("id").GetInt64()}", UriKind.Relative);

            step = JourneyStep.Read;
            var read = await StepAsync(() => GetAsync(expense, token));
            if (read.GetProperty("amount").GetDecimal() != 1)
                return new JourneyFault(step, "the expense is not what was written");

            step = JourneyStep.Summarise;
            var summary = await StepAsync(() => GetAsync(new Uri($"/expenses/summary?currency={Currency.TestCode}", UriKind.Relative), token));
            if (summary.GetProperty("totals")[0].GetProperty("count").GetInt64() < 1)
                return new JourneyFault(step, "the expense that was written is not in the sum");

            step = JourneyStep.Delete;
            await StepAsync(async () =>
            {
                using var request = new HttpRequestMessage(HttpMethod.Delete, expense);
                return await AskAsync(request, HttpStatusCode.NoContent, token);
            });
            expense = null;
            return null;
        }
        catch (HttpRequestException e)
        {
            return new JourneyFault(step, e.StatusCode is { } status ? Reason(status) : $"not reached: {Reason(e.HttpRequestError)}");
        }
        catch (Exception e) when (e is JsonException or FormatException or KeyNotFoundException or InvalidOperationException or IndexOutOfRangeException)
        {
            return new JourneyFault(step, "answered something else than Outlay does");
        }
        catch (OperationCanceledException) when (!token.IsCancellationRequested)
        {
            return new JourneyFault(step, $"no answer within {_client.Timeout.TotalSeconds} s");
        }
        finally
        {
            await CleanUpAsync(expense);
        }

        async Task<JsonElement> StepAsync(Func<Task<JsonElement>> ask)
        {
            var start = _clock.GetTimestamp();
            var answer = await ask();
            took(step, _clock.GetElapsedTime(start));
            return answer;
        }
    }

    public void Dispose() => _client.Dispose();

    private string Reason(HttpStatusCode status) => (status, _apiKey) switch
    {
        (HttpStatusCode.Unauthorized, null) => "answered 401: it wants a key; outlay keys create probe --owner probe makes one, and PROBE_API_KEY holds it",
        (HttpStatusCode.Unauthorized, _) => "answered 401: it does not take the key in PROBE_API_KEY",
        (HttpStatusCode.Forbidden, not null) => "answered 403: the key in PROBE_API_KEY needs the scopes read and write",
        _ => $"answered {(int)status}",
    };

    private static string Reason(HttpRequestError error) => error switch
    {
        HttpRequestError.ConnectionError => "nobody listens there, or the network does not lead there",
        HttpRequestError.NameResolutionError => "there is no such name",
        HttpRequestError.SecureConnectionError => "its certificate is not good, or it speaks no TLS",
        _ => $"{error}",
    };

    private async Task<JsonElement> GetAsync(Uri path, CancellationToken token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        return await AskAsync(request, HttpStatusCode.OK, token);
    }

    private async Task<JsonElement> AskAsync(HttpRequestMessage request, HttpStatusCode expected, CancellationToken token)
    {
        using var response = await SendAsync(request, token);
        var text = await response.Content.ReadAsStringAsync(token);
        if (response.StatusCode != expected)
            throw new HttpRequestException(null, null, response.StatusCode);
        return text.Length == 0 ? default : JsonElement.Parse(text);
    }

    private Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken token)
    {
        if (_apiKey is not null)
            request.Headers.Add("X-API-Key", _apiKey.Read());
        return _client.SendAsync(request, token);
    }

    /// <summary>A journey that broke off leaves its expense behind. If even this fails, it lies in the currency of tests until somebody deletes it.</summary>
    private async Task CleanUpAsync(Uri? expense)
    {
        if (expense is null)
            return;
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Delete, expense);
            // Whoever stops the prober does not want to leave something behind.
            using var response = await SendAsync(request, CancellationToken.None);
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
        {
            // The fault of the journey itself is told.
        }
    }

    private bool Look(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (certificate is X509Certificate2 shown)
            CertificateNotAfter = shown.NotAfter;
        return errors is SslPolicyErrors.None;
    }
}

/// <summary>What a journey consists of.</summary>
internal enum JourneyStep
{
    Write,
    Read,
    Summarise,
    Delete,
}

/// <summary>Where a journey ended, and why.</summary>
/// <param name="Reason">Completes "the step …".</param>
internal sealed record JourneyFault(JourneyStep Step, string Reason);
