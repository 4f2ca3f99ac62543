using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Outlay.Bench;

/// <summary>A running server process on one book, and a client of it.</summary>
internal sealed class Server : IAsyncDisposable
{
    private static readonly TimeSpan s_glance = TimeSpan.FromMilliseconds(2);
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(2);

    private Server(Book book, Process process, HttpClient client)
    {
        Book = book;
        Process = process;
        Client = client;
    }

    public Book Book { get; }

    public Process Process { get; }

    /// <summary>Keeps its connections open.</summary>
    public HttpClient Client { get; }

    /// <summary>From the start of the process until /readyz answered 200.</summary>
    public TimeSpan StartToReady { get; private set; }

    /// <param name="settings">Environment variables beside those that select the book.</param>
    public static async Task<Server> StartAsync(OutlayProgram program, Book book, CancellationToken token, params (string Name, string Value)[] settings)
    {
        var address = $"http://127.0.0.1:{FreePort()}";
        var log = Path.Combine(book.Folder, "log");
        var client = new HttpClient { BaseAddress = new Uri(address), Timeout = s_patience };
        var clock = Stopwatch.StartNew();
        var all = settings.Append((Name: "LISTEN", Value: address)).Append((Name: "DRAIN_DELAY", Value: "0s"));
        var server = new Server(book, program.Start(book, all.ToDictionary(setting => setting.Name, setting => setting.Value), log, "serve"), client);
        while (!await server.IsReadyAsync(token))
        {
            if (server.Process.HasExited || clock.Elapsed > s_patience)
                throw new InvalidOperationException($"The server did not become ready:\n{await File.ReadAllTextAsync(log, token)}");
            await Task.Delay(s_glance, token);
        }

        server.StartToReady = clock.Elapsed;
        return server;
    }

    /// <summary>Gets an answer whole. Throws <see cref="HttpRequestException"/> when it is not a success.</summary>
    public async Task GetAsync(string path, CancellationToken token)
    {
        using var response = await Client.GetAsync(path, HttpCompletionOption.ResponseHeadersRead, token);
        response.EnsureSuccessStatusCode();
        await response.Content.CopyToAsync(Stream.Null, token);
    }

    /// <summary>Records an expense. Throws <see cref="HttpRequestException"/> when it is not a success.</summary>
    public async Task PostAsync(byte[] body, CancellationToken token)
    {
        using var content = new ByteArrayContent(body) { Headers = { ContentType = new("application/json") } };
        using var response = await Client.PostAsync("/expenses", content, token);
        if (!response.IsSuccessStatusCode)
            throw new HttpRequestException($"{response.StatusCode}: {await response.Content.ReadAsStringAsync(token)}");
        await response.Content.CopyToAsync(Stream.Null, token);
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        // The way a service manager stops it.
        using (var kill = Process.Start("kill", ["-TERM", $"{Process.Id}"]))
            await kill.WaitForExitAsync();
        await Process.WaitForExitAsync();
        Process.Dispose();
    }

    private async Task<bool> IsReadyAsync(CancellationToken token)
    {
        try
        {
            using var response = await Client.GetAsync("/readyz", token);
            return response.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            // Nobody listens yet.
            return false;
        }
    }

    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
