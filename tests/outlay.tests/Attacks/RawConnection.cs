using System.Diagnostics;
using System.Net.Sockets;

namespace Outlay.Tests.Attacks;

/// <summary>What came back for a request.</summary>
/// <param name="Answers">In their order; none when the server closed the connection instead.</param>
/// <param name="IsOpen">Whether the connection can serve another request.</param>
internal sealed record Exchange(IReadOnlyList<RawAnswer> Answers, bool IsOpen, TimeSpan Time);

/// <summary>A connection that carries bytes as they are.</summary>
internal sealed class RawConnection : IDisposable
{
    /// <summary>Far more than the server waits for a request: only one that hangs gets here.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    /// <summary>How long it is watched for a second answer that nobody asked for, when the end of a request can be disputed.</summary>
    private static readonly TimeSpan s_watch = TimeSpan.FromMilliseconds(100);

    private readonly Socket _socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, LingerState = new LingerOption(true, 0) };

    public static async Task<RawConnection> OpenAsync(Uri address, CancellationToken token)
    {
        var connection = new RawConnection();
        await connection._socket.ConnectAsync(address.Host, address.Port, token);
        return connection;
    }

    /// <summary>Sends bytes and expects nothing.</summary>
    public async Task SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken token) => await _socket.SendAsync(bytes, token);

    /// <summary>Sends a request and reads what comes for it. Throws a <see cref="TimeoutException"/> when nothing comes.</summary>
    public Task<Exchange> AskAsync(RawRequest request, CancellationToken token) =>
        AskAsync(request.ToBytes(), request.Ending, request.Method == "HEAD", request.IsWellFramed, token);

    /// <param name="wellFramed">Whether there can only be one answer; otherwise all that come are read.</param>
    public async Task<Exchange> AskAsync(byte[] bytes, Ending ending, bool toHead, bool wellFramed, CancellationToken token)
    {
        var start = Stopwatch.GetTimestamp();
        try
        {
            // The server may refuse a request before it has read it to its end.
            var sending = _socket.SendAsync(bytes, token).AsTask();
            if (ending is Ending.HangUp)
            {
                await sending;
                return new Exchange([], false, Stopwatch.GetElapsedTime(start));
            }

            if (ending is Ending.HalfClose)
            {
                await sending;
                _socket.Shutdown(SocketShutdown.Send);
            }

            var exchange = await ReadAsync(toHead, wellFramed, start, token);
            return exchange with { IsOpen = exchange.IsOpen && sending.IsCompletedSuccessfully && ending is Ending.Read };
        }
        catch (SocketException)
        {
            return new Exchange([], false, Stopwatch.GetElapsedTime(start));
        }
    }

    public void Dispose() => _socket.Dispose();

    private async Task<Exchange> ReadAsync(bool toHead, bool wellFramed, long start, CancellationToken token)
    {
        var answers = new List<RawAnswer>();
        var (bytes, count, taken) = (new byte[16 * 1024], 0, 0);
        while (true)
        {
            if (count == bytes.Length)
                Array.Resize(ref bytes, 2 * bytes.Length);
            var got = await ReceiveAsync(bytes.AsMemory(count), answers.Count == 0 ? s_patience : s_watch, token);
            if (got is null && answers.Count == 0)
                throw new TimeoutException($"Nothing came within {s_patience.TotalSeconds} s.");
            count += got ?? 0;
            while (RawAnswer.TryRead(bytes.AsSpan(taken, count - taken), toHead, got == 0, out var length) is { } answer)
            {
                answers.Add(answer);
                taken += length;
            }

            var isClosing = got is 0 || (answers.Count > 0 && answers[^1]["Connection"] == "close");
            if (got is null or 0 || isClosing || (wellFramed && answers.Count > 0))
                return new Exchange(answers, !isClosing && taken == count, Stopwatch.GetElapsedTime(start));
        }
    }

    /// <summary>How many bytes came, 0 at the end; null when none came in time.</summary>
    private async Task<int?> ReceiveAsync(Memory<byte> buffer, TimeSpan patience, CancellationToken token)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(token);
        limit.CancelAfter(patience);
        try
        {
            return await _socket.ReceiveAsync(buffer, limit.Token);
        }
        catch (OperationCanceledException) when (!token.IsCancellationRequested)
        {
            return null;
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.ConnectionReset)
        {
            return 0;
        }
    }
}
