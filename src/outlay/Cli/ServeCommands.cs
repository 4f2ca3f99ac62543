namespace Outlay.Cli;

/// <summary>The verb that runs the server.</summary>
internal static class ServeCommands
{
    public static IEnumerable<Verb> All(CliContext cli) =>
    [
        new("serve", "Runs the server: the API and its interactive docs, until Ctrl-C or SIGTERM.",
            verb => verb.SetAction(async (_, token) =>
            {
                await App.RunAsync(cli.Settings, addresses => Announce(cli, addresses), token);
                await cli.TellAsync("Outlay has stopped.");
            }),
            "outlay serve", "LISTEN=http://127.0.0.1:9000 outlay serve"),
    ];

    private static void Announce(CliContext cli, IReadOnlyList<Uri> addresses)
    {
        var address = addresses[0];
        cli.Messages.WriteLine(
            $$"""
            Outlay is ready at {{address}} (Ctrl-C stops it). Try:
              {{cli.ProgramName}} add 3.50 Coffee
              curl -X POST {{address}}expenses -H 'Content-Type: application/json' -d '{"date":"2026-02-19","description":"Coffee","amount":3.50}'
              curl {{address}}expenses
            """);
        if (cli.Settings.Management is not null)
            cli.Messages.WriteLine($"Metrics, health and administration are at {addresses[^1]}.");
    }
}
