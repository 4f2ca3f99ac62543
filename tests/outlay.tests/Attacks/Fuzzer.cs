using System.Globalization;
using System.Text;
using System.Text.Json;
using Outlay.Tests.Contract;
using Outlay.Tests.Harness;

namespace Outlay.Tests.Attacks;

/// <summary>
/// Makes requests from the OpenAPI document: each begins as a good call of an operation and is spoiled in one to three ways. A
/// request follows from the seed and its number alone.
/// </summary>
internal sealed class Fuzzer
{
    /// <summary>Requests are about so many expenses and changes: most of them exist.</summary>
    private const int Known = 60;

    /// <summary>So few keys that they meet again.</summary>
    private const int Keys = 30;

    /// <summary>Headers that the server, its framework or something in front of it might read.</summary>
    private static readonly string[] s_headers =
    [
        "If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since", "If-Range", "Range", "Idempotency-Key", "Accept", "Accept-Encoding", "Accept-Charset", "Accept-Language",
        "Content-Type", "Content-Encoding", "Host", "Origin", "Referer", "Sec-Fetch-Site", "Sec-Fetch-Mode", "Expect", "Upgrade", "Connection", "Keep-Alive", "TE", "Trailer", "Cookie",
        "Authorization", "X-API-Key", "X-Admin-Secret", "X-HTTP-Method-Override", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "Forwarded", "tracestate", "baggage", "Date", "User-Agent", "X-Unknown",
    ];

    private static readonly string[] s_methods =
        ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "get", "PROPFIND", "PRI", "G\0T", "G T", "GET\t", "\xff", "", new('A', 9000), "GE(T"];

    private static readonly string[] s_types =
    [
        "application/json", "application/merge-patch+json", "application/json; charset=utf-16", "application/json; charset=\"", "application/json;charset=iso-8859-1", "APPLICATION/JSON", "application/json, text/plain",
        "text/plain", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded", "application/xml", "/", "json", "application/", "",
    ];

    private static readonly string[] s_versions = ["HTTP/1.0", "HTTP/2.0", "HTTP/9.9", "HTTP/1.1 ", "http/1.1", "HTTP/1.10", "", "HTTP/1.1\r", "FTP/1.1"];

    private readonly OpenApiDocument _document = new();
    private readonly int _seed;
    private readonly Operation[] _operations;

    public Fuzzer(int seed)
    {
        _seed = seed;
        // Those with a body have the most to get wrong.
        _operations = [.. _document.Operations.SelectMany(operation => Enumerable.Repeat(operation, operation.Definition.TryGetProperty("requestBody", out _) ? 6 : operation.Parameters.Count > 0 ? 3 : 1))];
    }

    /// <summary>The request of this number.</summary>
    public RawRequest Make(int number)
    {
        // Not for secrets: a seed gives the same requests again.
        var random = new Random(unchecked((_seed * 1_000_003) + number));
        var operation = _operations[random.Next(_operations.Length)];
        var request = Good(operation, random, number);
        // Most in one way: two faults hide each other.
        for (var spoiled = Math.Max(1, random.Next(6) - 2); spoiled > 0; spoiled--)
            Spoil(request, operation, random);
        return request;
    }

    private RawRequest Good(Operation operation, Random random, int number)
    {
        var query = operation.Parameters.Where(parameter => parameter.GetProperty("in").GetString() == "query").Select(parameter => parameter.GetProperty("name").GetString()!)
            .Where(name => name == "limit" ? random.Next(50) > 0 : name != "cursor" && random.Next(4) == 0).ToList();
        var request = new RawRequest
        {
            Method = operation.Method == "GET" && random.Next(10) == 0 ? "HEAD" : operation.Method,
            Path = operation.Path.Replace("{id}", $"{random.Next(1, Known)}", StringComparison.Ordinal).Replace("{seq}", $"{random.Next(1, Known)}", StringComparison.Ordinal)
                .Replace("{slug}", "not-found", StringComparison.Ordinal),
            Query = [.. query.Select(name => (name, Escape(RawRequest.Bytes(_document.Example(Parameter(operation, name)).ToString()))))],
            Headers = [("Host", "127.0.0.1")],
            Fields = operation.Definition.TryGetProperty("requestBody", out var body)
                ? [.. _document.Examples(body.GetProperty("content").EnumerateObject().First().Value).First().EnumerateObject().Select(field => (field.Name, RawRequest.Bytes(field.Value.GetRawText())))]
                : null,
            TraceId = $"{(uint)_seed:x16}{number + 1:x16}",
        };
        if (request.Fields is not null)
            request.Headers.Add(("Content-Type", "application/json"));
        if (operation.Definition.TryGetProperty("security", out var security) && security.GetRawText().Contains("AdminSecret", StringComparison.Ordinal) && random.Next(5) > 0)
            request.Headers.Add((TestServer.SecretHeader, TestServer.Secret));
        if (operation.Parameters.Any(parameter => parameter.GetProperty("name").GetString() == "If-Match") && random.Next(5) > 0)
            request.Headers.Add(("If-Match", random.Next(3) == 0 ? $"\"{random.Next(1, 9)}\"" : "*"));
        if (operation.Method != "GET" && random.Next(4) == 0)
            request.Headers.Add(("Idempotency-Key", $"\"key-{random.Next(Keys)}\""));
        return request;
    }

    private void Spoil(RawRequest request, Operation operation, Random random)
    {
        switch (random.Next(16))
        {
            case 0 or 1 or 2:
                SpoilQuery(request, operation, random);
                break;
            case 3:
                request.Path = random.Next(3) switch
                {
                    0 => request.Path + Encoded(EvilText.Pick(random), random),
                    1 => operation.Path.Contains('{', StringComparison.Ordinal) ? operation.Path[..operation.Path.IndexOf('{', StringComparison.Ordinal)] + Encoded(EvilText.Pick(random), random) + operation.Path[(operation.Path.IndexOf('}', StringComparison.Ordinal) + 1)..] : $"/{Encoded(EvilText.Pick(random), random)}",
                    _ => $"{(random.Next(2) == 0 ? "http://127.0.0.1" : "/.//%2e%2e/")}{request.Path}",
                };
                break;
            case 4 or 5:
                var name = s_headers[random.Next(s_headers.Length)];
                if (random.Next(2) == 0)
                    request.Headers.RemoveAll(header => header.Name == name);
                request.Headers.AddRange(Enumerable.Repeat((name, EvilText.Pick(random)), random.Next(30) == 0 ? 150 : random.Next(1, 3)));
                break;
            case 6:
                request.Method = s_methods[random.Next(s_methods.Length)];
                break;
            case 7:
                request.Headers.RemoveAll(header => header.Name == "Content-Type");
                request.Headers.Add(("Content-Type", s_types[random.Next(s_types.Length)]));
                break;
            case 8 or 9 or 10 or 11 when request.Fields is { Count: > 0 } fields:
                SpoilFields(fields, operation, random);
                break;
            case 12:
                request.Body = EvilBody.Pick(request, random);
                break;
            case 13:
                request.Framing = EvilBody.Framing(random);
                break;
            case 14:
                request.Version = s_versions[random.Next(s_versions.Length)];
                break;
            case 15:
                // The same damage each time the bytes are asked for.
                var damage = random.Next();
                request.Mangle = bytes => EvilBody.Mangle(bytes, request, new Random(damage));
                request.Ending = random.Next(4) == 0 ? Ending.HangUp : Ending.HalfClose;
                break;
            default:
                SpoilQuery(request, operation, random);
                break;
        }
    }

    private void SpoilQuery(RawRequest request, Operation operation, Random random)
    {
        var known = operation.Parameters.Where(parameter => parameter.GetProperty("in").GetString() == "query").ToList();
        var name = known.Count > 0 && random.Next(8) > 0 ? known[random.Next(known.Count)].GetProperty("name").GetString()! : Encoded(EvilText.Pick(random), random);
        if (random.Next(6) > 0)
            request.Query.RemoveAll(field => field.Name == name);
        var bound = random.Next(3) == 0 && known.Find(parameter => parameter.GetProperty("name").GetString() == name) is { ValueKind: JsonValueKind.Object } parameter
            ? AtBound(parameter.GetProperty("schema"), random)
            : null;
        request.Query.Add((name, bound is null ? Encoded(EvilText.Pick(random), random) : Escape(bound.Trim('"'))));
    }

    private void SpoilFields(List<(string Name, string Value)> fields, Operation operation, Random random)
    {
        var at = random.Next(fields.Count);
        switch (random.Next(10))
        {
            case 0:
                fields.Add((fields[at].Name, EvilText.Json(random)));
                break;
            case 1:
                fields.RemoveAt(at);
                break;
            case 2:
                fields.Add((EvilText.Pick(random), EvilText.Json(random)));
                break;
            case 3 or 4 or 5:
                var schema = operation.Definition.GetProperty("requestBody").GetProperty("content").EnumerateObject().First().Value.GetProperty("schema");
                var properties = _document.Schema.Resolve(schema).GetProperty("properties").EnumerateObject().ToList();
                var property = properties[random.Next(properties.Count)];
                fields.RemoveAll(field => field.Name == property.Name);
                fields.Add((property.Name, AtBound(property.Value, random) ?? EvilText.Json(random)));
                break;
            default:
                fields[at] = (fields[at].Name, EvilText.Json(random));
                break;
        }
    }

    private static JsonElement Parameter(Operation operation, string name) =>
        operation.Parameters.Single(parameter => parameter.GetProperty("name").GetString() == name);

    /// <summary>A value at a bound of the schema, or just beyond it; null where there is none.</summary>
    private string? AtBound(JsonElement schema, Random random) =>
        Bounds.Of(schema, _document.Schema, random) is { Count: > 0 } values ? RawRequest.Bytes(values[random.Next(values.Count)]) : null;

    /// <summary>As it should be encoded, as it is, twice, in part, or not to the end.</summary>
    private static string Encoded(string bytes, Random random) => random.Next(8) switch
    {
        0 => bytes,
        1 => Escape(Escape(bytes)),
        2 => Escape(bytes).ToLowerInvariant(),
        3 => $"{Escape(bytes)}%",
        4 => $"%u0041%zz%4{Escape(bytes)}+&=;",
        _ => Escape(bytes),
    };

    private static string Escape(string bytes)
    {
        var text = new StringBuilder();
        foreach (var letter in bytes)
            text.Append(char.IsAsciiLetterOrDigit(letter) || letter is '-' or '.' ? $"{letter}" : string.Create(CultureInfo.InvariantCulture, $"%{(int)letter:X2}"));
        return text.ToString();
    }
}
