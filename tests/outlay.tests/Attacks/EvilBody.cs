using System.Text;

namespace Outlay.Tests.Attacks;

/// <summary>Bodies, their framing, and whole requests, with the faults that text cannot have.</summary>
internal static class EvilBody
{
    private static readonly string[] s_smuggled = ["DELETE /expenses/1 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", "GET /expenses HTTP/1.1\r\nHost: 127.0.0.1\r\nX: "];

    /// <summary>The body of a request in another encoding, damaged, or something else.</summary>
    public static byte[] Pick(RawRequest request, Random random)
    {
        var json = request.Fields is null ? "{}" : $"{{{string.Join(',', request.Fields.Select(field => $"\"{field.Name}\":{field.Value}"))}}}";
        var good = Encoding.Latin1.GetBytes(json);
        switch (random.Next(12))
        {
            case 0:
                return Encoding.Unicode.GetBytes(json);
            case 1:
                return [0xFE, 0xFF, .. Encoding.BigEndianUnicode.GetBytes(json)];
            case 2:
                return Encoding.UTF32.GetBytes(json);
            case 3:
                return [.. Encoding.UTF8.Preamble, .. Encoding.UTF8.Preamble, .. good];
            case 4:
                return good[..random.Next(good.Length)];
            case 5:
                return [.. good, .. Encoding.Latin1.GetBytes(EvilText.Json(random))];
            case 6:
                return EvilText.Noise(random, random.Next(2000));
            case 7:
                return Encoding.Latin1.GetBytes(EvilText.Json(random));
            case 8:
                return new byte[random.Next(80_000)];
            case 9:
                return Encoding.ASCII.GetBytes(new string("[{\"\\ 9"[random.Next(6)], random.Next(80_000)));
            default:
                for (var flips = random.Next(1, 4); flips > 0; flips--)
                    good[random.Next(good.Length)] = (byte)random.Next(256);
                return good;
        }
    }

    /// <summary>Framing that two servers could read in two ways, or that is not to be read at all. The connection ends with the request.</summary>
    public static Func<byte[], (string Headers, byte[] Body)> Framing(Random random)
    {
        var smuggled = Encoding.ASCII.GetBytes(s_smuggled[random.Next(s_smuggled.Length)]);
        var kind = random.Next(16);
        return body => kind switch
        {
            0 => ($"Transfer-Encoding: chunked\r\nConnection: close\r\n", Chunked(body, "")),
            1 => ($"Transfer-Encoding: chunked\r\nConnection: close\r\n", Chunked(body, ";a=\"b\"")),
            2 => ($"Transfer-Encoding: chunked\r\nConnection: close\r\n", [.. Chunked(body, "")[..^2], .. "X-Injected: 1\r\n\r\n"u8]),
            3 => ($"Content-Length: {body.Length}\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n", [.. "0\r\n\r\n"u8, .. smuggled]),
            4 => ($"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", [.. Chunked(body, ""), .. smuggled]),
            5 => ($"Content-Length: {body.Length}\r\nContent-Length: 0\r\n", [.. body, .. smuggled]),
            6 => ($"Content-Length: {body.Length}, {body.Length}\r\nConnection: close\r\n", body),
            7 => ("Content-Length: -1\r\n", [.. body, .. smuggled]),
            8 => ("Content-Length: 99999999999999999999\r\n", body),
            9 => ($"Content-Length: +{body.Length}\r\n", body),
            10 => ("Transfer-Encoding: xchunked\r\n", [.. Chunked(body, ""), .. smuggled]),
            11 => ("Transfer-Encoding: chunked, identity\r\n", [.. Chunked(body, ""), .. smuggled]),
            12 => ("Transfer-Encoding : chunked\r\n", [.. Chunked(body, ""), .. smuggled]),
            13 => ("Transfer-Encoding: chunked\r\n", [.. "fffffffffffffffff\r\n"u8, .. body]),
            14 => ("Transfer-Encoding: chunked\r\n", [.. "0x5\r\n"u8, .. body, .. smuggled]),
            _ => ($"Content-Length: {Math.Max(0, body.Length - 1)}\r\nConnection: close\r\n", body),
        };
    }

    /// <summary>Damages a request behind its first two lines, of which the second tells whose change it is; or cuts it off.</summary>
    public static byte[] Mangle(byte[] bytes, RawRequest request, Random random)
    {
        var first = bytes.AsSpan().IndexOf("-01\r\n"u8) + 5;
        if (first >= bytes.Length || request.Method.Length > 100)
            return bytes;
        switch (random.Next(5))
        {
            case 0:
                return bytes[..random.Next(bytes.Length)];
            case 1:
                return [.. bytes[..first], .. Encoding.Latin1.GetBytes(EvilText.Pick(random)), .. bytes[first..]];
            case 2:
                return [.. bytes[..first], .. bytes[first..].Where(value => value != '\r')];
            default:
                for (var flips = random.Next(1, 5); flips > 0; flips--)
                    bytes[random.Next(first, bytes.Length)] = (byte)random.Next(256);
                return bytes;
        }
    }

    private static byte[] Chunked(byte[] body, string extension)
    {
        var bytes = new List<byte>();
        foreach (var chunk in body.Chunk(100))
            bytes.AddRange([.. Encoding.ASCII.GetBytes($"{chunk.Length:x}{extension}\r\n"), .. chunk, .. "\r\n"u8]);
        return [.. bytes, .. "0\r\n\r\n"u8];
    }
}
