using System.Net.Security;
using System.Text.Json;

namespace Outlay.Status;

/// <summary>Asks servers for JSON, each answer within a few seconds, and tells their failures in our words.</summary>
/// <param name="ofThisMachine">Whether it asks the server of this machine, by its address, which is no name of a certificate: then any will do.</param>
internal sealed class JsonClient(bool ofThisMachine) : IDisposable
{
    /// <summary>Longer than the service takes to find out how it is.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    // A proxy of the environment is for the world outside.
    private readonly HttpClient _client = new(new SocketsHttpHandler
    {
        UseProxy = false,
        // No secret is sent.
        SslOptions = { RemoteCertificateValidationCallback = (_, _, _, faults) => faults is SslPolicyErrors.None || ofThisMachine },
    })
    { Timeout = s_patience };

    /// <summary>The answer, whatever its status is. Throws <see cref="ErrorCode.Unavailable"/> when there is none, or when it is not JSON.</summary>
    public async Task<JsonElement> GetAsync(Uri url, CancellationToken token)
    {
        var server = url.GetLeftPart(UriPartial.Authority);
        try
        {
            using var response = await _client.GetAsync(url, token);
            var text = await response.Content.ReadAsStringAsync(token);
            return TryParse(text) ?? throw new AppException(ErrorCode.Unavailable, $"{server} answered {(int)response.StatusCode} and no JSON: it is something else");
        }
        catch (HttpRequestException e)
        {
            throw new AppException(ErrorCode.Unavailable, $"{server} could not be reached: {e.Message}", e);
        }
        catch (OperationCanceledException e) when (!token.IsCancellationRequested)
        {
            throw new AppException(ErrorCode.Unavailable, $"{server} did not answer within {s_patience.TotalSeconds} s", e);
        }
    }

    /// <summary>Whether a server of Outlay answers there, be it without its checks.</summary>
    public async Task<bool> IsOutlayAsync(Uri server, CancellationToken token)
    {
        try
        {
            return await GetAsync(new Uri(server, "/"), token) is { ValueKind: JsonValueKind.Object } answer
                && answer.TryGetProperty("service", out var service) && service.ValueKind is JsonValueKind.String && service.GetString() == Product.Name;
        }
        catch (AppException)
        {
            // Whatever was asked before tells what is wrong.
            return false;
        }
    }

    public void Dispose() => _client.Dispose();

    private static JsonElement? TryParse(string text)
    {
        try
        {
            return JsonElement.Parse(text);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
