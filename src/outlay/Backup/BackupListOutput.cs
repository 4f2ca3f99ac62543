using System.Globalization;
using System.Text.Json;
using Outlay.Cli;

namespace Outlay.Backup;

/// <summary>Shows which backups there are, in every place. A place that does not answer is told, and the others are shown.</summary>
internal static class BackupListOutput
{
    private static readonly string[] s_columns = ["name", "created_at", "size", "rows", "verified", "destination"];

    public static async Task WriteAsync(CliContext cli, BackupCatalog catalog, OutputFormat format, CancellationToken token)
    {
        var rows = new List<(ListedBackup Backup, BackupReport? Report)>();
        AppException? failure = null;
        foreach (var destination in catalog.Elsewhere.Prepend(catalog.Disk))
        {
            try
            {
                foreach (var backup in await BackupCatalog.ListAsync(destination, token))
                    rows.Add((backup, await BackupCatalog.ReadReportAsync(backup, token)));
            }
            catch (AppException e)
            {
                failure = new AppException(ErrorCode.Unavailable, $"{destination.Name}: {e.Message}", e);
            }
        }

        switch (format)
        {
            case OutputFormat.Json:
                await JsonOutput.WriteAsync(cli, json => Write(json, rows), token);
                break;
            case OutputFormat.Csv:
                await CsvOutput.WriteAsync(cli, s_columns, rows.Select(row => Cells(row.Backup, row.Report)), token);
                break;
            default:
                var table = new Table(cli, new("NAME"), new("TIME"), new("SIZE", Right: true), new("ROWS", Right: true), new("VERIFIED"), new("DESTINATION"));
                foreach (var (backup, report) in rows)
                    table.Add(Cells(backup, report));
                table.Flush();
                if (rows.Count == 0)
                    await cli.Messages.WriteLineAsync("No backups.".AsMemory(), token);
                break;
        }

        if (failure is not null)
            throw failure;
    }

    private static string[] Cells(ListedBackup backup, BackupReport? report) =>
    [
        backup.Name, backup.Time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture), Number(backup.Size),
        report?.IsGood == true ? Number(report.Rows.Values.Sum()) : "", Verdict(report), backup.Destination.Name,
    ];

    private static string Verdict(BackupReport? report) => report switch
    {
        null => "not yet",
        { IsGood: true } => report.VerifiedAt.UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        { IsConclusive: true } => $"failed: {report.Failure}",
        _ => $"could not be verified: {report.Failure}",
    };

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);

    private static void Write(Utf8JsonWriter json, IEnumerable<(ListedBackup Backup, BackupReport? Report)> rows)
    {
        json.WriteStartArray();
        foreach (var (backup, report) in rows)
        {
            json.WriteStartObject();
            json.WriteString("name", backup.Name);
            json.WriteString("created_at", backup.Time.UtcDateTime);
            json.WriteNumber("size", backup.Size);
            if (report is { IsGood: true })
                json.WriteNumber("rows", report.Rows.Values.Sum());
            json.WriteBoolean("verified", report is { IsGood: true });
            if (report is not null)
                json.WriteString("verified_at", report.VerifiedAt);
            json.WriteString("failure", report?.Failure);
            json.WriteString("destination", backup.Destination.Name);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
