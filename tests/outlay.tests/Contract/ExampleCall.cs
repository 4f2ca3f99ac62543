using System.Collections.Immutable;
using System.Text;
using Outlay.Tests.Harness;

namespace Outlay.Tests.Contract;

/// <summary>A call of an operation, made from the examples of the document.</summary>
internal sealed record ExampleCall(Operation Operation)
{
    private static readonly bool[] s_noAndYes = [false, true];

    /// <summary>What stands for the parameter in the path; null when there is none.</summary>
    public string? PathValue { get; init; }

    public ImmutableDictionary<string, string> Query { get; init; } = ImmutableDictionary<string, string>.Empty;

    public ImmutableDictionary<string, string> Headers { get; init; } = ImmutableDictionary<string, string>.Empty;

    public string? BodyType { get; init; }

    public string? Body { get; init; }

    /// <summary>The type that is asked for; null for any.</summary>
    public string? Accept { get; init; }

    /// <summary>With every example body, without and with all parameters that can be left out.</summary>
    public static IEnumerable<ExampleCall> Of(OpenApiDocument document, Operation operation) =>
        from body in Bodies(document, operation)
        from everything in s_noAndYes
        select new ExampleCall(operation)
        {
            PathValue = Values(document, operation, "path", everything).Values.SingleOrDefault(),
            Query = Values(document, operation, "query", everything),
            Headers = IsForAdministrators(operation) ? Values(document, operation, "header", everything).Add(TestServer.SecretHeader, TestServer.Secret) : Values(document, operation, "header", everything),
            BodyType = body.Type,
            Body = body.Text,
        };

    public async Task<HttpResponseMessage> SendAsync(HttpClient client, CancellationToken token)
    {
        var path = PathValue is null ? Operation.Path : $"{Operation.Path[..Operation.Path.IndexOf('{')]}{PathValue}{Operation.Path[(Operation.Path.IndexOf('}') + 1)..]}";
        var query = string.Join('&', Query.Select(field => $"{field.Key}={Uri.EscapeDataString(field.Value)}"));
        using var request = new HttpRequestMessage(new HttpMethod(Operation.Method), query.Length > 0 ? $"{path}?{query}" : path);
        foreach (var (name, value) in Headers)
            request.Headers.TryAddWithoutValidation(name, value);
        if (Accept is not null)
            request.Headers.Add("Accept", Accept);
        if (Body is not null)
            request.Content = new StringContent(Body, Encoding.UTF8, BodyType!);
        return await client.SendAsync(request, token);
    }

    /// <summary>The same call under a key of its own: not the repetition of another.</summary>
    public ExampleCall Anew() =>
        Headers.ContainsKey("Idempotency-Key") ? this with { Headers = Headers.SetItem("Idempotency-Key", $"\"{Guid.CreateVersion7()}\"") } : this;

    public bool Takes(string parameter) => Operation.Parameters.Any(known => known.GetProperty("name").GetString() == parameter);

    private static bool IsForAdministrators(Operation operation) =>
        operation.Definition.TryGetProperty("security", out var security) && security.EnumerateArray().Any(way => way.TryGetProperty("AdminSecret", out _));

    private static IEnumerable<(string? Type, string? Text)> Bodies(OpenApiDocument document, Operation operation) =>
        operation.Definition.TryGetProperty("requestBody", out var body)
            ? from type in body.GetProperty("content").EnumerateObject()
              from example in document.Examples(type.Value)
              select ((string?)type.Name, (string?)example.GetRawText())
            : [(null, null)];

    private static ImmutableDictionary<string, string> Values(OpenApiDocument document, Operation operation, string place, bool everything) => operation.Parameters
        .Where(parameter => parameter.GetProperty("in").GetString() == place && (everything || parameter.TryGetProperty("required", out _)))
        .ToImmutableDictionary(parameter => parameter.GetProperty("name").GetString()!, parameter => document.Example(parameter).ToString());
}
