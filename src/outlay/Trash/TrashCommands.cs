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
                await cli.Messages.WriteLineAsync("There is nothing of that age in the trash.".AsMemory(), token);
                return;
            }

            var many = count == 1 ? "1 expense" : $"{count} expenses";
            if (!parsed.GetValue(yes) && !await cli.ConfirmAsync($"Remove {many} for good? That cannot be undone.", token))
            {
                await cli.Messages.WriteLineAsync("Nothing was removed.".AsMemory(), token);
                return;
            }

            var purged = await trash.PurgeAsync(cli.Caller, age, token);
            await cli.Messages.WriteLineAsync($"Removed for good: {purged}.".AsMemory(), token);
        });
    }
}
