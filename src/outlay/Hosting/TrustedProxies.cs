using Microsoft.AspNetCore.HttpOverrides;

namespace Outlay.Hosting;

/// <summary>Believes what a proxy in TRUSTED_PROXIES says about others: their address, and whether they came over TLS. From anywhere else it means nothing.</summary>
internal static class TrustedProxies
{
    public static void UseTrustedProxies(this IApplicationBuilder app, Settings settings)
    {
        if (settings.Access.TrustedProxies.Count == 0)
            return;
        app.Use((context, next) =>
        {
            // Afterwards the address is the one that the proxy names.
            if (settings.Access.Trusts(context.Connection.RemoteIpAddress))
                context.Features.Set(new Trusted());
            return next(context);
        });
        var options = new ForwardedHeadersOptions
        {
            ForwardedHeaders = ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto,
            // Through as many trusted proxies as there are.
            ForwardLimit = null,
        };
        options.KnownProxies.Clear();
        options.KnownIPNetworks.Clear();
        foreach (var network in settings.Access.TrustedProxies)
            options.KnownIPNetworks.Add(network);
        app.UseForwardedHeaders(options);
    }

    /// <summary>Whether a trusted proxy has sent this request.</summary>
    public static bool Sent(HttpContext context) => context.Features.Get<Trusted>() is not null;

    /// <summary>Marks a request that a trusted proxy has sent.</summary>
    private sealed class Trusted;
}
