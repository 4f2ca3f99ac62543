using System.Globalization;
using System.Text.RegularExpressions;

namespace Outlay.Tests.Telemetry;

/// <summary>What /metrics answered, by series.</summary>
internal sealed partial class Scrape
{
    private readonly Dictionary<string, double> _values = [];

    public Scrape(string text)
    {
        foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (Family().Match(line) is { Success: true } family)
                Families[family.Groups["name"].Value] = family.Groups["type"].Value;
            else if (Sample().Match(line) is { Success: true } sample)
                _values.Add(sample.Groups["series"].Value, double.Parse(sample.Groups["value"].Value.Replace("+Inf", "Infinity", StringComparison.Ordinal), CultureInfo.InvariantCulture));
            else if (!line.StartsWith('#'))
                throw new FormatException($"This is no sample: {line}");
        }
    }

    /// <summary>The type of each family.</summary>
    public Dictionary<string, string> Families { get; } = [];

    public IReadOnlyCollection<string> Series => _values.Keys;

    /// <summary>The value of a series, written as it is in the text, or the sum of all series of a name with these labels; NaN when there is none.</summary>
    public double this[string name, params string[] labels]
    {
        get
        {
            var found = _values.Where(value => NameOf(value.Key) == name && labels.All(label => value.Key.Contains(label, StringComparison.Ordinal))).ToList();
            return found.Count == 0 ? double.NaN : found.Sum(value => value.Value);
        }
    }

    /// <summary>The labels of each family, without the bound of a bucket.</summary>
    public IEnumerable<(string Family, string Label)> Labels =>
        from series in _values.Keys
        let family = FamilyOf(NameOf(series))
        from Match label in Label().Matches(series)
        where label.Groups["name"].Value != "le"
        select (family, label.Groups["name"].Value);

    private static string NameOf(string series) => series.Split('{')[0];

    private string FamilyOf(string name) => Families.ContainsKey(name) ? name : Families.Keys.First(family => name.StartsWith($"{family}_", StringComparison.Ordinal));

    [GeneratedRegex("^# TYPE (?<name>[a-z_]+) (?<type>[a-z]+)$")]
    private static partial Regex Family();

    [GeneratedRegex("""^(?<series>[a-z_]+(\{.*?\})?) (?<value>[^ ]+)( # \{.*\} [^ ]+ [^ ]+)?$""")]
    private static partial Regex Sample();

    [GeneratedRegex("[{,](?<name>[a-z_]+)=\"")]
    private static partial Regex Label();
}
