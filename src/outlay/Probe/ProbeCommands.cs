using Outlay.Cli;

namespace Outlay.Probe;

/// <summary>The verb that watches a service from outside.</summary>
internal static class ProbeCommands
{
    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(2);

    public static IEnumerable<Verb> All(CliContext cli) =>
    [
        new("probe",
            "Watches a service from outside: writes an expense of the test currency XTS, reads it, sums up and deletes it, again and again, and tells Prometheus at /metrics. "
            + "With --once it does so once: exit code 0 when all went well, 69 when not. PROBE_API_KEY is sent if it is set.",
            verb => Define(verb, cli),
            "outlay probe", "outlay probe --url https://expenses.example.org --interval 10s --listen http://127.0.0.1:9101", "outlay probe --once"),
    ];

    private static void Define(Verb verb, CliContext cli)
    {
        var url = Options.Url("--url", "The service. Default: the one that LISTEN names.");
        var listen = Options.Url("--listen", "Where it answers /metrics. Default: http://127.0.0.1:9101.");
        var interval = Options.Duration("--interval", "From one journey to the next. Default: 5s.", "50ms", "1h");
        var timeout = Options.Duration("--timeout", "How long each step may take before the journey has failed. Default: 2s.", "50ms", "5m");
        var once = new System.CommandLine.Option<bool>("--once") { Description = "Make one journey and end." };
        verb.Add(url);
        verb.Add(listen);
        verb.Add(interval);
        verb.Add(timeout);
        verb.Add(once);
        verb.SetAction(async (parsed, token) =>
        {
            var target = parsed.GetValue(url) ?? cli.Settings.OwnAddress;
            using var journey = new Journey(target, cli.Settings.ProbeApiKey, parsed.GetValue(timeout) ?? s_patience, cli.Clock);
            if (parsed.GetValue(once))
                await OnceAsync(cli, target, journey, token);
            else
                await Prober.ServeAsync(cli.Settings, journey, parsed.GetValue(listen) ?? new Uri("http://127.0.0.1:9101"), parsed.GetValue(interval) ?? s_interval, cli.Clock, token);
        });
    }

    private static async Task OnceAsync(CliContext cli, Uri target, Journey journey, CancellationToken token)
    {
        var start = cli.Clock.GetTimestamp();
        if (await journey.RunAsync((_, _) => { }, token) is { } fault)
            throw new AppException(ErrorCode.Unavailable, $"{target}: the journey ended at its step {fault.Step.ToString().ToLowerInvariant()}, {fault.Reason}.");
        await cli.Out.WriteLineAsync($"Wrote, read, summed up and deleted an expense in {cli.Clock.GetElapsedTime(start).TotalMilliseconds:F0} ms.".AsMemory(), token);
    }
}
