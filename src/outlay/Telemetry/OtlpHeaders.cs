namespace Outlay.Telemetry;

/// <summary>Adds the headers that a receiver wants to every export, as they are then: they may hold a token that changes.</summary>
internal sealed class OtlpHeaders(Secret headers) : DelegatingHandler(new SocketsHttpHandler { UseCookies = false })
{
    protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken) => base.Send(WithHeaders(request), cancellationToken);

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
        base.SendAsync(WithHeaders(request), cancellationToken);

    private HttpRequestMessage WithHeaders(HttpRequestMessage request)
    {
        foreach (var (name, value) in TelemetrySettings.Pairs(headers.Read(), out _))
        {
            // The exporter has those of the environment by itself.
            request.Headers.Remove(name);
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return request;
    }
}
