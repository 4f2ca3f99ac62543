using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Outlay.Tests.Harness;

/// <summary>What becomes of the bytes between a client and a server.</summary>
internal enum Link
{
    /// <summary>They arrive.</summary>
    Whole,

    /// <summary>Neither side hears of the other any more, and nobody is told: as when a cable is pulled or a server hangs.</summary>
    Silent,

    /// <summary>Each message to the server arrives later, by <see cref="TcpProxy.Delay"/>.</summary>
    Slow,

    /// <summary>The connection is closed when the client sends COMMIT, before the server gets it.</summary>
    CutBeforeCommit,

    /// <summary>The connection is closed when the server has answered COMMIT, before the client gets that.</summary>
    CutAfterCommit,

    /// <summary>As a pooler does: the server has committed, and the pooler says that it lost the server.</summary>
    PoolerErrorAfterCommit,

    /// <summary>New connections are closed at once, and those that there are.</summary>
    Refusing,
}

/// <summary>Stands between the program and PostgreSQL, and loses what a test wants to be lost.</summary>
internal sealed class TcpProxy : IAsyncDisposable
{
    private static readonly byte[] s_commit = "COMMIT\0"u8.ToArray();
    private static readonly byte[] s_lostServer = "SFATAL\0VFATAL\0C08P01\0Mserver conn crashed?\0\0"u8.ToArray();

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentDictionary<TcpClient, bool> _clients = [];
    private readonly CancellationTokenSource _end = new();
    private readonly int _serverPort;
    private readonly Task _accepting;
    private int _accepted;
    private Link _link;

    public TcpProxy(int serverPort)
    {
        _serverPort = serverPort;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    /// <summary>How many connections were asked for.</summary>
    public int Accepted => _accepted;

    /// <summary>How much later, on a slow link.</summary>
    public TimeSpan Delay { get; set; }

    /// <summary>A cut happens once: after it, the link is whole.</summary>
    public Link Link
    {
        get => _link;
        set
        {
            _link = value;
            if (value is Link.Refusing)
                CloseAll();
        }
    }

    /// <summary>The environment of a database, reached through this.</summary>
    public static (TcpProxy Proxy, Dictionary<string, string> Environment) Before(IReadOnlyDictionary<string, string> environment)
    {
        var proxy = new TcpProxy(int.Parse(environment["DB_PORT"], null));
        return (proxy, new Dictionary<string, string>(environment) { ["DB_PORT"] = $"{((IPEndPoint)proxy._listener.LocalEndpoint).Port}" });
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _listener.Stop();
        await _accepting;
        CloseAll();
        _end.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
                _ = CarryAsync(await _listener.AcceptTcpClientAsync(_end.Token));
        }
        catch (OperationCanceledException)
        {
        }
    }

    private async Task CarryAsync(TcpClient client)
    {
        Interlocked.Increment(ref _accepted);
        using var server = new TcpClient();
        _clients.TryAdd(client, true);
        try
        {
            if (Link is Link.Refusing)
                return;
            await server.ConnectAsync(IPAddress.Loopback, _serverPort, _end.Token);
            var connection = new Connection { Client = client.GetStream() };
            await Task.WhenAny(
                CopyAsync(client.GetStream(), server.GetStream(), bytes => AskAsync(bytes, connection)),
                CopyAsync(server.GetStream(), client.GetStream(), bytes => AnswerAsync(bytes, connection)));
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
        {
        }
        finally
        {
            _clients.TryRemove(client, out _);
            client.Dispose();
        }
    }

    private async Task CopyAsync(NetworkStream from, NetworkStream to, Func<ReadOnlyMemory<byte>, Task<bool>> mayPass)
    {
        var buffer = new byte[64 * 1024];
        try
        {
            for (var count = await from.ReadAsync(buffer, _end.Token); count > 0; count = await from.ReadAsync(buffer, _end.Token))
            {
                if (!await mayPass(buffer.AsMemory(0, count)))
                    return;
                await to.WriteAsync(buffer.AsMemory(0, count), _end.Token);
            }
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
        {
        }
    }

    private async Task<bool> AskAsync(ReadOnlyMemory<byte> bytes, Connection connection)
    {
        await BeSilentAsync();
        if (Link is Link.Slow)
            await Task.Delay(Delay, _end.Token);
        if (Link is not (Link.CutBeforeCommit or Link.CutAfterCommit or Link.PoolerErrorAfterCommit) || bytes.Span.IndexOf(s_commit) < 0)
            return true;
        connection.IsDoomed = Link is Link.CutAfterCommit or Link.PoolerErrorAfterCommit;
        connection.Error = Link is Link.PoolerErrorAfterCommit;
        Link = Link.Whole;
        return connection.IsDoomed;
    }

    private async Task<bool> AnswerAsync(ReadOnlyMemory<byte> bytes, Connection connection)
    {
        await BeSilentAsync();
        if (connection.Error)
        {
            await connection.Client.WriteAsync((byte[])[(byte)'E', 0, 0, 0, (byte)(s_lostServer.Length + 4), .. s_lostServer], _end.Token);
        }

        return !connection.IsDoomed;
    }

    private async Task BeSilentAsync()
    {
        while (Link is Link.Silent)
            await Task.Delay(20, _end.Token);
    }

    private void CloseAll()
    {
        foreach (var client in _clients.Keys)
            client.Dispose();
    }

    private sealed class Connection
    {
        /// <summary>Whether the next answer is lost, and the connection with it.</summary>
        public bool IsDoomed { get; set; }

        /// <summary>Whether the next answer is an error of a pooler.</summary>
        public bool Error { get; set; }

        public required NetworkStream Client { get; init; }
    }
}
