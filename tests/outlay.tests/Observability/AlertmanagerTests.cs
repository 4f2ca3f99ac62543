using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Outlay.Tests.Harness;

namespace Outlay.Tests.Observability;

/// <summary>A live Alertmanager with the configuration of this repository: who is told of what.</summary>
public sealed class AlertmanagerTests
{
    private static readonly string s_folder = Path.Combine(ProductCode.Root, "observability");

    [Fact]
    public async Task A_page_wakes_somebody_a_ticket_does_not_and_what_only_follows_is_no_news()
    {
        var skip = Command.SkipReason("prometheus-alertmanager", "REQUIRE_PROMETHEUS");
        Assert.SkipWhen(skip is not null, skip ?? "");
        using var folder = new TestFolder();
        var address = $"127.0.0.1:{PostgresCluster.FreePort()}";
        using var process = Process.Start(new ProcessStartInfo("prometheus-alertmanager",
        [
            $"--config.file={Path.Combine(s_folder, "alertmanager.yaml")}", $"--storage.path={folder.Path}", $"--web.listen-address={address}", "--cluster.listen-address=",
        ])
        { RedirectStandardError = true })!;
        _ = process.StandardError.ReadToEndAsync(Test.Token);
        try
        {
            using var client = new HttpClient { BaseAddress = new Uri($"http://{address}") };
            await Eventually.TrueAsync("Alertmanager takes alerts", () => FireAsync(client, ("HistoryBroken", "page"), ("DatabaseUnreachable", "page"), ("JourneyFailing", "page"), ("CircuitOpen", "ticket"), ("PoolSaturated b", "ticket"),
                ("Watchdog", "ticket"), ("AvailabilityBurnsSlow", "ticket"), ("JourneyBurnsSlow", "ticket"), ("BackupFailed", "ticket"), ("BackupStale", "ticket"), ("DataFreshnessBurnsFast", "ticket"), ("AvailabilityBurnsFast", "page")));
            string[] expected =
            [
                "AvailabilityBurnsFast pager", "AvailabilityBurnsSlow no news", "BackupFailed tickets", "BackupStale tickets", "CircuitOpen no news", "DataFreshnessBurnsFast no news", "DatabaseUnreachable pager",
                "HistoryBroken pager", "JourneyBurnsSlow tickets", "JourneyFailing pager", "PoolSaturated tickets", "Watchdog watchdog",
            ];

            // What follows is found out when it is next about to be told.
            await Eventually.TrueAsync($"is told: {string.Join(", ", expected)}", async () => (await ToldAsync(client)).SequenceEqual(expected));
        }
        finally
        {
            process.Kill();
            await process.WaitForExitAsync(CancellationToken.None);
        }
    }

    private static async Task<bool> FireAsync(HttpClient client, params (string Name, string Severity)[] alerts)
    {
        // Of the instance that stands behind the name, or else of a.
        var labels = alerts.Select(alert => alert.Name.Split(' ')).Zip(alerts, (words, alert) => new
        {
            labels = new
            {
                alertname = words[0],
                severity = alert.Severity,
                instance = words[0] is "JourneyFailing" ? "" : words.ElementAtOrDefault(1) ?? "a",
                slo = words[0].Split("Burns")[0],
            },
        });
        using var content = new StringContent(JsonSerializer.Serialize(labels), Encoding.UTF8, "application/json");
        try
        {
            using var answer = await client.PostAsync(new Uri("/api/v2/alerts", UriKind.Relative), content, Test.Token);
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            // It does not listen yet.
            return false;
        }
    }

    private static async Task<IEnumerable<string>> ToldAsync(HttpClient client) =>
        JsonElement.Parse(await client.GetStringAsync(new Uri("/api/v2/alerts", UriKind.Relative), Test.Token)).EnumerateArray().Select(alert =>
            alert.GetProperty("labels").GetProperty("alertname").GetString() + " " + (alert.GetProperty("status").GetProperty("inhibitedBy").GetArrayLength() > 0
                ? "no news"
                : alert.GetProperty("receivers")[0].GetProperty("name").GetString())).Order(StringComparer.Ordinal);
}
