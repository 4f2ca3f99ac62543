using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Outlay.Access;

namespace Outlay.Limits;

/// <summary>Keeps one address from taking all connections: what it opens beyond its share is closed. Proxies in TRUSTED_PROXIES come for many, and have no share.</summary>
internal sealed class ConnectionShares(int share, AccessSettings access)
{
    private readonly ConcurrentDictionary<string, int> _open = new(StringComparer.Ordinal);

    /// <summary>Has the connections of a socket counted.</summary>
    public static void Limit(ListenOptions socket, Settings settings)
    {
        var shares = new ConnectionShares(settings.Limits.ConnectionsOfAddress, settings.Access);
        socket.Use(next => connection => shares.RunAsync(connection, next));
    }

    private async Task RunAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        var address = (connection.RemoteEndPoint as IPEndPoint)?.Address;
        if (access.Trusts(address))
        {
            await next(connection);
            return;
        }

        var client = ClientAddress.Of(address);
        try
        {
            if (_open.AddOrUpdate(client, 1, (_, open) => open + 1) <= share)
                await next(connection);
        }
        finally
        {
            Leave(client);
        }
    }

    /// <summary>An address without a connection is forgotten, unless one comes in the same moment.</summary>
    private void Leave(string client)
    {
        var open = _open.AddOrUpdate(client, 0, (_, open) => open - 1);
        if (open == 0)
            _open.TryRemove(KeyValuePair.Create(client, 0));
    }
}
