using System.Text.RegularExpressions;
using Outlay.Tests.Harness;

namespace Outlay.Tests.Telemetry;

/// <summary>One line of observability/metrics.yaml.</summary>
/// <param name="Labels">Every label that it has.</param>
/// <param name="Rare">Labels that only some of its series have.</param>
/// <param name="IsOfProbe">Whether the prober tells it, and not the server.</param>
/// <param name="When">What it needs to be there: postgres or https; empty when it is there from the start.</param>
internal sealed partial record MetricSchema(string Name, string Type, IReadOnlyList<string> Labels, IReadOnlyList<string> Rare, bool IsOfProbe, string When)
{
    public static IReadOnlyList<MetricSchema> All { get; } =
    [
        .. File.ReadLines(Path.Combine(ProductCode.Root, "observability", "metrics.yaml"))
            .Select(line => Line().Match(line)).Where(match => match.Success)
            .Select(match => new MetricSchema(match.Groups["name"].Value, match.Groups["type"].Value, List(match, "labels"), List(match, "rare"),
                match.Groups["of"].Value == "probe", match.Groups["when"].Value)),
    ];

    /// <summary>What a server on an engine tells.</summary>
    public static IReadOnlyList<MetricSchema> Of(Engine engine) =>
        [.. All.Where(metric => !metric.IsOfProbe && (metric.When.Length == 0 || (metric.When == "postgres" && engine is Engine.Postgres)))];

    private static string[] List(Match match, string group) =>
        match.Groups[group].Value.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    [GeneratedRegex(@"^  - \{name: (?<name>\w+), type: (?<type>\w+), labels: \[(?<labels>[^\]]*)\](, rare: \[(?<rare>[^\]]*)\])?(, of: (?<of>\w+))?(, when: (?<when>[\w-]+))?, about: .+\}$")]
    private static partial Regex Line();
}
