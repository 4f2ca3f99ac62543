using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Outlay.Bench;

/// <summary>What became of the requests of a load.</summary>
/// <param name="Accepted">How long those took that were served, in ms.</param>
/// <param name="Shed">How many were answered 503.</param>
/// <param name="Failed">How many got another answer, or none.</param>
/// <param name="Seconds">How long the load lasted.</param>
internal sealed record LoadOutcome(IReadOnlyList<double> Accepted, int Shed, int Failed, double Seconds)
{
    /// <summary>Requests served per second.</summary>
    public double Goodput => Accepted.Count / Seconds;
}

/// <summary>
/// Sends requests at a rate that does not care how fast they are answered, as the world does. It speaks HTTP over bare sockets, so that it
/// takes little of the machine from the server. A request that waits in here for a connection has waited.
/// </summary>
internal sealed class OpenLoad(Uri address, int connections)
{
    private static readonly byte[] s_headEnd = "\r\n\r\n"u8.ToArray();
    private static readonly byte[] s_chunksEnd = "0\r\n\r\n"u8.ToArray();

    /// <param name="rate">Requests per second; null for as many as the connections can send one after the other.</param>
    public async Task<LoadOutcome> RunAsync(IReadOnlyList<byte[]> requests, double? rate, TimeSpan time, CancellationToken token)
    {
        var (accepted, shed, failed, ticket) = (new ConcurrentBag<double>(), 0, 0, -1L);
        var clock = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, connections).Select(_ => Task.Run(SendAsync, token)));
        return new LoadOutcome([.. accepted], shed, failed, clock.Elapsed.TotalSeconds);

        async Task SendAsync()
        {
            using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            await socket.ConnectAsync(address.Host, address.Port, token);
            var buffer = new byte[16 * 1024];
            while (true)
            {
                var mine = Interlocked.Increment(ref ticket);
                var due = rate is null ? clock.Elapsed : TimeSpan.FromSeconds(mine / rate.Value);
                if (due >= time)
                    return;
                if (due - clock.Elapsed is { Ticks: > 0 } early)
                {
                    await Task.Delay(early, token);
                    // A timer that is late is no fault of the server.
                    due = clock.Elapsed;
                }

                await socket.SendAsync(requests[(int)(mine % requests.Count)], token);
                switch (await ReceiveAsync(socket, buffer, token))
                {
                    case 200 or 201:
                        accepted.Add((clock.Elapsed - due).TotalMilliseconds);
                        break;
                    case 503:
                        Interlocked.Increment(ref shed);
                        break;
                    default:
                        Interlocked.Increment(ref failed);
                        break;
                }
            }
        }
    }

    /// <summary>A POST of an expense, as it goes over the wire.</summary>
    public static byte[] Post(byte[] body) =>
        [.. Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"POST /expenses HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\n\r\n")), .. body];

    /// <summary>Reads one whole answer, and gives its status.</summary>
    private static async Task<int> ReceiveAsync(Socket socket, byte[] buffer, CancellationToken token)
    {
        var length = 0;
        while (!IsWhole(buffer.AsSpan(0, length)))
        {
            var count = await socket.ReceiveAsync(buffer.AsMemory(length), token);
            if (count == 0)
                throw new IOException("The server closed a connection that it had kept open.");
            length += count;
        }

        return int.Parse(buffer.AsSpan(9, 3), NumberStyles.None, CultureInfo.InvariantCulture);
    }

    private static bool IsWhole(ReadOnlySpan<byte> answer)
    {
        var head = answer.IndexOf(s_headEnd);
        if (head < 0)
            return false;
        var at = answer[..head].IndexOf("Content-Length: "u8);
        if (at < 0)
            return answer.EndsWith(s_chunksEnd);
        var digits = answer[(at + 16)..];
        return answer.Length == head + s_headEnd.Length + int.Parse(digits[..digits.IndexOf((byte)'\r')], NumberStyles.None, CultureInfo.InvariantCulture);
    }
}
