using System.Text;

namespace Outlay.Tests.Attacks;

/// <summary>What a client does when it has sent a request.</summary>
internal enum Ending
{
    /// <summary>Reads the answer.</summary>
    Read,

    /// <summary>Says that nothing more comes, and reads the answer.</summary>
    HalfClose,

    /// <summary>Breaks the connection without a look at the answer.</summary>
    HangUp,
}

/// <summary>
/// A request as the bytes that go out: those that an HTTP client refuses to send, or mends, are the interesting ones. Each character
/// of its texts is one byte (Latin-1).
/// </summary>
internal sealed class RawRequest
{
    public required string Method { get; set; }

    public required string Path { get; set; }

    /// <summary>The parameters in their order, encoded already; a name can come twice.</summary>
    public List<(string Name, string Value)> Query { get; init; } = [];

    public List<(string Name, string Value)> Headers { get; init; } = [];

    public string Version { get; set; } = "HTTP/1.1";

    /// <summary>The fields of a JSON body, each value as JSON text; null when there is no such body.</summary>
    public List<(string Name, string Value)>? Fields { get; init; }

    /// <summary>Sent in place of <see cref="Fields"/>.</summary>
    public byte[]? Body { get; set; }

    /// <summary>The headers and the body, as the body is framed; null to announce its length as it is.</summary>
    public Func<byte[], (string Headers, byte[] Body)>? Framing { get; set; }

    /// <summary>Changes the bytes when they are complete; null to send them as they are.</summary>
    public Func<byte[], byte[]>? Mangle { get; set; }

    public Ending Ending { get; set; }

    /// <summary>The trace that a change made by this request is found by.</summary>
    public required string TraceId { get; init; }

    /// <summary>Whether the server may see where it ends: its connection can serve another one after it.</summary>
    public bool IsWellFramed => Framing is null && Mangle is null && Ending is Ending.Read;

    public static string Bytes(string text) => Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(text));

    public byte[] ToBytes()
    {
        var body = Body ?? (Fields is null ? [] : Encoding.Latin1.GetBytes($"{{{string.Join(',', Fields.Select(field => $"\"{field.Name}\":{field.Value}"))}}}"));
        var (framing, sent) = Framing is not null ? Framing(body) : (Body is null && Fields is null ? "" : $"Content-Length: {body.Length}\r\n", body);
        var query = Query.Count == 0 ? "" : $"?{string.Join('&', Query.Select(field => $"{field.Name}={field.Value}"))}";
        var head = $"{Method} {Path}{query} {Version}\r\ntraceparent: 00-{TraceId}-b7ad6b7169203331-01\r\n" +
            $"{string.Concat(Headers.Select(header => $"{header.Name}: {header.Value}\r\n"))}{framing}\r\n";
        byte[] bytes = [.. Encoding.Latin1.GetBytes(head), .. sent];
        return Mangle is null ? bytes : Mangle(bytes);
    }
}
