using System.CommandLine;
using Outlay.Backup;
using Outlay.Cli;

namespace Outlay.Storage;

/// <summary>The verb that brings the schema up to date.</summary>
internal static class StorageCommands
{
    public static IEnumerable<Verb> All(CliContext cli) =>
    [
        new("migrate",
            "Brings the schema of the database up to date, after a verified backup, and takes over a database of the original system. " +
            "Every other verb does this by itself.",
            verb => Migrate(verb, cli),
            "outlay migrate",
            "outlay migrate --dry-run"),
    ];

    private static void Migrate(Verb verb, CliContext cli)
    {
        var dryRun = new Option<bool>("--dry-run") { Description = "Say what would be done, and change nothing. Default: do it." };
        var noSnapshot = new Option<bool>("--no-snapshot") { Description = "Go on without a backup. Default: a database with expenses is backed up before, and the backup verified." };
        verb.Add(dryRun);
        verb.Add(noSnapshot);
        verb.SetAction(async (parsed, token) =>
        {
            var withBackup = !parsed.GetValue(noSnapshot);
            if (parsed.GetValue(dryRun))
                Write(cli, await cli.Upgrade.PlanAsync(token), withBackup);
            else
                await MigrateAsync(cli, withBackup, token);
            await cli.TellAsync($"Database: {cli.Database.Location}");
        });
    }

    private static void Write(CliContext cli, UpgradePlan plan, bool withBackup)
    {
        if (plan.Pending.Count == 0)
            cli.Out.WriteLine("the schema is up to date");
        else if (plan.NeedsBackup)
            cli.Out.WriteLine(withBackup
                ? $"would back up and verify {Plural.Of(plan.Expenses, "expense")} into {cli.Settings.BackupsDir}"
                : $"would make no backup of {Plural.Of(plan.Expenses, "expense")}");
        foreach (var name in plan.Pending)
            cli.Out.WriteLine($"would apply {name}");
    }

    private static async Task MigrateAsync(CliContext cli, bool withBackup, CancellationToken token)
    {
        var report = await cli.Upgrade.RunAsync(withBackup, token);
        foreach (var name in report.Applied)
            cli.Out.WriteLine($"applied {name}");
        if (report.Adopted > 0)
            cli.Out.WriteLine($"took over {Plural.Of(report.Adopted, "expense")} of the original system");
        if (report.Applied.Count == 0)
            cli.Out.WriteLine("the schema is up to date");
        if (await cli.Database.CreateRolesAsync(token) is { } roles)
            await cli.TellAsync(roles);
    }
}
