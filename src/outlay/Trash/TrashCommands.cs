using Outlay.Cli;

namespace Outlay.Trash;

/// <summary>The verb that empties the trash.</summary>
internal static class TrashCommands
{
    private const int MaxDays = 36_500;

    public static IEnumerable<Verb> All(CliContext cli) =>
    [
        new("purge", "Removes for good what is in the trash, after asking. The history of it stays.", verb => Purge(verb, cli),
            "outlay purge",
            "outlay purge --older-than 30 --yes") { ActsOnBook = true },
    ];

    private static void Purge(Verb verb, CliContext cli)
    {
        var days = Options.Number("--older-than", "DAYS", $"Only what was deleted at least so many days ago, 0 to {MaxDays}. Default: 0, all of it.", 0, MaxDays);
        var yes = Options.Yes();
        verb.Add(days);
        verb.Add(yes);
        verb.SetAction(async (parsed, token) =>
        {
            var age = TimeSpan.FromDays(parsed.GetValue(days) ?? 0);
            var trash = await cli.TrashAsync(token);
            var count = await trash.CountAsync(cli.Owner, age, token);
            if (count == 0)
            {
                var message = age == TimeSpan.Zero ? "The trash is empty." : $"Nothing in the trash was deleted {Plural.Of((long)age.TotalDays, "day")} ago or earlier.";
                await cli.TellAsync(message);
                return;
            }

            if (!parsed.GetValue(yes) && !await cli.ConfirmAsync($"Remove {Plural.Of(count, "expense")} for good? That cannot be undone.", token))
            {
                await cli.TellAsync("Nothing was removed.");
                return;
            }

            var purged = 0L;
            try
            {
                await trash.PurgeAsync(cli.Caller, age, gone => purged = gone, token);
            }
            finally
            {
                // Also when it ends half-way: they do not come back.
                if (purged > 0)
                    await cli.TellAsync($"Removed {Plural.Of(purged, "expense")} for good.");
            }
        });
    }
}
