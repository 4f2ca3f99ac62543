using System.Net;
using System.Text.RegularExpressions;

namespace Outlay.Access;

/// <summary>Who may use the server, beside those who have a key.</summary>
/// <param name="AllowAnonymous">ALLOW_ANONYMOUS: whoever sends no key gets the book of the default owner, wherever the request comes from. Default false.</param>
/// <param name="AdminSecret">ADMIN_SECRET: whoever sends it may make, list and revoke keys; null for nobody.</param>
/// <param name="TrustedProxies">TRUSTED_PROXIES: the addresses whose headers about others are believed.</param>
/// <param name="AuthHeader">AUTH_HEADER: the header in which such a proxy names the person whom it has let in; null for none.</param>
/// <param name="AllowedHosts">ALLOWED_HOSTS: more names under which a server that asks for no key is reached.</param>
internal sealed partial record AccessSettings(
    bool AllowAnonymous, Secret? AdminSecret, IReadOnlyList<IPNetwork> TrustedProxies, string? AuthHeader, IReadOnlyList<string> AllowedHosts)
{
    /// <summary>The fewest characters of an ADMIN_SECRET: more than anybody can guess, from however many addresses.</summary>
    private const int MinSecretLength = 16;

    /// <summary>Headers that say something else, to the service or to a proxy.</summary>
    private static readonly string[] s_taken =
    [
        "Accept", "Authorization", "Connection", "Content-Length", "Content-Type", "Cookie", "Expect", "Forwarded", "Host", "Idempotency-Key", "If-Match", "If-None-Match",
        "Origin", "Proxy-Authorization", "Referer", "Sec-Fetch-Site", "traceparent", "tracestate", "Transfer-Encoding", "User-Agent", "Via", "X-Admin-Secret", "X-API-Key",
        "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Port", "X-Forwarded-Prefix", "X-Forwarded-Proto", "X-Original-For", "X-Original-Proto", "X-Real-IP",
    ];

    public static AccessSettings From(SettingsSource source)
    {
        var settings = new AccessSettings(
            source.Flag("ALLOW_ANONYMOUS", false), source.OptionalSecret("ADMIN_SECRET", MinSecretLength), ReadProxies(source),
            source.Text("AUTH_HEADER", "") is { Length: > 0 } header ? header : null, List(source, "ALLOWED_HOSTS"));
        foreach (var host in settings.AllowedHosts.Where(host => Uri.CheckHostName(host) is UriHostNameType.Unknown))
            source.Fault("ALLOWED_HOSTS", $"has '{host}'", "write names with commas between them, like outlay.example.com");
        if (settings.AuthHeader is { } name && (!HeaderName().IsMatch(name) || s_taken.Contains(name, StringComparer.OrdinalIgnoreCase)))
            source.Fault("AUTH_HEADER", $"is '{name}'", "use the name of a header that nothing else uses, like Remote-User");
        if (settings is { AuthHeader: not null, TrustedProxies.Count: 0 })
            source.Fault("AUTH_HEADER", "is set without TRUSTED_PROXIES", "set TRUSTED_PROXIES to the addresses from which the header is to be believed, like 127.0.0.1");
        if (settings.AuthHeader is not null && settings.TrustedProxies.Any(network => network.PrefixLength == 0))
            source.Fault("AUTH_HEADER", "is believed from every address by TRUSTED_PROXIES, so anybody could be anybody", "name the address of the proxy alone");
        return settings;
    }

    /// <summary>Whether a request comes from one of <see cref="TrustedProxies"/>.</summary>
    public bool Trusts(IPAddress? peer) =>
        peer is not null && (peer.IsIPv4MappedToIPv6 ? peer.MapToIPv4() : peer) is var address && TrustedProxies.Any(network => network.Contains(address));

    private static string[] List(SettingsSource source, string name) =>
        source.Text(name, "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    private static List<IPNetwork> ReadProxies(SettingsSource source)
    {
        var networks = new List<IPNetwork>();
        foreach (var text in List(source, "TRUSTED_PROXIES"))
        {
            if (IPNetwork.TryParse(text, out var network))
                networks.Add(network);
            else if (IPAddress.TryParse(text, out var address))
                networks.Add(new IPNetwork(address, 8 * address.GetAddressBytes().Length));
            else
                source.Fault("TRUSTED_PROXIES", $"has '{text}'", "write addresses and networks with commas between them, like 127.0.0.1,10.0.0.7");
        }

        return networks;
    }

    /// <summary>A token of RFC 9110, section 5.6.2, without what nobody uses in names.</summary>
    [GeneratedRegex(@"\A[A-Za-z0-9_-]{1,64}\z")]
    private static partial Regex HeaderName();
}
