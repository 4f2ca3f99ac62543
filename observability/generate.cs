#!/usr/bin/env dotnet
#:package YamlDotNet
#:property PublishAot=false
#:property RestoreLockedMode=true

// Turns slo.yaml into rules/slo.yaml: what Prometheus records about each objective, and the alerts on how fast its error budget burns. Turns
// alerts.yaml, all other alerts, into rules/alerts.yaml: with the addresses that slo.yaml says.
//   dotnet run observability/generate.cs [-- [--check] [FOLDER]]
// With --check nothing is written: exit code 1 says that the rules are not what the objectives ask for.

using System.Globalization;
using System.Text;
using YamlDotNet.Core;
using YamlDotNet.Serialization;
using YamlDotNet.Serialization.NamingConventions;

var check = args.Contains("--check");
var folder = args.FirstOrDefault(word => word != "--check") ?? (string)AppContext.GetData("EntryPointFileDirectoryPath")!;
var (objectives, alerts) = (Path.Combine(folder, "slo.yaml"), Path.Combine(folder, "alerts.yaml"));
try
{
    var book = Book.Read(objectives);
    (string Source, string Rules)[] all = [(objectives, Rules.For(book)), (alerts, Rules.Linked(book, File.ReadAllText(alerts)))];
    foreach (var (source, rules) in all)
    {
        var target = Path.Combine(folder, "rules", Path.GetFileName(source));
        if (!check)
        {
            File.WriteAllText(target, rules);
        }
        else if (!File.Exists(target) || File.ReadAllText(target) != rules)
        {
            Console.Error.WriteLine($"{target} is not what {source} asks for: run dotnet run observability/generate.cs, and commit the result.");
            return 1;
        }
    }
}
catch (Exception e) when (e is YamlException or InvalidDataException or IOException)
{
    Console.Error.WriteLine($"{objectives}: {e.Message} {e.InnerException?.Message}".TrimEnd());
    return 65;
}

return 0;

/// <summary>Events of which only a share may be bad.</summary>
internal sealed record Objective
{
    public required string Name { get; init; }

    /// <summary>The share of events that are good, above 0 and below 100.</summary>
    public required decimal Percent { get; init; }

    /// <summary>Whether somebody is woken when the budget burns fast; otherwise it is a ticket.</summary>
    public required bool Page { get; init; }

    /// <summary>In words: what the share is of, as a sentence.</summary>
    public required string Promise { get; init; }

    /// <summary>PromQL: all events per second. Without labels.</summary>
    public required string Total { get; init; }

    /// <summary>PromQL: the bad ones. Either this or <see cref="Good"/>.</summary>
    public string? Bad { get; init; }

    public string? Good { get; init; }

    /// <summary>
    /// PromQL: there as long as no event could be counted since the start of the service. Nothing is missing then. Without it, the metrics of
    /// the objective are there from the start.
    /// </summary>
    public string? Idle { get; init; }

    public decimal Budget => (100 - Percent) / 100;

    /// <summary>For names of alerts: read-latency is ReadLatency.</summary>
    public string Pascal => string.Concat(Name.Split('-').Select(word => char.ToUpperInvariant(word[0]) + word[1..]));
}

/// <summary>The file of objectives.</summary>
internal sealed record Book
{
    public required string Service { get; init; }

    public required int PeriodDays { get; init; }

    /// <summary>How often Prometheus evaluates the rules. The count of events in a window depends on it.</summary>
    public required int EvaluationSeconds { get; init; }

    /// <summary>Where the runbooks are; the name of the alert follows.</summary>
    public required string Runbooks { get; init; }

    /// <summary>Where the dashboards are; the uid of one follows.</summary>
    public required string Dashboards { get; init; }

    public required Objective[] Objectives { get; init; }

    /// <summary>A key that is missing or not known is an error.</summary>
    public static Book Read(string file)
    {
        var yaml = new DeserializerBuilder().WithNamingConvention(UnderscoredNamingConvention.Instance).WithEnforceRequiredMembers().Build();
        var book = yaml.Deserialize<Book>(File.ReadAllText(file));
        foreach (var objective in book.Objectives)
        {
            if (objective.Percent is <= 0 or >= 100)
                throw new InvalidDataException($"{objective.Name}: percent is {objective.Percent}: it must be above 0 and below 100.");
            if (objective.Bad is null == objective.Good is null)
                throw new InvalidDataException($"{objective.Name}: say which events are bad, or which are good, and not both.");
            if (Burn.All.FirstOrDefault(burn => burn.Factor * objective.Budget >= 1) is { } dead)
                throw new InvalidDataException($"{objective.Name}: a budget of {objective.Budget} never burns {dead.Factor} times as fast as it may. Promise more, or change the windows.");
        }

        return book;
    }
}

/// <summary>
/// A speed at which a budget burns: over the long window, and still over the short one, so that an alert ends soon after its cause.
/// The factors let 2, 5, 10 and 10 % of a budget of 30 days burn before they tell (The Site Reliability Workbook, chapter 5).
/// </summary>
internal sealed record Burn(decimal Factor, string Long, string Short, bool Fast)
{
    public static readonly Burn[] All = [new(14.4m, "1h", "5m", true), new(6, "6h", "30m", true), new(3, "1d", "2h", false), new(1, "3d", "6h", false)];
}

/// <summary>Writes the rules.</summary>
internal static class Rules
{
    private static readonly string[] s_windows = ["5m", "30m", "1h", "2h", "6h", "1d", "3d"];

    public static string For(Book book)
    {
        var text = new StringBuilder("# Made by observability/generate.cs from observability/slo.yaml. Change that file, not this one.\ngroups:\n");
        foreach (var objective in book.Objectives)
        {
            text.Append(CultureInfo.InvariantCulture, $"  - name: slo-{objective.Name}\n    interval: {book.EvaluationSeconds}s\n    rules:\n");
            foreach (var (name, expression) in Records(book, objective))
                text.Append(CultureInfo.InvariantCulture, $"      - record: {name}\n        expr: {expression}\n        labels: {{service: {book.Service}, slo: {objective.Name}}}\n");
            text.Append(BurnAlert(book, objective, fast: true)).Append(BurnAlert(book, objective, fast: false)).Append(AbsentAlert(book, objective));
        }

        return text.ToString();
    }

    /// <summary>Alerts that were written by hand, without their comments, and with the addresses that they lead to.</summary>
    public static string Linked(Book book, string alerts) => "# Made by observability/generate.cs from observability/alerts.yaml. Change that file, not this one.\n"
        + string.Join('\n', alerts.Split('\n').Where(line => !line.TrimStart().StartsWith('#')))
            .Replace("{runbooks}", book.Runbooks, StringComparison.Ordinal).Replace("{dashboards}", book.Dashboards, StringComparison.Ordinal);

    private static IEnumerable<(string Name, string Expression)> Records(Book book, Objective objective)
    {
        var period = $"{book.PeriodDays}d";
        yield return ("slo:objective:ratio", $"vector({1 - objective.Budget})");
        yield return ("slo:error_budget:ratio", $"vector({objective.Budget})");
        yield return ("slo:events_total:rate1m", objective.Total);
        // Nothing counts bad events before the first one.
        yield return ("slo:events_bad:rate1m", objective.Good is { } good
            ? $"clamp_min({objective.Total} - {good}, 0)"
            : $"{objective.Bad} or 0 * {objective.Total}");
        foreach (var window in s_windows.Append(period))
        {
            // Sums, and not the average of ratios: a night with ten requests must not weigh as much as a day with thousands.
            var (bad, total) = ($"sum_over_time({Series("slo:events_bad:rate1m")}[{window}])", $"sum_over_time({Series("slo:events_total:rate1m")}[{window}])");
            yield return ($"slo:error_ratio:rate{window}", $"{bad} / ({total} > 0) or {total} == 0");
        }

        yield return ("slo:error_budget_remaining:ratio", $"1 - {Series($"slo:error_ratio:rate{period}")} / {objective.Budget}");

        string Series(string name) => Rules.Series(book, name, objective);
    }

    private static string BurnAlert(Book book, Objective objective, bool fast)
    {
        var burns = Burn.All.Where(burn => burn.Fast == fast).ToList();
        var expression = string.Join("\n          or\n", burns.Select(burn =>
        {
            var threshold = burn.Factor * objective.Budget;
            // Among more events than this, a single bad one stays below the threshold.
            var events = Math.Ceiling(1 / threshold);
            return $"""
                          (
                            {Series(book, $"slo:error_ratio:rate{burn.Long}", objective)} > {threshold:0.######}
                            and {Series(book, $"slo:error_ratio:rate{burn.Short}", objective)} > {threshold:0.######}
                            and sum_over_time({Series(book, "slo:events_total:rate1m", objective)}[{burn.Long}]) * {book.EvaluationSeconds} > {events:0}
                          )
                """;
        }));
        var speed = string.Join(" or ", burns.Select(burn => $"{burn.Factor:0.#} times (over {burn.Long})"));
        return Alert(book, objective, $"{objective.Pascal}Burns{(fast ? "Fast" : "Slow")}", expression, null, fast && objective.Page,
            $"The error budget of {objective.Name} burns {(fast ? "fast" : "slowly, but too fast to last")}",
            $"Over {book.PeriodDays} days, {objective.Percent} % is promised: {objective.Promise}. Now {{{{ $value | humanizePercentage }}}} is bad: "
            + $"the budget burns at least {speed} as fast as it may.");
    }

    private static string AbsentAlert(Book book, Objective objective) => Alert(book, objective, "SloMetricAbsent",
        // Without the bad ones there is no ratio, and every burn alert is silent.
        $"          (absent({Series(book, "slo:events_total:rate1m", objective)}) or absent({Series(book, "slo:events_bad:rate1m", objective)}))"
        + (objective.Idle is { } idle ? $" unless on () {idle}" : ""), "10m", objective.Page,
        $"Nobody knows whether the objective {objective.Name} is kept",
        "The metric behind it has been missing for 10 minutes: the application or the prober is not scraped, or the metric has another name.");

    private static string Alert(
        Book book, Objective objective, string name, string expression, string? wait, bool page, string summary, string description) =>
        $$$"""
              - alert: {{{name}}}
                expr: |-
        {{{expression}}}
        {{{(wait is null ? "" : $"        for: {wait}\n")}}}        labels: {service: {{{book.Service}}}, slo: {{{objective.Name}}}, severity: {{{(page ? "page" : "ticket")}}}}
                annotations:
                  summary: "{{{summary}}}"
                  description: "{{{description}}}"
                  runbook_url: "{{{book.Runbooks}}}{{{name}}}.md"
                  dashboard_url: "{{{book.Dashboards}}}outlay-objectives"

        """;

    // With its service: others in the same Prometheus promise their availability too.
    private static string Series(Book book, string name, Objective objective) => $"{name}{{service=\"{book.Service}\",slo=\"{objective.Name}\"}}";
}
