using System.Globalization;
using System.Text.Json;

namespace Outlay.Status;

/// <summary>Asks the service how it is, and Prometheus how its objectives stand. What cannot be asked is told, not thrown.</summary>
internal sealed class StatusService(JsonClient client)
{
    public async Task<ServiceHealth> ServiceAsync(Uri address, CancellationToken token)
    {
        try
        {
            var answer = await client.GetAsync(new Uri(address, "/readyz"), token);
            var checks = answer.GetProperty("checks").EnumerateObject()
                .Select(check => new HealthCheck(check.Name, check.Value.GetProperty("status").GetString()!, check.Value.GetProperty("reason").GetString()));
            return new ServiceHealth(address, answer.GetProperty("status").GetString()!, [.. checks]);
        }
        catch (Exception e) when (IsNoAnswer(e))
        {
            if (e is not AppException && await client.IsOutlayAsync(address, token))
                return new ServiceHealth(address, ServiceHealth.Unavailable, [], ChecksElsewhere(address));
            var problem = e is AppException ? e.Message : $"{address} is not a server of Outlay";
            return new ServiceHealth(address, ServiceHealth.Unavailable, [], $"{problem}. Start the server with outlay serve, or name another one with --url.");
        }
    }

    /// <summary>What is said of a server that does not answer its checks where it was asked.</summary>
    public static string ChecksElsewhere(Uri address) =>
        $"{address.GetLeftPart(UriPartial.Authority)} is a server of Outlay whose checks are elsewhere: name the address of its MANAGEMENT_LISTEN with --url.";

    /// <param name="address">Where Prometheus is; null when nobody has said so.</param>
    public async Task<Promises> PromisesAsync(Uri? address, CancellationToken token)
    {
        if (address is null)
            return new Promises(null, [], [], "No Prometheus is named, so objectives and alerts are not known: start one with the rules in observability/rules, and name it with PROMETHEUS_URL or --prometheus http://127.0.0.1:9090.");
        try
        {
            var promised = await QueryAsync(address, "slo:objective:ratio", token);
            var left = await QueryAsync(address, "slo:error_budget_remaining:ratio", token);
            var burn = await QueryAsync(address, "slo:error_ratio:rate1h / slo:error_budget:ratio", token);
            if (promised.Count == 0)
                return new Promises(address, [], [], $"Prometheus at {address} knows no objectives: load the rules in observability/rules, and wait for half a minute.");
            var objectives = promised.Select(objective => new Objective(
                objective.Key, objective.Value, left.TryGetValue(objective.Key, out var share) ? share : null, burn.TryGetValue(objective.Key, out var rate) ? rate : null));
            return new Promises(address, [.. objectives], await AlertsAsync(address, token));
        }
        catch (Exception e) when (IsNoAnswer(e))
        {
            var problem = e is AppException ? e.Message : $"{address} is not a Prometheus";
            return new Promises(address, [], [], $"{problem}. Start Prometheus, or correct PROMETHEUS_URL or --prometheus.");
        }
    }

    /// <summary>The present value of an expression for each objective.</summary>
    private async Task<Dictionary<string, double>> QueryAsync(Uri address, string expression, CancellationToken token)
    {
        var data = await DataAsync(address, $"query?query={Uri.EscapeDataString(expression)}", token);
        return data.GetProperty("result").EnumerateArray().ToDictionary(
            sample => sample.GetProperty("metric").GetProperty("slo").GetString()!,
            sample => double.Parse(sample.GetProperty("value")[1].GetString()!, CultureInfo.InvariantCulture));
    }

    /// <summary>The alerts that fire, the oldest first, without the one that always does.</summary>
    private async Task<List<FiringAlert>> AlertsAsync(Uri address, CancellationToken token)
    {
        var data = await DataAsync(address, "alerts", token);
        return
        [
            .. from alert in data.GetProperty("alerts").EnumerateArray()
               let labels = alert.GetProperty("labels")
               let name = labels.GetProperty("alertname").GetString()
               where alert.GetProperty("state").GetString() == "firing" && name != "Watchdog"
               let since = alert.GetProperty("activeAt").GetDateTimeOffset()
               orderby since, name
               select new FiringAlert(name, Text(labels, "severity") ?? "none", since, Text(alert.GetProperty("annotations"), "summary") ?? "", Text(alert.GetProperty("annotations"), "runbook_url")),
        ];
    }

    private async Task<JsonElement> DataAsync(Uri address, string call, CancellationToken token)
    {
        var answer = await client.GetAsync(new Uri(address, $"/api/v1/{call}"), token);
        return answer.GetProperty("data");
    }

    /// <summary>Nobody answered, or with something else than is understood here.</summary>
    private static bool IsNoAnswer(Exception e) => e is AppException or KeyNotFoundException or InvalidOperationException or FormatException or ArgumentException;

    private static string? Text(JsonElement element, string name) => element.TryGetProperty(name, out var value) ? value.GetString() : null;
}
