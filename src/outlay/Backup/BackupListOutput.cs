using System.Globalization;
using System.Text.Json;
using Outlay.Cli;

namespace Outlay.Backup;

/// <summary>Shows which backups there are, in every place. A place that does not answer is told, and the others are shown.</summary>
internal static class BackupListOutput
{
    private static readonly string[] s_columns =
        ["name", "created_at", "size", "expenses", "in_trash", "verified", "verified_at", "failure", "kept_until", "book", "location", "destination"];

    /// <param name="ofAll">Whether those of other books are shown too.</param>
    public static async Task WriteAsync(CliContext cli, BackupCatalog catalog, OutputFormat format, bool ofAll, CancellationToken token)
    {
        var rows = new List<(ListedBackup Backup, BackupReport? Report)>();
        var others = 0;
        AppException? failure = null;
        var book = ofAll ? new AskedBook(null) : await catalog.Book(token);
        foreach (var destination in catalog.All)
        {
            try
            {
                foreach (var backup in await BackupCatalog.ListAsync(destination, token))
                {
                    var report = await BackupCatalog.ReadReportAsync(backup, token);
                    if (BackupCatalog.IsOf(book.Id, report))
                        rows.Add((backup, report));
                    else
                        others++;
                }
            }
            catch (AppException e)
            {
                failure = e.Code is ErrorCode.BadConfiguration ? e : new AppException(ErrorCode.Unavailable, $"{destination.Name}: {e.Message}", e);
            }
        }

        switch (format)
        {
            case OutputFormat.Json:
                await JsonOutput.WriteAsync(cli, json => Write(json, rows));
                break;
            case OutputFormat.Csv:
                await CsvOutput.WriteAsync(cli, s_columns, rows.Select(row => CsvCells(row.Backup, row.Report)));
                break;
            default:
                await WriteTableAsync(cli, rows, token);
                break;
        }

        if (book.Problem is { } problem)
            await cli.TellAsync($"These are the backups of all books: the database cannot be asked which one it holds. {problem}");
        if (others > 0)
            await cli.TellAsync($"{Plural.Of(others, "backup")} of other books {Plural.Verb(others, "is", "are")} there too: {cli.ProgramName} backup list --all shows them.");
        if (failure is not null)
            throw failure;
    }

    private static async Task WriteTableAsync(CliContext cli, List<(ListedBackup Backup, BackupReport? Report)> rows, CancellationToken token)
    {
        var table = new Table(cli, new("NAME"), new("TIME", GivesWay: 3), new("SIZE", Right: true), new("EXPENSES"), new("VERIFIED"),
            new("BOOK", GivesWay: 1), new("DESTINATION", GivesWay: 2));
        foreach (var (backup, report) in rows)
            table.Add(backup.Name, TimeText.Short(backup.Time), SizeText.ForPeople(backup.Size), Expenses(report), Verdict(report), report?.Location, backup.Destination.Name);
        table.Flush();
        foreach (var (backup, report) in rows.Where(row => row.Report is { IsGood: false }))
            await cli.TellAsync($"{report!.Problem} ({backup.Destination.Name})");
        if (rows.Count == 0)
            await cli.TellAsync($"No backups in {string.Join(" or ", cli.Backups.All.Select(Place))}.");
    }

    /// <summary>A folder that is not there is most often the wrong one.</summary>
    private static string Place(IBackupDestination destination) =>
        destination is DiskDestination && !Directory.Exists(destination.Name) ? $"{destination.Name}, which does not exist" : destination.Name;

    private static string Expenses(BackupReport? report) =>
        report is { IsGood: true } ? $"{Number(report.Rows["expenses"])}{(report.InTrash > 0 ? $", {report.InTrash} in the trash" : "")}" : "";

    private static string Verdict(BackupReport? report) => report switch
    {
        null => "not yet",
        { IsGood: true } => TimeText.Short(report.VerifiedAt),
        { IsConclusive: true } => "failed",
        _ => "not possible",
    };

    private static string[] CsvCells(ListedBackup backup, BackupReport? report) =>
    [
        backup.Name, TimeText.ForPrograms(backup.Time), Number(backup.Size), report is { IsGood: true } ? Number(report.Rows["expenses"]) : "",
        report?.InTrash is { } inTrash ? Number(inTrash) : "", report is { IsGood: true } ? "true" : "false", Time(report?.VerifiedAt), report?.Failure ?? "",
        Time(report?.KeptUntil), report?.Book ?? "", report?.Location ?? "", backup.Destination.Name,
    ];

    private static string Time(DateTimeOffset? time) => time is { } known ? TimeText.ForPrograms(known) : "";

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);

    private static void Write(Utf8JsonWriter json, IEnumerable<(ListedBackup Backup, BackupReport? Report)> rows)
    {
        json.WriteStartArray();
        foreach (var (backup, report) in rows)
        {
            json.WriteStartObject();
            json.WriteString("name", backup.Name);
            json.WriteTime("created_at", backup.Time);
            json.WriteNumber("size", backup.Size);
            if (report is { IsGood: true })
                json.WriteNumber("expenses", report.Rows["expenses"]);
            if (report?.InTrash is { } inTrash)
                json.WriteNumber("in_trash", inTrash);
            json.WriteBoolean("verified", report is { IsGood: true });
            if (report is not null)
                json.WriteTime("verified_at", report.VerifiedAt);
            json.WriteString("failure", report?.Failure);
            if (report?.KeptUntil is { } kept)
                json.WriteTime("kept_until", kept);
            BackupJson.WriteIfKnown(json, "book", report?.Book);
            BackupJson.WriteIfKnown(json, "location", report?.Location);
            json.WriteString("destination", backup.Destination.Name);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
