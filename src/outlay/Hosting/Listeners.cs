using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Outlay.Limits;

namespace Outlay.Hosting;

/// <summary>Where the server listens: for everybody, and for whoever runs it.</summary>
internal static class Listeners
{
    /// <summary>Has the server listen where the settings say, LISTEN first.</summary>
    public static void Open(KestrelServerOptions kestrel, Settings settings)
    {
        Open(kestrel, settings.Listen, socket =>
        {
            // Whoever is alone on the machine takes connections from nobody.
            if (!settings.IsPrivate)
                ConnectionShares.Limit(socket, settings);
            Protect(socket, settings.Listen);
        });
        if (settings.Management is { } management)
            Open(kestrel, management, socket =>
            {
                Protect(socket, management);
                ManagementPort.Mark(socket);
            });
    }

    /// <summary>Begins to listen. Throws <see cref="ErrorCode.BadConfiguration"/> when it cannot.</summary>
    /// <param name="addresses">In the order in which they are opened, with where each was given.</param>
    public static async Task StartAsync(WebApplication app, IReadOnlyList<(Uri Address, string Setting)> addresses, CancellationToken token)
    {
        try
        {
            await app.StartAsync(token);
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            // The server adds each address when it is open: the next one is what failed.
            var (address, setting) = addresses[Math.Min(app.Urls.Count, addresses.Count - 1)];
            throw new AppException(ErrorCode.BadConfiguration,
                $"Cannot listen on {address}: {ReasonOf(e)}. Set {setting} to an address of this machine and a port that no other program uses, for example {address.Scheme}://127.0.0.1:{address.Port + 1}.", e);
        }
    }

    private static void Protect(ListenOptions socket, Uri address)
    {
        if (address.Scheme != Uri.UriSchemeHttps)
            return;
        var certificate = socket.ApplicationServices.GetRequiredService<TlsCertificate>();
        socket.UseHttps(new TlsHandshakeCallbackOptions
        {
            OnConnection = _ => ValueTask.FromResult(new SslServerAuthenticationOptions { ServerCertificateContext = certificate.Now }),
        });
    }

    private static void Open(KestrelServerOptions kestrel, Uri address, Action<ListenOptions> configure)
    {
        if (address.Host == "localhost")
            kestrel.ListenLocalhost(address.Port, configure);
        else if (IPAddress.TryParse(address.Host.Trim('[', ']'), out var ip))
            kestrel.Listen(ip, address.Port, configure);
        else
            kestrel.ListenAnyIP(address.Port, configure);
    }

    /// <summary>What the system says, in words of our own: those of the web server name the address a second time.</summary>
    private static string ReasonOf(Exception exception)
    {
        var cause = exception;
        while (cause is not SocketException && cause.InnerException is { } inner)
            cause = inner;
        return (cause as SocketException)?.SocketErrorCode switch
        {
            SocketError.AddressAlreadyInUse => "another program listens there",
            SocketError.AddressNotAvailable => "this machine has no such address",
            SocketError.AccessDenied => "the system does not allow it; ports below 1024 are for the superuser",
            _ when exception.InnerException is AddressInUseException => "another program listens there",
            _ => cause.Message.TrimEnd('.'),
        };
    }
}
