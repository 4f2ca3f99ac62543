using System.CommandLine;

namespace Outlay.Cli;

/// <summary>The verb that runs the server.</summary>
internal static class ServeCommands
{
    public static IEnumerable<Command> All(CliContext cli)
    {
        var serve = new Verb("serve",
            "Runs the server: the API and its interactive docs, until Ctrl-C or SIGTERM.",
            "outlay serve", "LISTEN=http://127.0.0.1:9000 outlay serve");
        serve.SetAction((_, token) => App.RunAsync(cli.Settings, address => Announce(cli, address), token));
        return [serve];
    }

    private static void Announce(CliContext cli, Uri address) => cli.Messages.WriteLine(
        $$"""
        Outlay is ready at {{address}} (Ctrl-C stops it). Try:
          {{cli.ProgramName}} add 3.50 Coffee
          curl -X POST {{address}}expenses -H 'Content-Type: application/json' -d '{"date":"2026-02-19","description":"Coffee","amount":3.50}'
          curl {{address}}expenses
        """);
}
