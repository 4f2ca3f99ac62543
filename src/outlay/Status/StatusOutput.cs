using System.Globalization;
using System.Text.Json;
using Outlay.Cli;

namespace Outlay.Status;

/// <summary>How the status is written to stdout: a line for each thing that was looked at, or JSON with everything that is known.</summary>
internal static class StatusOutput
{
    public static async Task WriteAsync(CliContext cli, OutputFormat format, StatusReport report, CancellationToken token)
    {
        switch (format)
        {
            case OutputFormat.Json:
                await JsonOutput.WriteAsync(cli, json => Write(json, report));
                break;
            case OutputFormat.Csv:
                await CsvOutput.WriteAsync(cli, ["what", "name", "state", "detail"], Rows(report));
                break;
            default:
                var table = new Table(cli, new("WHAT"), new("NAME"), new("STATE"), new("DETAIL"));
                foreach (var row in Rows(report))
                    table.Add([.. row.Select(cli.AsTyped)]);
                table.Flush();
                break;
        }
    }

    private static IEnumerable<string[]> Rows(StatusReport report) =>
    [
        ["service", report.Service.Address.GetLeftPart(UriPartial.Authority), report.Service.Status, report.Service.Problem ?? ""],
        .. report.Service.Checks.Select(check => (string[])["check", check.Name, check.Status, check.Reason ?? ""]),
        .. report.Promises.Problem is { } problem
            ? [["objectives", "", "unknown", problem]]
            : report.Promises.Objectives.Select(objective => (string[])["objective", objective.Name, objective.State, Detail(objective)]),
        .. report.Promises.Alerts.Select(alert => (string[])["alert", alert.Name, alert.Severity, $"{alert.Summary}, since {TimeText.ForPeople(alert.Since)}"]),
        ["backup", report.Backup.Name ?? "", report.Backup.State, Detail(report.Backup)],
    ];

    private static string Detail(Objective objective) => string.Create(CultureInfo.InvariantCulture,
        $"{(objective is { BudgetLeft: null, BurnRate: null } ? "nothing is counted yet" : $"{Share(objective.BudgetLeft)} of the budget left, burning {Rate(objective.BurnRate)} times as fast as it may")}; {objective.Promised * 100:0.###} % promised");

    private static string Rate(double? rate) => rate?.ToString("0.0", CultureInfo.InvariantCulture) ?? "?";

    private static string Detail(KeptBackup backup) => backup is { Age: { } age }
        ? $"{DurationText.Of(age)} old, {(backup.VerifiedAt is { } time ? $"verified {TimeText.ForPeople(time)}" : "verified")}"
        : backup.Problem is { } problem ? $"The database cannot be asked which backups are of its book, and outlay backup list shows those of all: {problem}"
        : $"No verified backup is kept in {backup.Folder}: the server makes one when it starts, and outlay backup create makes one now";

    private static string Share(double? share) => share is { } known ? string.Create(CultureInfo.InvariantCulture, $"{known * 100:0.0} %") : "?";

    private static void Write(Utf8JsonWriter json, StatusReport report)
    {
        json.WriteStartObject();
        json.WriteString("status", report.Code is { } code ? ErrorTable.Of(code).Slug : ServiceHealth.Ok);
        json.WriteStartObject("service");
        json.WriteString("url", report.Service.Address.ToString());
        json.WriteString("status", report.Service.Status);
        json.WriteString("problem", report.Service.Problem);
        json.WriteArray("checks", report.Service.Checks, check =>
        {
            json.WriteString("name", check.Name);
            json.WriteString("status", check.Status);
            json.WriteString("reason", check.Reason);
        });
        json.WriteEndObject();
        json.WriteStartObject("prometheus");
        json.WriteString("url", report.Promises.Address?.ToString());
        json.WriteString("problem", report.Promises.Problem);
        json.WriteEndObject();
        json.WriteArray("objectives", report.Promises.Objectives, objective =>
        {
            json.WriteString("name", objective.Name);
            json.WriteString("state", objective.State);
            WriteNumber(json, "objective", objective.Promised);
            WriteNumber(json, "budget_left", objective.BudgetLeft);
            WriteNumber(json, "burn_rate", objective.BurnRate);
        });
        json.WriteArray("alerts", report.Promises.Alerts, alert =>
        {
            json.WriteString("name", alert.Name);
            json.WriteString("severity", alert.Severity);
            json.WriteTime("since", alert.Since);
            json.WriteString("summary", alert.Summary);
            json.WriteString("runbook_url", alert.Runbook);
        });
        json.WriteStartObject("backup");
        json.WriteString("state", report.Backup.State);
        json.WriteString("folder", report.Backup.Folder);
        json.WriteString("problem", report.Backup.Problem);
        json.WriteString("name", report.Backup.Name);
        WriteNumber(json, "age_seconds", report.Backup.Age is { } age ? Math.Floor(age.TotalSeconds) : null);
        if (report.Backup.VerifiedAt is { } verified)
            json.WriteTime("verified_at", verified);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteNumber(Utf8JsonWriter json, string name, double? value)
    {
        // JSON has no NaN and no infinity.
        if (value is { } number && double.IsFinite(number))
            json.WriteNumber(name, number);
        else
            json.WriteNull(name);
    }
}
