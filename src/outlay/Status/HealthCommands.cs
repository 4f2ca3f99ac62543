using System.Text.Json;
using Outlay.Cli;

namespace Outlay.Status;

/// <summary>The verb that asks a server one thing: whether it can do its work.</summary>
internal static class HealthCommands
{
    private static readonly string[] s_checks = ["/readyz", "/livez", "/startupz"];

    public static IEnumerable<Verb> All(CliContext cli) =>
    [
        new("healthcheck",
            "Asks a running server whether it can do its work, for a container or a script that has no curl. Exit code 0 when it can, 69 with the reasons when it cannot.",
            verb => Define(verb, cli),
            "outlay healthcheck", "outlay healthcheck --url http://127.0.0.1:9000", "outlay healthcheck --url http://127.0.0.1:8000/livez"),
    ];

    private static void Define(Verb verb, CliContext cli)
    {
        var url = Options.Url("--url", "The server, or one of its checks. Default: /readyz of the server that MANAGEMENT_LISTEN names, or LISTEN.");
        verb.Add(url);
        verb.SetAction(async (parsed, token) =>
        {
            var target = parsed.GetValue(url) ?? cli.Settings.OwnHealthAddress;
            if (target.AbsolutePath == "/")
                target = new Uri(target, "/readyz");
            using var client = new JsonClient(ofThisMachine: parsed.GetValue(url) is null);
            var answer = await client.GetAsync(target, token);
            if (StatusOf(answer) is not { } status)
                throw new AppException(ErrorCode.Unavailable, await NoCheckAsync(client, target, token));
            await cli.Out.WriteLineAsync(Told(target, answer, status).AsMemory(), token);
        });
    }

    /// <summary>Null when the answer is not that of a check.</summary>
    private static string? StatusOf(JsonElement answer) =>
        answer.ValueKind is JsonValueKind.Object && answer.TryGetProperty("status", out var status) && status.ValueKind is JsonValueKind.String ? status.GetString() : null;

    private static async Task<string> NoCheckAsync(JsonClient client, Uri target, CancellationToken token) =>
        !Array.Exists(s_checks, check => check == target.AbsolutePath) ? $"{target} is no check of Outlay: ask /readyz or /livez."
        : await client.IsOutlayAsync(target, token) ? StatusService.ChecksElsewhere(target)
        : $"{target.GetLeftPart(UriPartial.Authority)} is not a server of Outlay.";

    /// <summary>The status, and each check that is not ok with its reason. Throws <see cref="ErrorCode.Unavailable"/> when the server can do nothing.</summary>
    private static string Told(Uri target, JsonElement answer, string status)
    {
        var faults = answer.TryGetProperty("checks", out var checks)
            ? checks.EnumerateObject().Where(check => check.Value.GetProperty("status").GetString() != ServiceHealth.Ok)
                .Select(check => $"{check.Name}: {check.Value.GetProperty("reason").GetString()}")
            : [];
        var told = string.Join(Environment.NewLine, faults.Prepend(status));
        return status is ServiceHealth.Ok or "degraded" ? told : throw new AppException(ErrorCode.Unavailable, $"{target} says: {told}");
    }
}
