#!/usr/bin/env dotnet
#:property PublishAot=false
#:property RestorePackagesWithLockFile=false

// Draws the dashboards as pictures, from what a Prometheus has seen: the files of dashboards/ are read as Grafana reads them.
//   dotnet run docs/dashboards/draw.cs -- http://127.0.0.1:9090 MINUTES FOLDER
// A query that finds nothing is named, and a panel that shows nothing makes the exit code 1.

using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;

if (args is not [var address, var minutesText, var folder] || !int.TryParse(minutesText, NumberStyles.None, CultureInfo.InvariantCulture, out var minutes))
{
    Console.Error.WriteLine("usage: dotnet run docs/dashboards/draw.cs -- PROMETHEUS MINUTES FOLDER");
    return 2;
}

using var http = new HttpClient { BaseAddress = new Uri(address) };
var prometheus = new Prometheus(http, TimeSpan.FromMinutes(minutes));
var source = Path.Combine((string)AppContext.GetData("EntryPointFileDirectoryPath")!, "..", "..", "observability", "dashboards");
var empty = new List<string>();
Directory.CreateDirectory(folder);
foreach (var file in Directory.GetFiles(source, "*.json").Order(StringComparer.Ordinal))
{
    var picture = await Picture.DrawAsync(JsonNode.Parse(await File.ReadAllTextAsync(file))!, prometheus, empty);
    await File.WriteAllTextAsync(Path.Combine(folder, Path.ChangeExtension(Path.GetFileName(file), ".svg")), picture);
}

foreach (var query in prometheus.Empty)
    Console.Error.WriteLine($"no data: {query}");
foreach (var panel in empty)
    Console.Error.WriteLine($"empty panel: {panel}");
return empty.Count == 0 ? 0 : 1;

/// <summary>One line of a graph, or one number.</summary>
/// <param name="Points">Seconds since 1970, and the value then, in their order; never empty.</param>
internal sealed record Series(string Legend, IReadOnlyList<(double Time, double Value)> Points)
{
    public double Last => Points[^1].Value;
}

/// <summary>Asks Prometheus what Grafana would ask.</summary>
internal sealed class Prometheus(HttpClient http, TimeSpan span)
{
    private const int Points = 240;

    private readonly double _now = Math.Floor((DateTimeOffset.UtcNow - DateTimeOffset.UnixEpoch).TotalSeconds);

    /// <summary>The queries that found nothing.</summary>
    public List<string> Empty { get; } = [];

    /// <summary>Seconds between two points.</summary>
    public double Step => span.TotalSeconds / Points;

    public double From => _now - span.TotalSeconds;

    public double To => _now;

    public async Task<List<Series>> AskAsync(JsonNode target)
    {
        var expression = ((string)target["expr"]!).Replace("$instance", ".*").Replace("$__rate_interval", "1m");
        var isRange = (bool)target["range"]!;
        var call = isRange
            ? string.Create(CultureInfo.InvariantCulture, $"api/v1/query_range?query={Uri.EscapeDataString(expression)}&start={From}&end={To}&step={Step}")
            : string.Create(CultureInfo.InvariantCulture, $"api/v1/query?query={Uri.EscapeDataString(expression)}&time={To}");
        var answer = JsonNode.Parse(await http.GetStringAsync(call))!;
        var series = answer["data"]!["result"]!.AsArray().Select(result => new Series(
            Legend((string)target["legendFormat"]!, result!["metric"]!),
            [.. (isRange ? result["values"]!.AsArray() : [result["value"]!.DeepClone()]).Select(Point).Where(point => double.IsFinite(point.Value))]))
            .Where(line => line.Points.Count > 0).OrderBy(line => line.Legend, StringComparer.Ordinal).ToList();
        if (series.Count == 0)
            Empty.Add(expression);
        return series;
    }

    private static (double Time, double Value) Point(JsonNode? pair) =>
        ((double)pair![0]!, double.Parse((string)pair[1]!, NumberStyles.Float, CultureInfo.InvariantCulture));

    private static string Legend(string format, JsonNode labels)
    {
        foreach (var (name, value) in labels.AsObject())
            format = format.Replace($"{{{{{name}}}}}", (string?)value);
        return format;
    }
}

/// <summary>A dashboard as an SVG.</summary>
internal static class Picture
{
    private const int Column = 50;
    private const int Row = 34;
    private const int Header = 64;

    private static readonly string[] s_palette = ["#3274d9", "#e0752d", "#3f9142", "#a352cc", "#c4162a", "#0f8a8a", "#b8860b", "#5f6b7a", "#d44a7a", "#4b3fa7"];

    /// <summary>Seconds that read as minutes and hours.</summary>
    private static readonly double[] s_times = [120, 300, 600, 1200, 1800, 3600, 7200, 21_600, 43_200, 86_400];

    private static readonly Dictionary<string, string> s_colours = new()
    {
        ["green"] = "#2f8f46", ["yellow"] = "#b58900", ["orange"] = "#d9660d", ["red"] = "#c4162a", ["transparent"] = "#30343b",
    };

    public static async Task<string> DrawAsync(JsonNode dashboard, Prometheus prometheus, List<string> empty)
    {
        var panels = dashboard["panels"]!.AsArray();
        var rows = panels.Max(panel => (int)panel!["gridPos"]!["y"]! + (int)panel["gridPos"]!["h"]!);
        var svg = new StringBuilder($"""
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {24 * Column + 16} {Header + rows * Row + 12}" font-family="system-ui, 'DejaVu Sans', sans-serif" font-size="11">
            <rect width="100%" height="100%" fill="#f4f5f7"/>
            <text x="16" y="27" font-size="19" font-weight="600" fill="#1f2329">{Escape((string)dashboard["title"]!)}</text>
            <text x="16" y="48" font-size="12" fill="#5f6b7a">{Escape((string)dashboard["description"]!)}</text>

            """);
        foreach (var panel in panels)
        {
            var lines = new List<Series>();
            foreach (var target in panel!["targets"]!.AsArray())
                lines.AddRange(await prometheus.AskAsync(target!));
            if (lines.Count == 0)
                empty.Add((string)panel["title"]!);
            Draw(svg, panel, lines, prometheus);
        }

        return svg.Append("</svg>\n").ToString();
    }

    private static void Draw(StringBuilder svg, JsonNode panel, List<Series> lines, Prometheus prometheus)
    {
        var place = panel["gridPos"]!;
        var box = new Box(8 + (int)place["x"]! * Column + 4, Header + (int)place["y"]! * Row + 4, (int)place["w"]! * Column - 8, (int)place["h"]! * Row - 8);
        var (unit, steps) = ((string)panel["fieldConfig"]!["defaults"]!["unit"]!, panel["fieldConfig"]!["defaults"]!["thresholds"]!["steps"]!.AsArray());
        svg.Append(CultureInfo.InvariantCulture, $"""
            <rect x="{box.X}" y="{box.Y}" width="{box.Width}" height="{box.Height}" rx="4" fill="#fff" stroke="#dfe2e6"/>
            <text x="{box.X + 10}" y="{box.Y + 18}" font-size="12" font-weight="600" fill="#30343b">{Escape((string)panel["title"]!)}</text>

            """);
        var inner = new Box(box.X + 10, box.Y + 28, box.Width - 20, box.Height - 36);
        var words = panel["fieldConfig"]!["defaults"]!["mappings"]!.AsArray().Select(mapping => mapping!["options"]!.AsObject().Single())
            .ToDictionary(option => double.Parse(option.Key, CultureInfo.InvariantCulture), option => (string)option.Value!["text"]!);
        if (lines.Count == 0)
            Text(svg, inner.X + inner.Width / 2, inner.Y + inner.Height / 2, "no data", "middle", "#c4162a", 14);
        else if ((string)panel["type"]! == "stat")
            Numbers(svg, inner, lines, value => words.GetValueOrDefault(value) ?? Unit.Text(value, unit), steps);
        else if ((string)panel["type"]! == "bargauge")
            Bars(svg, inner, lines, unit, steps);
        else
            Graph(svg, inner, lines, unit, steps, prometheus);
    }

    private static void Numbers(StringBuilder svg, Box box, List<Series> lines, Func<double, string> show, JsonArray steps)
    {
        var width = box.Width / lines.Count;
        foreach (var (index, line) in lines.Index())
        {
            var x = box.X + width * (index + 0.5);
            Text(svg, x, box.Y + box.Height * 0.52, show(line.Last), "middle", ColourOf(line.Last, steps), Math.Min(30, Math.Min(box.Height * 0.42, width * 0.22)));
            Text(svg, x, box.Y + box.Height - 6, line.Legend, "middle", "#5f6b7a", 11);
        }
    }

    private static void Bars(StringBuilder svg, Box box, List<Series> lines, string unit, JsonArray steps)
    {
        var (max, height) = (lines.Max(line => line.Last), box.Height / lines.Count);
        foreach (var (index, line) in lines.OrderByDescending(line => line.Last).Index())
        {
            var y = box.Y + height * index;
            Text(svg, box.X, y + height * 0.42, line.Legend, "start", "#30343b", 11);
            Text(svg, box.X + box.Width, y + height * 0.42, Unit.Text(line.Last, unit), "end", ColourOf(line.Last, steps), 11);
            svg.Append(CultureInfo.InvariantCulture, $"<rect x=\"{box.X:0.#}\" y=\"{y + height * 0.55:0.#}\" width=\"{Math.Max(1, box.Width * (max > 0 ? line.Last / max : 0)):0.#}\" height=\"{Math.Max(3, height * 0.22):0.#}\" rx=\"2\" fill=\"{ColourOf(line.Last, steps)}\"/>\n");
        }
    }

    private static void Graph(StringBuilder svg, Box box, List<Series> lines, string unit, JsonArray steps, Prometheus prometheus)
    {
        var legendRows = (int)Math.Ceiling(lines.Sum(line => line.Legend.Length * 6.2 + 26) / box.Width);
        var plot = new Box(box.X + 52, box.Y + 4, box.Width - 58, box.Height - 22 - 15 * legendRows);
        var (low, high, tick) = Scale(lines, unit);
        for (var value = low; value <= high + tick / 2; value += tick)
        {
            var y = Y(value);
            svg.Append(CultureInfo.InvariantCulture, $"<line x1=\"{plot.X:0.#}\" x2=\"{plot.X + plot.Width:0.#}\" y1=\"{y:0.#}\" y2=\"{y:0.#}\" stroke=\"#eceef1\"/>\n");
            Text(svg, plot.X - 6, y + 4, Unit.Text(value, unit), "end", "#5f6b7a", 10);
        }

        for (var part = 0; part <= 4; part++)
        {
            var time = prometheus.From + (prometheus.To - prometheus.From) * part / 4;
            Text(svg, X(time), plot.Y + plot.Height + 14, DateTimeOffset.UnixEpoch.AddSeconds(time).ToString("HH:mm", CultureInfo.InvariantCulture),
                part == 0 ? "start" : part == 4 ? "end" : "middle", "#5f6b7a", 10);
        }

        foreach (var step in steps.Skip(1))
        {
            if ((double)step!["value"]! is var value && value >= low && value <= high)
                svg.Append(CultureInfo.InvariantCulture, $"<line x1=\"{plot.X:0.#}\" x2=\"{plot.X + plot.Width:0.#}\" y1=\"{Y(value):0.#}\" y2=\"{Y(value):0.#}\" stroke=\"#c4162a\" stroke-dasharray=\"5 4\"/>\n");
        }

        var (x, row) = (box.X, 0);
        foreach (var (index, line) in lines.Index())
        {
            var colour = s_palette[index % s_palette.Length];
            foreach (var part in Parts(line.Points, prometheus.Step))
            {
                var points = string.Join(' ', part.Select(point => string.Create(CultureInfo.InvariantCulture, $"{X(point.Time):0.#},{Y(point.Value):0.#}")));
                // Many areas on top of each other hide the lines.
                if (lines.Count <= 3)
                    svg.Append(CultureInfo.InvariantCulture, $"<polygon points=\"{X(part[0].Time):0.#},{Y(0):0.#} {points} {X(part[^1].Time):0.#},{Y(0):0.#}\" fill=\"{colour}\" fill-opacity=\"0.05\"/>\n");
                svg.Append(CultureInfo.InvariantCulture, $"<polyline points=\"{points}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"1.5\" stroke-linejoin=\"round\" stroke-linecap=\"round\"/>\n");
            }

            var width = line.Legend.Length * 6.2 + 26;
            if (x + width > box.X + box.Width && x > box.X)
                (x, row) = (box.X, row + 1);
            var y = plot.Y + plot.Height + 30 + 15 * row;
            svg.Append(CultureInfo.InvariantCulture, $"<rect x=\"{x:0.#}\" y=\"{y - 6:0.#}\" width=\"12\" height=\"3\" fill=\"{colour}\"/>\n");
            Text(svg, x + 16, y, line.Legend, "start", "#30343b", 10);
            x += width;
        }

        double X(double time) => plot.X + plot.Width * (time - prometheus.From) / (prometheus.To - prometheus.From);

        double Y(double value) => plot.Y + plot.Height * (1 - (value - low) / (high - low));
    }

    /// <summary>Where nothing was known, the line is interrupted.</summary>
    private static IEnumerable<List<(double Time, double Value)>> Parts(IReadOnlyList<(double Time, double Value)> points, double step)
    {
        var part = new List<(double Time, double Value)>();
        foreach (var point in points)
        {
            if (part.Count > 0 && point.Time - part[^1].Time > 1.5 * step)
            {
                yield return part;
                part = [];
            }

            part.Add(point);
        }

        yield return part;
    }

    /// <summary>A scale from zero, or below it, with about four steps of 1, 2 or 5, or of a power of 2 for bytes and of round times.</summary>
    private static (double Low, double High, double Tick) Scale(List<Series> lines, string unit)
    {
        var values = lines.SelectMany(line => line.Points).Select(point => point.Value).ToList();
        var (low, high) = (Math.Min(0, values.Min()), Math.Max(0, values.Max()));
        if (high - low <= 0)
            high = 1;
        var rough = (high - low) / 4;
        if (unit == "bytes")
            return Ends(Math.Pow(2, Math.Ceiling(Math.Log2(rough))));
        if (unit == "s" && rough > 60)
            return Ends(s_times.FirstOrDefault(time => time >= rough, Math.Ceiling(rough / 86_400) * 86_400));
        var power = Math.Pow(10, Math.Floor(Math.Log10(rough)));
        return Ends(power * (rough / power > 5 ? 10 : rough / power > 2 ? 5 : rough / power > 1 ? 2 : 1));

        (double Low, double High, double Tick) Ends(double tick) => (Math.Floor(low / tick) * tick, Math.Ceiling(high / tick) * tick, tick);
    }

    private static string ColourOf(double value, JsonArray steps) =>
        s_colours[(string)steps.Last(step => step!["value"] is null || (double)step["value"]! <= value)!["color"]!];

    private static void Text(StringBuilder svg, double x, double y, string text, string anchor, string colour, double size) => svg.Append(CultureInfo.InvariantCulture,
        $"<text x=\"{x:0.#}\" y=\"{y:0.#}\" text-anchor=\"{anchor}\" font-size=\"{size:0.#}\" fill=\"{colour}\">{Escape(text)}</text>\n");

    private static string Escape(string text) => WebUtility.HtmlEncode(text);

    private readonly record struct Box(double X, double Y, double Width, double Height);
}

/// <summary>Numbers as Grafana writes them.</summary>
internal static class Unit
{
    public static string Text(double value, string unit) => unit switch
    {
        "percentunit" => $"{Round(value * 100)} %",
        "s" => Seconds(value),
        "bytes" => Scaled(value, 1024, "B", "KiB", "MiB", "GiB", "TiB"),
        "reqps" or "ops" => $"{Round(value)}/s",
        "x" => $"{Round(value)}x",
        "short" => Scaled(value, 1000, "", "K", "M", "G"),
        "none" => Round(value),
        _ => throw new InvalidDataException($"The unit {unit} is not known here."),
    };

    private static string Seconds(double value) => Math.Abs(value) switch
    {
        0 => "0",
        < 1 => $"{Round(value * 1000)} ms",
        < 120 => $"{Round(value)} s",
        < 7200 => $"{Round(value / 60)} min",
        < 172_800 => $"{Round(value / 3600)} h",
        _ => $"{Round(value / 86_400)} d",
    };

    private static string Scaled(double value, double step, params string[] names)
    {
        var index = 0;
        for (; Math.Abs(value) >= step && index < names.Length - 1; index++)
            value /= step;
        return $"{Round(value)} {names[index]}".TrimEnd();
    }

    private static string Round(double value) => Math.Round(value, Math.Abs(value) >= 100 ? 0 : Math.Abs(value) >= 10 ? 1 : 2).ToString(CultureInfo.InvariantCulture);
}
