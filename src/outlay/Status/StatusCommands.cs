using Outlay.Cli;

namespace Outlay.Status;

/// <summary>The verb that says how all is.</summary>
internal static class StatusCommands
{
    public static IEnumerable<Verb> All(CliContext cli) =>
    [
        new("status",
            "Shows how the service is, what is left of the error budget of each objective, which alerts fire, and how old the last verified backup is. "
            + "Exit code 0 when all is well, 1 when something needs a look, 69 when the service cannot serve, or Prometheus or the database cannot be asked.",
            verb => Define(verb, cli),
            "outlay status", "outlay status --prometheus http://127.0.0.1:9090", "outlay status --url http://127.0.0.1:9000 --output json"),
    ];

    private static void Define(Verb verb, CliContext cli)
    {
        var url = Options.Url("--url", "The server. Default: the one that MANAGEMENT_LISTEN names, or LISTEN.");
        var prometheus = Options.Url("--prometheus", "The Prometheus that scrapes it. Default: PROMETHEUS_URL.");
        var output = Options.Output();
        verb.Add(url);
        verb.Add(prometheus);
        verb.Add(output);
        verb.SetAction(async (parsed, token) =>
        {
            var report = await AskAsync(cli, parsed.GetValue(url), parsed.GetValue(prometheus) ?? cli.Settings.Prometheus, token);
            await StatusOutput.WriteAsync(cli, parsed.GetValue(output), report, token);
            if (report.Code is { } code)
                throw new AppException(code, $"Not all is well: {string.Join("; ", report.Concerns)}");
        });
    }

    private static async Task<StatusReport> AskAsync(CliContext cli, Uri? other, Uri? prometheus, CancellationToken token)
    {
        using var client = new JsonClient(ofThisMachine: other is null);
        var service = new StatusService(client);
        var promises = service.PromisesAsync(prometheus, token);
        var health = await service.ServiceAsync(other ?? cli.Settings.OwnHealthAddress, token);
        var isFresh = health.Checks.Any(check => check is { Name: "backup", Status: ServiceHealth.Ok });
        var backup = await KeptBackup.FindAsync(cli.Backups, cli.Settings, cli.Clock.GetUtcNow(), isFresh, token);
        return new StatusReport(health, await promises, backup);
    }
}
