using System.CommandLine;
using System.CommandLine.Completions;
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
        var result = await ProgressBar.RunAsync(cli, "Making and verifying a backup", null, _ => backups.RunAsync(BackupOccasion.Regular, token));
        if (result.State is not BackupState.Failed)
        {
            var what = result.State is BackupState.Unchanged ? "Nothing has changed since" : "Made and verified";
            cli.Out.WriteLine($"{what} {result.File}: {result.Report!.Expenses}, {SizeText.ForPeople(result.Size)}.");
        }

        if (result.Failure is { } failure)
            throw new AppException(result.Advice.Length > 0 ? ErrorCode.Inconsistent : ErrorCode.Unavailable, $"The backup failed: {failure} {result.Advice}".TrimEnd());
    }

    private static void List(Verb verb, CliContext cli)
    {
        var all = new Option<bool>("--all") { Description = "Also those of other books that are kept in the same place. Default: those of this book." };
        var output = Options.Output();
        verb.Add(all);
        verb.Add(output);
        verb.SetAction((parsed, token) => BackupListOutput.WriteAsync(cli, cli.Backups, parsed.GetValue(output), parsed.GetValue(all), token));
    }

    private static void Verify(Verb verb, CliContext cli)
    {
        var file = new Argument<string?>("FILE") { Description = "A file, or the name of a backup that is kept. Default: the newest one of this book.", Arity = ArgumentArity.ZeroOrOne };
        file.CompletionSources.Add(context => Kept(cli, context.WordToComplete));
        var maxAge = Options.Duration("--max-age", "Fail too when it is older than this, like 36h or 7d. Default: any age.", "1s", "36500d");
        verb.Add(file);
        verb.Add(maxAge);
        verb.SetAction(async (parsed, token) =>
        {
            var report = await VerifyAsync(cli, await BackupFile.FindAsync(cli, parsed.GetValue(file), token), token);
            cli.Out.WriteLine($"{report.Backup} is good: {report.Expenses}, restored and compared in {DurationText.Precise(report.Duration)}.");
            if (parsed.GetValue(maxAge) is { } limit)
                RefuseOtherAge(cli, report.CreatedAt!.Value, limit);
        });
    }

    private static void Restore(Verb verb, CliContext cli)
    {
        var file = new Argument<string>("FILE") { Description = "A file, or the name of a backup that is kept, as outlay backup list shows it." };
        file.CompletionSources.Add(context => Kept(cli, context.WordToComplete));
        var dryRun = new Option<bool>("--dry-run") { Description = "Verify the backup and say what a restore would do, with --replace or without. Default: restore it." };
        var replace = new Option<bool>("--replace") { Description = "Replace what the database holds; a backup of it is made first. Default: only into an empty one." };
        var unverified = new Option<bool>("--unverified") { Description = "Restore also what does not pass the verification, as long as it is whole. Default: only what does." };
        var yes = Options.Yes();
        verb.Add(file);
        verb.Add(dryRun);
        verb.Add(replace);
        verb.Add(unverified);
        verb.Add(yes);
        verb.SetAction(async (parsed, token) =>
        {
            var backup = await BackupFile.FindAsync(cli, parsed.GetValue(file), token);
            var replaced = cli.HasDatabase ? await new BackupRestore(cli.Database, cli.Clock).ReplacedAsync(token) : null;
            if (parsed.GetValue(dryRun))
                await TryAsync(cli, backup, replaced, parsed.GetValue(replace), token);
            else if (replaced is not null && !parsed.GetValue(replace))
                throw new AppException(ErrorCode.Conflict, $"{cli.Database.Location} is not empty: add --replace to replace what it holds.");
            else if (replaced is not null)
                await ReplaceAsync(cli, backup, replaced.Value, parsed.GetValue(unverified), parsed.GetValue(yes), token);
            else
                await RestoreAsync(cli, backup, null, parsed.GetValue(unverified), token);
        });
    }

    private static async Task TryAsync(CliContext cli, BackupFile backup, long? replaced, bool replaces, CancellationToken token)
    {
        var report = await VerifyAsync(cli, backup, token);
        var target = replaced is { } count ? $"and replace {Plural.Of(count, "expense")} in {cli.Database.Location}, which would be backed up before" : $"into {cli.Database.Location}";
        cli.Out.WriteLine($"Would restore {report.Expenses} {target}; as they were {Age(cli, report.CreatedAt!.Value)} ago. It holds {Access(report.Rows)}.");
        if (replaced is not null && !replaces)
            await cli.TellAsync("Without --dry-run, add --replace: the database is not empty.");
    }

    /// <summary>Whatever can be known before is looked at first: the backup is restored on trial, and the privilege asked for.</summary>
    private static async Task ReplaceAsync(CliContext cli, BackupFile backup, long replaced, bool unverified, bool yes, CancellationToken token)
    {
        try
        {
            var report = await VerifyAsync(cli, backup, token, unverified);
            var restore = await cli.RestoreAsync(token);
            await restore.RequireOwnershipAsync(token);
            var question = $"{Plural.Of(replaced, "expense")} in {cli.Database.Location} will be replaced by {report.Expenses} of {report.Backup}, and all owners and keys by those of the backup: {Access(report.Rows)}. Go on?";
            if (!yes && !await cli.ConfirmAsync(question, token))
            {
                await cli.TellAsync("Nothing was replaced.");
                return;
            }

            await RestoreAsync(cli, backup, await BackUpAsync(cli, token), isVerified: true, token);
        }
        catch (AppException e) when (e.Code is not ErrorCode.OutcomeUnknown)
        {
            throw new AppException(e.Code, $"{e.Message.TrimEnd('.')}. Nothing was replaced.", e);
        }
    }

    /// <param name="replaced">The fingerprint of the backup that has what is replaced; null for an empty database.</param>
    /// <param name="isVerified">Whether nothing has to be verified any more.</param>
    private static async Task RestoreAsync(CliContext cli, BackupFile backup, string? replaced, bool isVerified, CancellationToken token)
    {
        var restore = await cli.RestoreAsync(token);
        var start = cli.Clock.GetTimestamp();
        var restored = await ProgressBar.RunAsync(cli, "Restoring", backup.Size, async bar =>
        {
            await using var stream = await backup.OpenAsync(bar.Report, token);
            return await restore.RunAsync(stream, replaced, isVerified, token);
        });
        var content = restored.Manifest.Content;
        cli.Out.WriteLine($"Restored {BackupReport.CountOf(content.Rows, content.InTrash)}, {Access(content.Rows)} into {cli.Database.Location}.");
        if (replaced is not null && content.Rows.GetValueOrDefault("api_keys") == 0)
            await cli.TellAsync("There is no key now: whoever may reach the server needs none, until outlay keys create makes one.");
        cli.Out.WriteLine($"It took {DurationText.Precise(cli.Clock.GetElapsedTime(start))}; the data is as it was {Age(cli, restored.Manifest.Origin.CreatedAt)} ago.");
        if (restored.Revived.Count > 0)
            cli.Out.WriteLine(
                $"{Plural.Of(restored.Revived.Count, "key")} of the backup {Plural.Verb(restored.Revived.Count, "holds", "hold")} again: {string.Join(", ", restored.Revived.Select(key => $"{key.Id} {key.Name} ({key.Prefix}…) of {key.Owner}"))}. " +
                $"Revoke what was revoked since: {cli.AsTyped("outlay keys revoke")} ID.");
    }

    /// <summary>Makes sure that nothing is lost that a backup does not have.</summary>
    /// <returns>The fingerprint of that backup.</returns>
    private static async Task<string> BackUpAsync(CliContext cli, CancellationToken token)
    {
        var backups = await cli.BackupServiceAsync(token);
        var present = await ProgressBar.RunAsync(cli, "Backing up what will be replaced", null, _ => backups.RunAsync(BackupOccasion.BeforeChange, token));
        // Who goes back because the data was tampered with has no good backup of it: one that holds what is there is enough.
        if (present.Report?.Fingerprint is null)
            throw new AppException(ErrorCode.Unavailable, $"What is there could not be backed up: {present.Failure}");
        var doubt = present.Report.IsGood ? "" : $" It did not pass its verification: {present.Report.Failure}";
        await cli.TellAsync($"What was there is in {present.File}, which is kept until {TimeText.ForPeople(present.Report.KeptUntil!.Value)} at least.{doubt}");
        return present.Report.Fingerprint;
    }

    private static void RefuseOtherAge(CliContext cli, DateTimeOffset createdAt, TimeSpan limit)
    {
        if (cli.Backups.IsInTheFuture(createdAt))
            throw new AppException(ErrorCode.Inconsistent,
                $"It is dated {TimeText.ForPeople(createdAt)}, which has not come yet: the clock that dated it was ahead, or the one of this machine is behind. Set the clock right, and make another backup.");
        if (cli.Clock.GetUtcNow() - createdAt is var age && age > limit)
            throw new AppException(ErrorCode.Inconsistent, $"It is too old: made {DurationText.Of(age)} ago.");
    }

    /// <param name="unverified">Whether one that does not pass will do; that it does not is told.</param>
    private static async Task<BackupReport> VerifyAsync(CliContext cli, BackupFile backup, CancellationToken token, bool unverified = false)
    {
        var report = await ProgressBar.RunAsync(cli, "Verifying", backup.Size, bar => backup.VerifyAsync(bar.Report, token));
        if (report.IsGood)
            return report;
        if (!unverified || report.CreatedAt is null)
            throw new AppException(report.IsConclusive ? ErrorCode.BackupDamaged : ErrorCode.Unavailable, report.Problem!);
        await cli.TellAsync(report.Problem!);
        return report;
    }

    /// <summary>Who gets in with what a backup holds.</summary>
    private static string Access(IReadOnlyDictionary<string, long> rows) =>
        $"{Plural.Of(rows.GetValueOrDefault("owners"), "owner")} and {(rows.GetValueOrDefault("api_keys") is > 0 and var keys ? Plural.Of(keys, "key") : "no key")}";

    private static string Age(CliContext cli, DateTimeOffset time) => DurationText.Of(cli.Clock.GetUtcNow() - time);

    /// <summary>The names of the backups on this machine, and of files.</summary>
    private static IEnumerable<CompletionItem> Kept(CliContext cli, string start)
    {
        var folder = cli.SettingsAsRead.BackupsDir;
        string[] kept = Directory.Exists(folder) ? [.. Directory.EnumerateFiles(folder).Select(file => Path.GetFileName(file)).Where(name => BackupName.TimeOf(name) is not null)] : [];
        return [.. kept.OrderDescending(StringComparer.Ordinal).Select(name => new CompletionItem(name)), .. Options.Files(start)];
    }
}
