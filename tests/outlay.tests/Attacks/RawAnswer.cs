using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Outlay.Tests.Attacks;

/// <summary>An answer, taken from the bytes that came.</summary>
internal sealed record RawAnswer(int Status, IReadOnlyList<(string Name, string Value)> Headers, string Body)
{
    public string? this[string name] => Headers.Where(header => header.Name.Equals(name, StringComparison.OrdinalIgnoreCase)).Select(header => header.Value).FirstOrDefault();

    /// <summary>Takes one answer from the front of what came; null as long as it is not complete.</summary>
    /// <param name="ended">Whether nothing more comes.</param>
    /// <param name="length">How many bytes it takes, interim answers included.</param>
    public static RawAnswer? TryRead(ReadOnlySpan<byte> bytes, bool toHead, bool ended, out int length)
    {
        length = 0;
        while (true)
        {
            var end = bytes[length..].IndexOf("\r\n\r\n"u8);
            if (end < 0)
                return null;
            var lines = Encoding.Latin1.GetString(bytes.Slice(length, end)).Split("\r\n");
            length += end + 4;
            if (lines[0].Length < 12 || !lines[0].StartsWith("HTTP/1.1 ", StringComparison.Ordinal))
                throw new InvalidDataException($"This is no status line: {lines[0]}");
            var status = int.Parse(lines[0].AsSpan(9, 3), CultureInfo.InvariantCulture);
            if (status is >= 100 and < 200)
                continue;
            var answer = new RawAnswer(status, [.. lines.Skip(1).Select(Header)], "");
            if (toHead || status is 204 or 304)
                return answer;
            var body = answer["Transfer-Encoding"] is "chunked" ? Chunks(bytes[length..], out var taken) : Counted(bytes[length..], answer["Content-Length"], ended, out taken);
            length += taken;
            return body is null ? null : answer with { Body = body };
        }
    }

    /// <summary>Where the answer breaks the rules that hold for every answer; null when it does not.</summary>
    public string? Fault(bool toHead)
    {
        if (Headers.FirstOrDefault(header => header.Value.Any(char.IsControl) || header.Name.Contains("inject", StringComparison.OrdinalIgnoreCase)) is { Name: { } injected })
            return $"has the header {injected}, which nobody meant";
        if (Status < 400)
            return null;
        // What the server refuses before the application sees it has no body, and closes the connection.
        if (this["X-Content-Type-Options"] is null)
            return Status is (< 500 or 505) && Body.Length == 0 && this["Connection"] == "close" ? null : $"is no refusal of the server: {Body}";
        if (Status >= 500 && !(Status == 503 && Body.Contains("Too many whole lists", StringComparison.Ordinal)))
            return $"is {Status}: {Body}";
        if (this["Content-Type"] != "application/problem+json")
            return $"is {this["Content-Type"]}, no problem";
        if (toHead)
            return null;
        using var problem = JsonDocument.Parse(Body);
        var slug = problem.RootElement.GetProperty("type").GetString()!.Replace("/problems/", "", StringComparison.Ordinal);
        var isKnown = ErrorTable.FromSlug(slug) is { } code && ErrorTable.Of(code).HttpStatus == Status && problem.RootElement.GetProperty("status").GetInt32() == Status;
        var tellsTooMuch = Body.Contains("Exception", StringComparison.Ordinal) || Body.Contains("SQLSTATE", StringComparison.OrdinalIgnoreCase) || Body.Contains("   at ", StringComparison.Ordinal);
        return !isKnown ? $"is no problem of the vocabulary: {Body}" : tellsTooMuch ? $"tells what is inside: {Body}" : null;
    }

    private static (string Name, string Value) Header(string line) =>
        line.IndexOf(':', StringComparison.Ordinal) is > 0 and var colon ? (line[..colon], line[(colon + 1)..].Trim(' ')) : throw new InvalidDataException($"This is no header: {line}");

    private static string? Counted(ReadOnlySpan<byte> bytes, string? header, bool ended, out int taken)
    {
        taken = header is null ? bytes.Length : int.Parse(header, CultureInfo.InvariantCulture);
        return header is null && !ended || bytes.Length < taken ? null : Encoding.UTF8.GetString(bytes[..taken]);
    }

    private static string? Chunks(ReadOnlySpan<byte> bytes, out int taken)
    {
        var body = new List<byte>();
        taken = 0;
        while (bytes[taken..].IndexOf("\r\n"u8) is >= 0 and var line)
        {
            var size = int.Parse(bytes.Slice(taken, line), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            taken += line + 2;
            if (bytes.Length < taken + size + 2)
                return null;
            body.AddRange(bytes.Slice(taken, size));
            taken += size + 2;
            if (size == 0)
                return Encoding.UTF8.GetString([.. body]);
        }

        return null;
    }
}
