using System.Net;
using System.Text.Json;
using Outlay.Cli;

namespace Outlay.Hosting;

/// <summary>The verb that asks a server how it is.</summary>
internal static class HealthCommands
{
    /// <summary>Longer than the server takes to find out.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    public static IEnumerable<Verb> All(CliContext cli) =>
    [
        new("healthcheck",
            "Asks a running server whether it can do its work, for a container or a script that has no curl. Exit code 0 when it can, 69 with the reasons when it cannot.",
            verb => Define(verb, cli),
            "outlay healthcheck", "outlay healthcheck --url http://127.0.0.1:9000", "outlay healthcheck --url http://127.0.0.1:8000/livez"),
    ];

    private static void Define(Verb verb, CliContext cli)
    {
        var url = Options.Url("--url", "The server, or one of its checks. Default: /readyz of the server that LISTEN names.");
        verb.Add(url);
        verb.SetAction((parsed, token) => AskAsync(cli, Target(parsed.GetValue(url) ?? Own(cli.Settings.Listen)), token));
    }

    private static Uri Target(Uri url) => url.AbsolutePath == "/" ? new Uri(url, "/readyz") : url;

    /// <summary>Where this machine reaches a server that listens there: on all addresses, or on a name, it listens on the loopback too.</summary>
    private static Uri Own(Uri listen)
    {
        if (listen.Port == 0)
            throw new AppException(ErrorCode.Usage, "LISTEN has port 0, so the server took any: name it with --url.");
        var isAddress = IPAddress.TryParse(listen.Host.Trim('[', ']'), out var address);
        // Kestrel lets a socket for all addresses of IPv6 take IPv4 too, which works where IPv6 is switched off.
        var all = isAddress && (address!.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any));
        return isAddress && !all ? listen : new UriBuilder(listen) { Host = "127.0.0.1" }.Uri;
    }

    private static async Task AskAsync(CliContext cli, Uri target, CancellationToken token)
    {
        // A proxy of the environment is for the world outside.
        using var handler = new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false };
        using var client = new HttpClient(handler) { Timeout = s_patience };
        try
        {
            using var response = await client.GetAsync(target, token);
            var answer = await response.Content.ReadAsStringAsync(token);
            var told = Told(answer) ?? $"answered {(int)response.StatusCode}";
            if (!response.IsSuccessStatusCode)
                throw new AppException(ErrorCode.Unavailable, $"{target} says: {told}");
            await cli.Out.WriteLineAsync(told.AsMemory(), token);
        }
        catch (HttpRequestException e)
        {
            throw new AppException(ErrorCode.Unavailable, $"{target} cannot be reached: {e.Message}", e);
        }
        catch (OperationCanceledException e) when (!token.IsCancellationRequested)
        {
            throw new AppException(ErrorCode.Unavailable, $"{target} did not answer within {s_patience.TotalSeconds} s.", e);
        }
    }

    /// <summary>The status, and each check that is not ok with its reason; null when the answer is not one of these.</summary>
    private static string? Told(string answer)
    {
        try
        {
            var report = JsonElement.Parse(answer);
            var status = report.GetProperty("status").GetString()!;
            var faults = report.TryGetProperty("checks", out var checks)
                ? checks.EnumerateObject().Where(check => check.Value.GetProperty("status").GetString() != "ok")
                    .Select(check => $"{check.Name}: {check.Value.GetProperty("reason").GetString()}")
                : [];
            return string.Join(Environment.NewLine, faults.Prepend(status));
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            return null;
        }
    }
}
