using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Outlay.Tests.Contract;

/// <summary>
/// Checks JSON against a schema of a document: the part of JSON Schema 2020-12 that the document uses. A keyword that is
/// not known throws, so that nothing the document says goes unchecked.
/// </summary>
internal sealed class JsonSchema(JsonElement document)
{
    private static readonly HashSet<string> s_annotations = ["description", "examples", "readOnly"];

    /// <summary>What is wrong with the value, each fault with its place; none when it is valid.</summary>
    public IEnumerable<string> Faults(JsonElement schema, JsonElement value, string at = "$") =>
        schema.EnumerateObject().SelectMany(keyword => Faults(schema, keyword.Name, keyword.Value, value, at));

    /// <summary>Follows a reference, if this is one.</summary>
    public JsonElement Resolve(JsonElement element)
    {
        while (element.ValueKind is JsonValueKind.Object && element.TryGetProperty("$ref", out var reference))
            element = reference.GetString()!.Split('/').Skip(1).Aggregate(document, (part, name) => part.GetProperty(name));
        return element;
    }

    private IEnumerable<string> Faults(JsonElement schema, string keyword, JsonElement rule, JsonElement value, string at) => keyword switch
    {
        "$ref" => Faults(Resolve(schema), value, at),
        "allOf" => rule.EnumerateArray().SelectMany(part => Faults(part, value, at)),
        "oneOf" => When(rule.EnumerateArray().Count(part => !Faults(part, value, at).Any()) != 1, $"{at} does not match exactly one of {rule}"),
        "type" => When(!Types(rule).Any(type => IsOf(type, value)), $"{at} is {value.ValueKind}, not {rule}"),
        "const" => When(!JsonElement.DeepEquals(rule, value), $"{at} is {value}, not {rule}"),
        "enum" => When(!rule.EnumerateArray().Any(choice => JsonElement.DeepEquals(choice, value)), $"{at} is {value}, none of {rule}"),
        _ => value.ValueKind switch
        {
            JsonValueKind.Object => OfObject(schema, keyword, rule, value, at),
            JsonValueKind.Array => OfArray(keyword, rule, value, at),
            JsonValueKind.String => OfString(keyword, rule, value.GetString()!, at),
            JsonValueKind.Number => OfNumber(keyword, rule, value.GetDecimal(), at),
            _ => OfString(keyword, rule, null, at),
        },
    };

    private IEnumerable<string> OfObject(JsonElement schema, string keyword, JsonElement rule, JsonElement value, string at) => keyword switch
    {
        "required" => rule.EnumerateArray().Where(name => !value.TryGetProperty(name.GetString()!, out _)).Select(name => $"{at} lacks {name}"),
        "properties" => value.EnumerateObject().Where(field => rule.TryGetProperty(field.Name, out _))
            .SelectMany(field => Faults(rule.GetProperty(field.Name), field.Value, $"{at}.{field.Name}")),
        "additionalProperties" => value.EnumerateObject().Where(field => !IsNamed(schema, field.Name))
            .SelectMany(field => rule.ValueKind is JsonValueKind.False
                ? [$"{at} has {field.Name}"]
                : Faults(rule, field.Value, $"{at}.{field.Name}")),
        "minProperties" => When(value.EnumerateObject().Count() < rule.GetInt32(), $"{at} has fewer than {rule} fields"),
        _ => OfString(keyword, rule, null, at),
    };

    private IEnumerable<string> OfArray(string keyword, JsonElement rule, JsonElement value, string at) => keyword switch
    {
        "items" => value.EnumerateArray().SelectMany((item, i) => Faults(rule, item, $"{at}[{i}]")),
        "minItems" => When(value.GetArrayLength() < rule.GetInt32(), $"{at} has fewer than {rule} items"),
        "maxItems" => When(value.GetArrayLength() > rule.GetInt32(), $"{at} has more than {rule} items"),
        "uniqueItems" => When(value.EnumerateArray().Select(item => item.GetRawText()).Distinct().Count() < value.GetArrayLength(), $"{at} repeats an item"),
        _ => OfString(keyword, rule, null, at),
    };

    private static IEnumerable<string> OfNumber(string keyword, JsonElement rule, decimal value, string at) => keyword switch
    {
        "minimum" => When(value < rule.GetDecimal(), $"{at} is less than {rule}"),
        "exclusiveMinimum" => When(value <= rule.GetDecimal(), $"{at} is not greater than {rule}"),
        "maximum" => When(value > rule.GetDecimal(), $"{at} is greater than {rule}"),
        _ => OfString(keyword, rule, null, at),
    };

    /// <summary>The keywords for text; those for other kinds of values say nothing about it. A null is not text.</summary>
    private static IEnumerable<string> OfString(string keyword, JsonElement rule, string? value, string at) => keyword switch
    {
        // Lengths count code points.
        "minLength" => When(value?.EnumerateRunes().Count() < rule.GetInt32(), $"{at} is shorter than {rule}"),
        "maxLength" => When(value?.EnumerateRunes().Count() > rule.GetInt32(), $"{at} is longer than {rule}"),
        "pattern" => When(value is not null && !Matches(value, rule.GetString()!), $"{at} is {value}, not like {rule}"),
        "format" => When(value is not null && !HasFormat(value, rule.GetString()!), $"{at} is {value}, no {rule}"),
        "minimum" or "exclusiveMinimum" or "maximum" or "minItems" or "maxItems" or "uniqueItems" or "items" => [],
        "required" or "properties" or "additionalProperties" or "minProperties" => [],
        _ when s_annotations.Contains(keyword) => [],
        _ => throw new NotSupportedException($"The checker does not know the keyword '{keyword}'."),
    };

    /// <summary>In a schema <c>$</c> is the very end; here it also matches before a last line break.</summary>
    private static bool Matches(string value, string pattern) => Regex.IsMatch(value, pattern.EndsWith('$') ? $"{pattern[..^1]}\\z" : pattern);

    private static bool HasFormat(string value, string format) => format switch
    {
        "date" => DateOnly.TryParseExact(value, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out _),
        "date-time" => Matches(value, @"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$") && DateTimeOffset.TryParse(value, CultureInfo.InvariantCulture, out _),
        "uri-reference" => Uri.TryCreate(value, UriKind.RelativeOrAbsolute, out _),
        _ => throw new NotSupportedException($"The checker does not know the format '{format}'."),
    };

    private static bool IsNamed(JsonElement schema, string name) =>
        schema.TryGetProperty("properties", out var properties) && properties.TryGetProperty(name, out _);

    private static IEnumerable<string> Types(JsonElement rule) =>
        rule.ValueKind is JsonValueKind.Array ? rule.EnumerateArray().Select(type => type.GetString()!) : [rule.GetString()!];

    private static bool IsOf(string type, JsonElement value) => type switch
    {
        "integer" => value.ValueKind is JsonValueKind.Number && decimal.IsInteger(value.GetDecimal()),
        "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
        _ => value.ValueKind.ToString().Equals(type, StringComparison.OrdinalIgnoreCase),
    };

    private static IEnumerable<string> When(bool isFault, string fault) => isFault ? [fault] : [];
}
