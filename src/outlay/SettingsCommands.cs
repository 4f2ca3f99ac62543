using System.Text.Json;
using Outlay.Cli;
using Outlay.Hosting;

namespace Outlay;

/// <summary>The verb that shows the settings.</summary>
internal static class SettingsCommands
{
    public static IEnumerable<Verb> All(CliContext cli) =>
    [
        new("config",
            "Shows every setting: what is in force, and where it came from. Secrets are masked. What is wrong with the settings, or with the files and folders that they name, "
            + "is listed, with exit code 78. It opens no database and no port: whether there is a key, and whether an address is free, only outlay serve finds out.",
            verb => Show(verb, cli),
            "outlay config", "outlay config --output json"),
    ];

    private static void Show(Verb verb, CliContext cli)
    {
        var output = Options.Output();
        verb.Add(output);
        verb.SetAction(async (parsed, token) =>
        {
            var source = cli.SettingsSource;
            var settings = cli.SettingsAsRead;
            SettingReport[] reports = [.. source.Report, .. InForce(settings)];
            await WriteAsync(cli, parsed.GetValue(output), reports, token);
            source.Add(StartCheck.Faults(settings));
            source.ThrowIfFaulty();
            if (Exposure.NeedsKey(settings))
                await cli.TellAsync(cli.AsTyped($"{Exposure.Reach(settings)}: outlay serve starts there only when there is a key, which outlay keys list shows. This looked for none."));
        });
    }

    /// <summary>What follows from the settings, and the program that they are for.</summary>
    private static IEnumerable<SettingReport> InForce(Settings settings) =>
    [
        .. settings.Postgres is { } postgres
            ? (SettingReport[])[new("engine", "postgres", "DB_* is set"), new("database", $"{postgres.Host}:{postgres.Port}/{postgres.Database}", "DB_*")]
            : [new("engine", "sqlite", "DB_* is not set"), new("database", settings.SqliteFile, "DATA_DIR")],
        new("version", Product.Version, "the program"), new("commit", Product.Commit, "the program"),
    ];

    private static async Task WriteAsync(CliContext cli, OutputFormat format, SettingReport[] reports, CancellationToken token)
    {
        switch (format)
        {
            case OutputFormat.Json:
                await JsonOutput.WriteAsync(cli, writer => Write(writer, reports));
                break;
            case OutputFormat.Csv:
                await CsvOutput.WriteAsync(cli, ["name", "value", "origin"], reports.Select(Cells));
                break;
            default:
                var table = new Table(cli, new("NAME"), new("VALUE"), new("ORIGIN"));
                foreach (var report in reports)
                    table.Add(Cells(report));
                table.Flush();
                break;
        }
    }

    private static string[] Cells(SettingReport report) => [report.Name, report.Value, report.Origin];

    private static void Write(Utf8JsonWriter writer, IEnumerable<SettingReport> reports)
    {
        writer.WriteStartArray();
        foreach (var report in reports)
        {
            writer.WriteStartObject();
            writer.WriteString("name", report.Name);
            writer.WriteString("value", report.Value);
            writer.WriteString("origin", report.Origin);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }
}
