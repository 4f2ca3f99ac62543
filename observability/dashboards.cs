#!/usr/bin/env dotnet
#:package YamlDotNet
#:property PublishAot=false
#:property RestoreLockedMode=true

// Turns dashboards.yaml into one file for Grafana each: dashboards/<uid>.json.
//   dotnet run observability/dashboards.cs [-- [--check] [FOLDER]]
// With --check nothing is written: exit code 1 says that a file is not what dashboards.yaml asks for.

using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using YamlDotNet.Core;
using YamlDotNet.Serialization;
using YamlDotNet.Serialization.NamingConventions;

var check = args.Contains("--check");
var folder = args.FirstOrDefault(word => word != "--check") ?? (string)AppContext.GetData("EntryPointFileDirectoryPath")!;
var source = Path.Combine(folder, "dashboards.yaml");
try
{
    var yaml = new DeserializerBuilder().WithNamingConvention(UnderscoredNamingConvention.Instance).WithEnforceRequiredMembers().Build();
    var all = yaml.Deserialize<Book>(File.ReadAllText(source)).Dashboards;
    foreach (var dashboard in all)
    {
        var target = Path.Combine(folder, "dashboards", $"{dashboard.Uid}.json");
        var json = Grafana.Text(dashboard, all);
        if (!check)
        {
            File.WriteAllText(target, json);
        }
        else if (!File.Exists(target) || File.ReadAllText(target) != json)
        {
            Console.Error.WriteLine($"{target} is not what {source} asks for: run dotnet run observability/dashboards.cs, and commit the result.");
            return 1;
        }
    }
}
catch (Exception e) when (e is YamlException or InvalidDataException or IOException)
{
    Console.Error.WriteLine($"{source}: {e.Message} {e.InnerException?.Message}".TrimEnd());
    return 65;
}

return 0;

internal sealed record Book
{
    public required Dashboard[] Dashboards { get; init; }
}

internal sealed record Dashboard
{
    public required string Uid { get; init; }

    public required string Title { get; init; }

    public required string About { get; init; }

    public required Panel[] Panels { get; init; }
}

/// <summary>One picture. Its size is in columns (of 24) and rows of Grafana's grid.</summary>
internal sealed record Panel
{
    public required string Title { get; init; }

    public required string About { get; init; }

    /// <summary>timeseries, stat, or bars.</summary>
    public string Kind { get; init; } = "timeseries";

    /// <summary>As Grafana names it.</summary>
    public required string Unit { get; init; }

    public int Width { get; init; } = 12;

    public int Height { get; init; } = 8;

    public bool Exemplars { get; init; }

    /// <summary>What is shown in the place of a number.</summary>
    public Dictionary<string, string> Words { get; init; } = [];

    public Step[] Steps { get; init; } = [new Step { Color = "green" }];

    public required Query[] Queries { get; init; }
}

/// <summary>From this value on, a value has this colour; the first step has no value.</summary>
internal sealed record Step
{
    public double? From { get; init; }

    public required string Color { get; init; }
}

internal sealed record Query
{
    public required string Expr { get; init; }

    public required string Legend { get; init; }
}

/// <summary>Writes what Grafana reads (dashboard schema 39).</summary>
internal static class Grafana
{
    private const int Columns = 24;

    private static readonly JsonSerializerOptions s_format = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Text(Dashboard dashboard, Dashboard[] all) => new JsonObject
    {
        ["uid"] = dashboard.Uid,
        ["title"] = dashboard.Title,
        ["description"] = dashboard.About,
        ["tags"] = new JsonArray("outlay"),
        ["editable"] = false,
        ["graphTooltip"] = 1,
        ["schemaVersion"] = 39,
        ["refresh"] = "30s",
        ["time"] = new JsonObject { ["from"] = "now-3h", ["to"] = "now" },
        ["links"] = new JsonArray([.. all.Where(other => other != dashboard).Select(Link)]),
        ["templating"] = new JsonObject { ["list"] = new JsonArray(DataSource(), Instance()) },
        ["panels"] = new JsonArray([.. Placed(dashboard.Panels)]),
    }.ToJsonString(s_format) + "\n";

    private static JsonNode Link(Dashboard other) => new JsonObject
    {
        ["type"] = "link",
        ["title"] = other.Title.Split('·')[^1].Trim(),
        ["url"] = $"/d/{other.Uid}",
        ["keepTime"] = true,
        ["includeVars"] = true,
    };

    private static JsonObject DataSource() => new()
    {
        ["type"] = "datasource",
        ["name"] = "datasource",
        ["label"] = "Data source",
        ["query"] = "prometheus",
    };

    private static JsonObject Instance() => new()
    {
        ["type"] = "query",
        ["name"] = "instance",
        ["label"] = "Instance",
        ["datasource"] = Source(),
        ["query"] = new JsonObject { ["query"] = """label_values(outlay_database_up{job="outlay"}, instance)""", ["refId"] = "instance" },
        ["refresh"] = 2,
        ["includeAll"] = true,
        ["allValue"] = ".*",
        ["multi"] = true,
        ["current"] = new JsonObject { ["text"] = "All", ["value"] = "$__all" },
    };

    /// <summary>Panels from left to right, and in the next row where one does not fit.</summary>
    private static IEnumerable<JsonNode> Placed(Panel[] panels)
    {
        var (x, y, rowHeight) = (0, 0, 0);
        foreach (var (index, panel) in panels.Index())
        {
            if (x + panel.Width > Columns)
                (x, y, rowHeight) = (0, y + rowHeight, 0);
            yield return Json(panel, index + 1, new JsonObject { ["x"] = x, ["y"] = y, ["w"] = panel.Width, ["h"] = panel.Height });
            (x, rowHeight) = (x + panel.Width, Math.Max(rowHeight, panel.Height));
        }
    }

    private static JsonObject Json(Panel panel, int id, JsonObject place) => new()
    {
        ["id"] = id,
        ["title"] = panel.Title,
        ["description"] = panel.About,
        ["type"] = panel.Kind switch
        {
            "timeseries" or "stat" => panel.Kind,
            "bars" => "bargauge",
            _ => throw new InvalidDataException($"{panel.Title}: kind is {panel.Kind}: use timeseries, stat or bars."),
        },
        ["gridPos"] = place,
        ["datasource"] = Source(),
        ["fieldConfig"] = new JsonObject { ["defaults"] = Field(panel), ["overrides"] = new JsonArray() },
        ["options"] = Options(panel),
        ["targets"] = new JsonArray([.. panel.Queries.Select((query, index) => Target(panel, query, index))]),
    };

    private static JsonObject Field(Panel panel)
    {
        var field = new JsonObject
        {
            ["unit"] = panel.Unit,
            ["mappings"] = new JsonArray([.. panel.Words.Select(word => Mapping(word.Key, word.Value))]),
            ["thresholds"] = new JsonObject
            {
                ["mode"] = "absolute",
                ["steps"] = new JsonArray([.. panel.Steps.Select(step => new JsonObject { ["color"] = step.Color, ["value"] = step.From })]),
            },
            ["color"] = new JsonObject { ["mode"] = panel.Kind == "timeseries" ? "palette-classic" : "thresholds" },
        };
        if (panel.Kind == "timeseries")
            field["custom"] = new JsonObject
            {
                ["fillOpacity"] = 5,
                ["showPoints"] = "never",
                ["thresholdsStyle"] = new JsonObject { ["mode"] = panel.Steps.Length > 1 ? "line" : "off" },
            };
        return field;
    }

    private static JsonNode Mapping(string number, string word) => new JsonObject
    {
        ["type"] = "value",
        ["options"] = new JsonObject { [number] = new JsonObject { ["text"] = word } },
    };

    private static JsonObject Options(Panel panel)
    {
        var last = new JsonObject { ["calcs"] = new JsonArray("lastNotNull"), ["fields"] = "", ["values"] = false };
        return panel.Kind switch
        {
            "timeseries" => new JsonObject
            {
                ["legend"] = new JsonObject { ["displayMode"] = "list", ["placement"] = "bottom", ["showLegend"] = true, ["calcs"] = new JsonArray() },
                ["tooltip"] = new JsonObject { ["mode"] = "multi", ["sort"] = "desc" },
            },
            "stat" => new JsonObject { ["colorMode"] = "value", ["graphMode"] = "none", ["textMode"] = "value_and_name", ["reduceOptions"] = last },
            _ => new JsonObject { ["displayMode"] = "basic", ["orientation"] = "horizontal", ["reduceOptions"] = last },
        };
    }

    private static JsonNode Target(Panel panel, Query query, int index) => new JsonObject
    {
        ["refId"] = ((char)('A' + index)).ToString(),
        ["datasource"] = Source(),
        ["expr"] = query.Expr,
        ["legendFormat"] = query.Legend,
        ["instant"] = panel.Kind != "timeseries",
        ["range"] = panel.Kind == "timeseries",
        ["exemplar"] = panel.Exemplars,
    };

    private static JsonObject Source() => new() { ["type"] = "prometheus", ["uid"] = "${datasource}" };
}
