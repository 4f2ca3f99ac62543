using System.Globalization;
using System.Text.Json;
using Outlay.Tests.Contract;

namespace Outlay.Tests.Attacks;

/// <summary>Values at the bounds that a schema of the document sets, and one step beyond them, as JSON text.</summary>
internal static class Bounds
{
    private static readonly string[] s_letters = ["a", "é", "😀", " ", "\\u0000", "\\ud83d"];

    /// <summary>All of them; none where the schema sets no bound.</summary>
    public static IReadOnlyList<string> Of(JsonElement schema, JsonSchema document, Random random)
    {
        var values = new List<string>();
        Add(document.Resolve(schema), document, random, values);
        return values;
    }

    private static void Add(JsonElement schema, JsonSchema document, Random random, List<string> values)
    {
        foreach (var rule in schema.EnumerateObject())
        {
            switch (rule.Name)
            {
                case "minimum" or "exclusiveMinimum" or "maximum":
                    var bound = rule.Value.GetDecimal();
                    foreach (var step in new[] { -1m, -0.01m, 0m, 0.01m, 1m })
                    {
                        var number = (bound + step).ToString(CultureInfo.InvariantCulture);
                        values.AddRange([number, $"\"{number}\""]);
                    }

                    break;
                case "minLength" or "maxLength":
                    foreach (var length in new[] { -1, 0, 1 })
                        values.Add(Text(s_letters[random.Next(s_letters.Length)], rule.Value.GetInt32() + length));
                    break;
                case "maxItems":
                    foreach (var length in new[] { 0, 1 })
                        values.Add($"[{string.Join(',', Enumerable.Range(0, rule.Value.GetInt32() + length).Select(item => $"\"{item}\""))}]");
                    break;
                case "enum":
                    values.AddRange(rule.Value.EnumerateArray().SelectMany(item => new[] { item.GetRawText(), item.GetRawText().ToUpperInvariant() }));
                    break;
                case "items":
                    var items = Of(rule.Value, document, random);
                    values.AddRange(items.Select(item => $"[{item}]"));
                    break;
                case "oneOf" or "allOf":
                    foreach (var part in rule.Value.EnumerateArray())
                        Add(document.Resolve(part), document, random, values);
                    break;
            }
        }
    }

    private static string Text(string letter, int length) => $"\"{string.Concat(Enumerable.Repeat(letter, Math.Max(0, length)))}\"";
}
