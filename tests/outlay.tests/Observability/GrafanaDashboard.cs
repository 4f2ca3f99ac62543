using System.Text.Json;
using Outlay.Tests.Harness;

namespace Outlay.Tests.Observability;

/// <summary>A panel as Grafana reads it.</summary>
internal sealed record GrafanaPanel(JsonElement Json)
{
    public string Title => Json.GetProperty("title").GetString()!;

    public JsonElement Defaults => Json.GetProperty("fieldConfig").GetProperty("defaults");

    /// <summary>Its queries, with what Grafana puts in the place of variables.</summary>
    public IEnumerable<string> Queries => Json.GetProperty("targets").EnumerateArray().Select(target => GrafanaDashboard.Filled(target.GetProperty("expr").GetString()!));
}

/// <summary>A dashboard as Grafana reads it.</summary>
internal sealed record GrafanaDashboard(string File, JsonElement Json)
{
    public static IReadOnlyList<GrafanaDashboard> All { get; } =
    [
        .. Directory.GetFiles(Path.Combine(ProductCode.Root, "observability", "dashboards"), "*.json").Order(StringComparer.Ordinal)
            .Select(file => new GrafanaDashboard(Path.GetFileNameWithoutExtension(file), JsonElement.Parse(System.IO.File.ReadAllText(file)))),
    ];

    public IEnumerable<GrafanaPanel> Panels => Json.GetProperty("panels").EnumerateArray().Select(panel => new GrafanaPanel(panel));

    /// <summary>The queries of its variables, but for the one that chooses the data source.</summary>
    public IEnumerable<string> Variables => Json.GetProperty("templating").GetProperty("list").EnumerateArray()
        .Where(variable => variable.GetProperty("type").GetString() == "query").Select(variable => variable.GetProperty("query").GetProperty("query").GetString()!);

    public static string Filled(string expression) =>
        expression.Replace("$instance", ".*", StringComparison.Ordinal).Replace("$__rate_interval", "1m", StringComparison.Ordinal);
}
