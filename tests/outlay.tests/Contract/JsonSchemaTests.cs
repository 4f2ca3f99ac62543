using System.Text.Json;

namespace Outlay.Tests.Contract;

/// <summary>A checker that finds nothing proves nothing: each keyword lets one value pass and refuses another.</summary>
public sealed class JsonSchemaTests
{
    [Theory]
    [InlineData("""{"type":"string"}""", "\"a\"", "1")]
    [InlineData("""{"type":["string","null"]}""", "null", "1")]
    [InlineData("""{"type":"integer"}""", "3", "3.5")]
    [InlineData("""{"type":"number"}""", "3.5", "\"3.5\"")]
    [InlineData("""{"type":"boolean"}""", "true", "\"true\"")]
    [InlineData("""{"const":"ok"}""", "\"ok\"", "\"no\"")]
    [InlineData("""{"enum":["a","b"]}""", "\"b\"", "\"c\"")]
    [InlineData("""{"$ref":"#/named"}""", "1", "0")]
    [InlineData("""{"allOf":[{"minimum":1},{"maximum":2}]}""", "2", "3")]
    [InlineData("""{"oneOf":[{"type":"string"},{"type":"number"}]}""", "1", "null")]
    [InlineData("""{"oneOf":[{"minimum":1},{"minimum":2}]}""", "1", "2")]
    [InlineData("""{"minimum":1}""", "1", "0.99")]
    [InlineData("""{"exclusiveMinimum":0}""", "0.01", "0")]
    [InlineData("""{"maximum":99999999999999}""", "99999999999999", "99999999999999.01")]
    [InlineData("""{"minLength":1}""", "\"😀\"", "\"\"")]
    [InlineData("""{"maxLength":1}""", "\"😀\"", "\"ab\"")]
    [InlineData("""{"pattern":"^a+$"}""", "\"aa\"", "\"aab\"")]
    [InlineData("""{"pattern":"^a$"}""", "\"a\"", "\"a\\n\"")]
    [InlineData("""{"format":"date"}""", "\"2024-02-29\"", "\"2025-02-29\"")]
    [InlineData("""{"format":"date-time"}""", "\"2026-02-19T07:42:10.123Z\"", "\"2026-02-19 07:42:10\"")]
    [InlineData("""{"required":["a"]}""", """{"a":null}""", """{"b":1}""")]
    [InlineData("""{"properties":{"a":{"type":"string"}}}""", """{"a":"x","b":1}""", """{"a":1}""")]
    [InlineData("""{"properties":{"a":{}},"additionalProperties":false}""", """{"a":1}""", """{"a":1,"b":1}""")]
    [InlineData("""{"additionalProperties":{"type":"string"}}""", """{"a":"x"}""", """{"a":1}""")]
    [InlineData("""{"minProperties":1}""", """{"a":1}""", "{}")]
    [InlineData("""{"items":{"type":"string"}}""", """["a"]""", """["a",1]""")]
    [InlineData("""{"minItems":1}""", "[1]", "[]")]
    [InlineData("""{"maxItems":1}""", "[1]", "[1,2]")]
    [InlineData("""{"uniqueItems":true}""", "[1,2]", "[1,1]")]
    public void Each_keyword_tells_good_from_bad(string schema, string good, string bad)
    {
        var checker = new JsonSchema(Parse("""{"named":{"minimum":1}}"""));

        Assert.Empty(checker.Faults(Parse(schema), Parse(good)));
        Assert.NotEmpty(checker.Faults(Parse(schema), Parse(bad)));
    }

    [Theory]
    [InlineData("""{"maxlength":1}""", "\"ab\"")]
    [InlineData("""{"multipleOf":2}""", "3")]
    [InlineData("""{"patternProperties":{}}""", "{}")]
    [InlineData("""{"contains":{}}""", "[]")]
    [InlineData("""{"not":{}}""", "null")]
    public void A_keyword_that_is_not_known_throws(string schema, string value) =>
        Assert.Throws<NotSupportedException>(() => new JsonSchema(Parse("{}")).Faults(Parse(schema), Parse(value)).ToList());

    private static JsonElement Parse(string json) => JsonElement.Parse(json);
}
