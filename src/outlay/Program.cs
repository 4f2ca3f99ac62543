using Outlay.Cli;

await using var cli = new CliContext(TimeProvider.System);
using var shutdown = new Shutdown();
return await CommandLine.RunAsync(cli, args, shutdown.Token);
