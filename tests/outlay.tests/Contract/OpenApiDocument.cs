using System.Text.Json;

namespace Outlay.Tests.Contract;

/// <summary>One method of one path.</summary>
internal sealed record Operation(string Method, string Path, JsonElement Definition, IReadOnlyList<JsonElement> Parameters)
{
    public IEnumerable<int> Statuses => Definition.GetProperty("responses").EnumerateObject().Select(response => int.Parse(response.Name, null));

    public override string ToString() => $"{Method} {Path}";
}

/// <summary>The contract as the program carries it.</summary>
internal sealed class OpenApiDocument
{
    /// <summary>The headers of an answer that belong to the contract.</summary>
    private static readonly string[] s_headers = ["ETag", "Location", "Link", "Retry-After", "Idempotent-Replayed", "WWW-Authenticate"];

    public OpenApiDocument()
    {
        using var stream = typeof(App).Assembly.GetManifestResourceStream("openapi.json")!;
        using var json = JsonDocument.Parse(stream);
        Root = json.RootElement.Clone();
        Schema = new JsonSchema(Root);
        Operations =
        [
            .. from path in Root.GetProperty("paths").EnumerateObject()
               from method in path.Value.EnumerateObject()
               where method.Name != "parameters"
               select new Operation(method.Name.ToUpperInvariant(), path.Name, method.Value,
                   [.. Parameters(path.Value), .. Parameters(method.Value)]),
        ];
    }

    public JsonElement Root { get; }

    public JsonSchema Schema { get; }

    public IReadOnlyList<Operation> Operations { get; }

    /// <summary>The element that a path of names leads to; references on the way are followed.</summary>
    public JsonElement At(string path) => path.Split('/').Aggregate(Root, (element, name) => Schema.Resolve(element).GetProperty(name));

    /// <summary>The named examples of a body.</summary>
    public IEnumerable<JsonElement> Examples(JsonElement mediaType) =>
        mediaType.GetProperty("examples").EnumerateObject().Select(example => Schema.Resolve(example.Value).GetProperty("value"));

    /// <summary>The example of a parameter: its own, or that of its schema, which the interactive documentation does not fill in.</summary>
    public JsonElement Example(JsonElement parameter) =>
        parameter.TryGetProperty("example", out var own) ? own : Schema.Resolve(parameter.GetProperty("schema")).GetProperty("examples")[0];

    /// <summary>Writes text as JSON. The encoders of the framework make twelve bytes of an emoji.</summary>
    public static string Quote(string text) =>
        $"\"{string.Concat(text.Select(letter => letter is < ' ' or '"' or '\\' ? $"\\u{(int)letter:X4}" : $"{letter}"))}\"";

    /// <summary>The types that the document lists for an answer of this status.</summary>
    public IEnumerable<string> BodyTypes(Operation operation, HttpResponseMessage answer) =>
        operation.Definition.GetProperty("responses").TryGetProperty($"{(int)answer.StatusCode}", out var response) &&
        Schema.Resolve(response).TryGetProperty("content", out var content)
            ? content.EnumerateObject().Select(type => type.Name)
            : [];

    /// <summary>Where an answer departs from what the document says about the operation.</summary>
    public async Task<IReadOnlyList<string>> FaultsAsync(Operation operation, HttpResponseMessage answer)
    {
        var status = (int)answer.StatusCode;
        var text = await answer.Content.ReadAsStringAsync(Harness.Test.Token);
        if (!operation.Statuses.Contains(status))
            return [$"{operation} answered {status}, which it does not list: {text}"];
        var response = Schema.Resolve(operation.Definition.GetProperty("responses").GetProperty($"{status}"));
        return [.. HeaderFaults(response, answer).Concat(BodyFaults(response, answer, text)).Select(fault => $"{operation} {status}: {fault}")];
    }

    private IEnumerable<JsonElement> Parameters(JsonElement element) =>
        element.TryGetProperty("parameters", out var parameters) ? parameters.EnumerateArray().Select(Schema.Resolve) : [];

    private IEnumerable<string> HeaderFaults(JsonElement response, HttpResponseMessage answer)
    {
        foreach (var name in s_headers)
        {
            var listed = response.TryGetProperty("headers", out var headers) && headers.TryGetProperty(name, out _);
            var header = listed ? Schema.Resolve(headers.GetProperty(name)) : default;
            if (!answer.Headers.TryGetValues(name, out var values))
            {
                if (listed && header.TryGetProperty("required", out _))
                    yield return $"lacks the header {name}";
            }
            else if (!listed)
            {
                yield return $"has the header {name}, which is not listed";
            }
            else
            {
                var type = header.GetProperty("schema").GetProperty("type").GetString();
                var value = type == "integer" ? values.Single() : Quote(values.Single());
                foreach (var fault in Schema.Faults(header.GetProperty("schema"), JsonElement.Parse(value), name))
                    yield return fault;
            }
        }
    }

    private IEnumerable<string> BodyFaults(JsonElement response, HttpResponseMessage answer, string text)
    {
        if (!response.TryGetProperty("content", out var content))
            return text.Length == 0 ? [] : [$"has a body: {text}"];
        var type = answer.Content.Headers.ContentType?.MediaType ?? "nothing";
        return content.TryGetProperty(type, out var body) ? BodyFaults(type, body, text) : [$"is {type}, which is not listed"];
    }

    private IEnumerable<string> BodyFaults(string type, JsonElement mediaType, string text) => type switch
    {
        "application/json" or "application/problem+json" => Schema.Faults(mediaType.GetProperty("schema"), JsonElement.Parse(text)),
        // What a line holds cannot be said in the document but in words.
        "application/x-ndjson" => text.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .SelectMany(line => Schema.Faults(At("components/schemas/Expense"), JsonElement.Parse(line))),
        "text/csv" => Examples(mediaType).First().GetString()!.Split('\n')[0] is var header && text.Split('\n')[0] == header ? [] : [$"does not begin with {header}"],
        _ => Schema.Faults(mediaType.GetProperty("schema"), JsonElement.Parse(Quote(text))),
    };
}
