using System.CommandLine;
using Outlay.Cli;

namespace Outlay.Backup;

/// <summary>The verbs that make, list, verify and restore backups.</summary>
internal static class BackupCommands
{
    public static IEnumerable<Verb> All(CliContext cli) =>
    [
        Verb.Of("backup", "Makes, lists, verifies and restores backups. The server makes one by itself at its start and at every interval.", Children(cli),
            "outlay backup create", "outlay backup list", "outlay backup verify", "outlay backup restore FILE"),
    ];

    private static IEnumerable<Verb> Children(CliContext cli) =>
    [
        new("create", "Makes a backup of everything and verifies it by restoring it, unless nothing has changed since the newest one.",
            verb => verb.SetAction((_, token) => CreateAsync(cli, token)),
            "outlay backup create"),
        new("list", "Lists the backups, newest first, with what their verification found.", verb => List(verb, cli),
            "outlay backup list", "outlay backup list --output json"),
        new("verify", "Verifies a backup by restoring it into a scratch database; exit code 0 when it is good.", verb => Verify(verb, cli),
            "outlay backup verify", "outlay backup verify --max-age 36h", "outlay backup verify /media/disk/outlay_backup_20260219_103000.tar.gz"),
        new("restore", "Puts a backup into the place of an empty database, all of it or nothing. It may come from the other engine.", verb => Restore(verb, cli),
            "outlay backup restore outlay_backup_20260219_103000.tar.gz --dry-run",
            "outlay backup restore outlay_backup_20260219_103000.tar.gz",
            "outlay backup restore outlay_backup_20260219_103000.tar.gz --replace"),
    ];

    private static async Task CreateAsync(CliContext cli, CancellationToken token)
    {
        var backups = await cli.BackupServiceAsync(token);
        var result = await ProgressBar.RunAsync(cli, "Making and verifying a backup", null, _ => backups.RunAsync(prune: true, token));
        if (result.State is not BackupState.Failed)
        {
            var what = result.State is BackupState.Unchanged ? "Nothing has changed since" : "Made and verified";
            cli.Out.WriteLine($"{what} {result.File}: {Plural.Of(result.Expenses, "expense")}, {SizeText(result.Size)}.");
        }

        if (result.Failure is { } failure)
            throw new AppException(ErrorCode.Unavailable, $"The backup failed: {failure}");
    }

    private static void List(Verb verb, CliContext cli)
    {
        var output = Options.Output();
        verb.Add(output);
        verb.SetAction((parsed, token) => BackupListOutput.WriteAsync(cli, cli.Backups, parsed.GetValue(output), token));
    }

    private static void Verify(Verb verb, CliContext cli)
    {
        var file = new Argument<string?>("FILE") { Description = "A file, or the name of a backup that is kept. Default: the newest one.", Arity = ArgumentArity.ZeroOrOne };
        var maxAge = new Option<TimeSpan?>("--max-age")
        {
            HelpName = "TIME",
            Description = "Fail too when it is older than this, like 36h or 7d. Default: any age.",
            CustomParser = result =>
            {
                if (DurationText.TryParse(result.Tokens[0].Value, out var duration))
                    return duration;
                result.AddError($"--max-age is '{result.Tokens[0].Value}': use a number and a unit, like 90m, 36h or 7d.");
                return null;
            },
        };
        verb.Add(file);
        verb.Add(maxAge);
        verb.SetAction(async (parsed, token) =>
        {
            var report = await VerifyAsync(cli, await BackupFile.FindAsync(cli, parsed.GetValue(file), token), token);
            cli.Out.WriteLine($"{report.Backup} is good: {Plural.Of(report.Rows["expenses"], "expense")}, restored and compared in {DurationText.Precise(report.Duration)}.");
            if (parsed.GetValue(maxAge) is { } limit && cli.Clock.GetUtcNow() - report.CreatedAt > limit)
                throw new AppException(ErrorCode.Inconsistent, $"It is too old: made {DurationText.Of(cli.Clock.GetUtcNow() - report.CreatedAt!.Value)} ago.");
        });
    }

    private static void Restore(Verb verb, CliContext cli)
    {
        var file = new Argument<string>("FILE") { Description = "A file, or the name of a backup that is kept, as outlay backup list shows it." };
        var dryRun = new Option<bool>("--dry-run") { Description = "Verify the backup and say what a restore would do. Default: restore it." };
        var replace = new Option<bool>("--replace") { Description = "Replace what the database holds; a backup of it is made first. Default: only into an empty one." };
        var yes = Options.Yes();
        verb.Add(file);
        verb.Add(dryRun);
        verb.Add(replace);
        verb.Add(yes);
        verb.SetAction(async (parsed, token) =>
        {
            var backup = await BackupFile.FindAsync(cli, parsed.GetValue(file), token);
            if (parsed.GetValue(dryRun))
            {
                var report = await VerifyAsync(cli, backup, token);
                cli.Out.WriteLine($"Would restore {Plural.Of(report.Rows["expenses"], "expense")} into {cli.Database.Location}, as they were {Age(cli, report.CreatedAt!.Value)} ago.");
                return;
            }

            if (!await MakeRoomAsync(cli, parsed.GetValue(replace), parsed.GetValue(yes), token))
                return;
            var start = cli.Clock.GetTimestamp();
            var restore = await cli.RestoreAsync(token);
            var restored = await ProgressBar.RunAsync(cli, "Restoring", backup.Size, async bar =>
            {
                await using var stream = await backup.OpenAsync(bar.Report, token);
                return await restore.RunAsync(stream, token);
            });
            var rows = restored.Manifest.Content.Rows;
            cli.Out.WriteLine($"Restored {Plural.Of(rows["expenses"], "expense")} into {cli.Database.Location}.");
            cli.Out.WriteLine($"It took {DurationText.Precise(cli.Clock.GetElapsedTime(start))}; the data is as it was {Age(cli, restored.Manifest.Origin.CreatedAt)} ago.");
        });
    }

    /// <summary>Makes sure that nothing is lost that a backup does not have.</summary>
    /// <returns>Whether to go on.</returns>
    private static async Task<bool> MakeRoomAsync(CliContext cli, bool replace, bool yes, CancellationToken token)
    {
        var restore = await cli.RestoreAsync(token);
        if (await restore.IsTargetEmptyAsync(token))
            return true;
        if (!replace)
            throw new AppException(ErrorCode.Conflict, $"{cli.Database.Location} is not empty: add --replace to replace what it holds.");
        if (!yes && !await cli.ConfirmAsync($"Everything in {cli.Database.Location} will be replaced. Go on?", token))
        {
            await cli.Messages.WriteLineAsync("Nothing was restored.".AsMemory(), token);
            return false;
        }

        // Nothing is removed now: it could be the very backup that is to be restored.
        var backups = await cli.BackupServiceAsync(token);
        var present = await ProgressBar.RunAsync(cli, "Backing up what will be replaced", null, _ => backups.RunAsync(prune: false, token));
        if (present.State is BackupState.Failed)
            throw new AppException(ErrorCode.Unavailable, $"What is there could not be backed up, so nothing was replaced: {present.Failure}");
        await cli.Messages.WriteLineAsync($"What was there is in {present.File}.".AsMemory(), token);
        return true;
    }

    private static async Task<BackupReport> VerifyAsync(CliContext cli, BackupFile backup, CancellationToken token)
    {
        var report = await ProgressBar.RunAsync(cli, "Verifying", backup.Size, bar => backup.VerifyAsync(bar.Report, token));
        return report.IsGood
            ? report
            : throw new AppException(report.IsConclusive ? ErrorCode.BackupDamaged : ErrorCode.Unavailable, report.Problem!);
    }

    private static string Age(CliContext cli, DateTimeOffset time) => DurationText.Of(cli.Clock.GetUtcNow() - time);

    private static string SizeText(long bytes) => $"{bytes / 1_000_000d:N1} MB";
}
