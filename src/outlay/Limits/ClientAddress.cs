using System.Net;
using System.Net.Sockets;

namespace Outlay.Limits;

/// <summary>The address that a request is counted for.</summary>
internal static class ClientAddress
{
    /// <summary>The address of the client, as a trusted proxy says or the connection. Of IPv6 the first 64 bits: one customer has all addresses behind them.</summary>
    public static string Of(HttpContext context) => Of(context.Connection.RemoteIpAddress);

    public static string Of(IPAddress? address)
    {
        if (address is null)
            return "unknown";
        if (address.IsIPv4MappedToIPv6)
            address = address.MapToIPv4();
        return address.AddressFamily is AddressFamily.InterNetworkV6 && !IPAddress.IsLoopback(address)
            ? $"{new IPAddress([.. address.GetAddressBytes()[..8], .. new byte[8]])}/64"
            : address.ToString();
    }
}
