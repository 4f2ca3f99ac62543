using System.Globalization;
using System.Text.Json;
using Outlay.Tests.Harness;

namespace Outlay.Tests.Contract;

/// <summary>
/// What the schemas of parameters and fields refuse, the server refuses, and what they accept, it accepts: tried with values
/// on both sides of every limit.
/// </summary>
public sealed class BoundaryTests
{
    /// <summary>Rules that a schema cannot say: which codes are currencies, how many decimals each has, what a cursor is.</summary>
    private static readonly string[] s_stricter = ["currency", "amount", "cursor", "expires_in"];

    /// <summary>On both sides of each limit.</summary>
    private static readonly int[] s_lengths = [20, 21, 64, 65, 100, 101, 500, 501, 10_000, 10_001];

    /// <summary>One character each, though it takes one, two or four bytes.</summary>
    private static readonly string[] s_letters = ["9", "é", "😀"];

    private static readonly string[] s_texts =
    [
        "", "x", "2024-02-29", "2025-02-29", "2026-2-1", "1899-12-31", "1900-01-01", "2999-12-31", "3000-01-01",
        "EUR", "eur", "EURO", "month", "category", "a;b", "a\0b", "a\u0085b", "a\nb",
        "0", "1", "-1", "+1", "3.5", "3.505", "3.5050", "1e3", "NaN", "1,000", "٣", "500", "501",
        .. from length in s_lengths from letter in s_letters select $"{string.Concat(Enumerable.Repeat(letter, length))}",
    ];

    private static readonly string[] s_others =
    [
        "null", "true", "{}", "[]", "0", "-1", "0.01", "3.5", "3.505", "99999999999999", "100000000000000", "1e3", "[1]", "[null]", "\"[]\"", "[\"a;b\"]",
    ];

    private readonly OpenApiDocument _document = new();
    private readonly List<string> _faults = [];

    [Theory, EachEngine]
    public async Task Each_parameter_is_taken_within_its_limits_and_refused_beyond(Engine engine)
    {
        await using var server = await TestServer.StartAsync(engine);
        var id = await server.AddAsync("""{"date":"2026-02-19","description":"Coffee","amount":3.50}""");
        var (good, bad) = (0, 0);
        foreach (var operation in _document.Operations)
        {
            foreach (var parameter in operation.Parameters.Where(parameter => parameter.GetProperty("in").GetString() == "query"))
            {
                var name = parameter.GetProperty("name").GetString()!;
                // Longer addresses than these are refused before anybody looks at them.
                foreach (var text in s_texts.Where(text => text.Length <= 1002))
                {
                    var isGood = IsGood(parameter.GetProperty("schema"), text);
                    (good, bad) = isGood ? (good + 1, bad) : (good, bad + 1);
                    var example = ExampleCall.Of(_document, operation).First();
                    var call = example.PathValue is null ? example : example with { PathValue = operation.Path.StartsWith("/admin", StringComparison.Ordinal) ? $"{await server.AddKeyAsync()}" : $"{id}" };
                    var query = call.Takes("limit") ? call.Query.SetItem("limit", "1") : call.Query;
                    await TryAsync(server, call with { Query = query.SetItem(name, text) }, name, text, isGood);
                }
            }
        }

        AssertNoFaults(good, bad);
    }

    [Theory, EachEngine]
    public async Task Each_field_is_taken_within_its_limits_and_refused_beyond(Engine engine)
    {
        await using var server = await TestServer.StartAsync(engine);
        var operation = _document.Operations.Single(operation => operation.ToString() == "POST /expenses");
        var example = ExampleCall.Of(_document, operation).First();
        var values = s_texts.Select(OpenApiDocument.Quote).Concat(s_others).Append(Tags(20)).Append(Tags(21))
            .Concat(s_texts.Where(text => text.Length <= 130).Select(text => $"[{OpenApiDocument.Quote(text)}]")).ToList();
        var (good, bad) = (0, 0);
        foreach (var field in _document.At("components/schemas/ExpenseDraft/properties").EnumerateObject())
        {
            if (field.Value.TryGetProperty("readOnly", out _))
                continue;
            foreach (var value in values)
            {
                var isGood = !_document.Schema.Faults(field.Value, JsonElement.Parse(value)).Any();
                (good, bad) = isGood ? (good + 1, bad) : (good, bad + 1);
                await TryAsync(server, example with { Body = With(example.Body!, field.Name, value) }, field.Name, value, isGood);
            }
        }

        AssertNoFaults(good, bad);
    }

    private async Task TryAsync(TestServer server, ExampleCall call, string name, string value, bool isGood)
    {
        using var answer = await call.SendAsync(server.Client, Test.Token);
        _faults.AddRange(await _document.FaultsAsync(call.Operation, answer));
        var status = (int)answer.StatusCode;
        var text = await answer.Content.ReadAsStringAsync(Test.Token);
        if (isGood ? status >= 300 && !s_stricter.Contains(name) : status != 400 || !JsonElement.Parse(text).GetProperty("errors").TryGetProperty(name, out _))
            _faults.Add($"{call.Operation} {name} {(isGood ? "should take" : "should refuse")} {value[..Math.Min(value.Length, 30)]} ({value.Length}): {status} {text}");
    }

    /// <summary>Parameters are text: one of another type is good if it is that when read.</summary>
    private bool IsGood(JsonElement schema, string text)
    {
        var isNumber = schema.GetProperty("type").GetString() == "integer" && int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _) && text[0] != '+';
        return !_document.Schema.Faults(schema, JsonElement.Parse(isNumber ? text : OpenApiDocument.Quote(text))).Any();
    }

    private static string With(string body, string name, string value)
    {
        var fields = JsonElement.Parse(body).EnumerateObject().Where(field => field.Name != name).Select(field => $"\"{field.Name}\":{field.Value.GetRawText()}");
        return $"{{{string.Join(',', fields.Append($"\"{name}\":{value}"))}}}";
    }

    private static string Tags(int count) => $"[{string.Join(',', Enumerable.Range(1, count).Select(number => $"\"tag {number}\""))}]";

    private void AssertNoFaults(int good, int bad)
    {
        Assert.True(_faults.Count == 0, string.Join('\n', _faults.Distinct()));
        Assert.True(good > 50 && bad > 50, $"{good} good and {bad} bad values prove little.");
    }
}
