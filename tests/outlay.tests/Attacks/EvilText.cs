using System.Text;

namespace Outlay.Tests.Attacks;

/// <summary>Texts that have broken programs, as bytes in Latin-1: not all of them are text in UTF-8.</summary>
internal static class EvilText
{
    private static readonly string[] s_plain =
    [
        "", " ", "\0", "\t", "\n", "\r\n", "a\r\nX-Injected: 1", "a\r\n\r\nHTTP/1.1 200 OK", "\e[2J\e[31m", "\u007f", "\u0080", "\u0085",
        "'", "\"", "\\", "`", "';drop table expenses;--", "1 or 1=1", "%", "_", "%%%", "*", "?", "(", "[", "$1", "@p1", ":x", "{0}", "${jndi:ldap://x}", "<script>alert(1)</script>",
        "../../../etc/passwd", "..\\..", "/", "//", "~", ".", "..", "con", "null", "true", "undefined", "[]", "{}", "NaN", "Infinity", "-Infinity",
        "0", "-0", "-1", "+1", "00", "01", "1.", ".1", "0x10", "1_000", "1,000", "1e3", "1e400", "1e-400", "1E2147483648", "0.1", "0.001", "0.0000000000000000000000000000001",
        "1234567890123456789012345678901234567890", "-1234567890123456789012345678901234567890", "2147483647", "2147483648", "9223372036854775807", "9223372036854775808",
        "-9223372036854775808", "18446744073709551616", "79228162514264337593543950335", "79228162514264337593543950336", "99999999999999", "100000000000000", "٣", "１２", "½", "Ⅷ",
        "2026-02-29", "2024-02-29", "2026-13-01", "0000-00-00", "0001-01-01", "9999-12-31", "2026-02-19T00:00:00Z", "2026-2-1", "1899-12-31", "1900-01-01", "2999-12-31", "3000-01-01", "２０２６-02-19", "tomorrow",
        "EUR", "eur", "EUR ", "XXX", "ЕUR", "JPY", "KWD", "\u202Eabc", "\uFEFFabc", "\u200b", "a\u0301", "İ", "ß", "ﷺ", "👩‍👩‍👧‍👦", "😀", "\U0010FFFF", "\uFFFE", "\uFFFF",
        "\"1\"", "W/\"1\"", "\"1\", \"2\"", "\"\"", "\"1", "*, \"1\"", "\"9223372036854775808\"", "a;b", "a,b", ";q=", "text/csv;q=2", "*/*;q=0", "application/json;;", "gzip, br", "bytes=0-", "bytes=5-1,9-",
        "Fri, 31 Feb 2026 25:00:00 GMT", "100-continue", "chunked", "identity", "websocket", "h2c", "close, keep-alive", "http://evil.example", "evil.example:99999", "[::1", "a@b:c",
    ];

    /// <summary>Not UTF-8: cut off, overlong, halves of pairs, beyond Unicode, and other encodings.</summary>
    private static readonly string[] s_bytes =
    [
        "\xff", "\xfe\xff\0a", "\xc0\xae\xc0\xae/", "\xc0\x80", "\xe0\x80\xaf", "\xed\xa0\x80", "\xed\xb0\x80\xed\xa0\x80", "\xf4\x90\x80\x80", "\xf8\x88\x80\x80\x80", "\xe2\x82", "\x80", "Caf\xe9",
    ];

    private static readonly int[] s_lengths = [20, 21, 64, 65, 500, 501, 1000, 4000, 8200, 10_001, 33_000];

    private static readonly string[] s_letters = ["a", "9", " ", "%", "é", "😀", "\0", "[", "\\"];

    public static string Pick(Random random) => random.Next(10) switch
    {
        0 => s_bytes[random.Next(s_bytes.Length)],
        1 => RawRequest.Bytes(string.Concat(Enumerable.Repeat(s_letters[random.Next(s_letters.Length)], s_lengths[random.Next(s_lengths.Length)]))),
        2 => Encoding.Latin1.GetString(Noise(random, random.Next(40))),
        _ => RawRequest.Bytes(s_plain[random.Next(s_plain.Length)]),
    };

    /// <summary>A JSON value, or what looks like one.</summary>
    public static string Json(Random random) => random.Next(12) switch
    {
        0 => Nested("[", "]", random.Next(3) == 0 ? 5000 : random.Next(12)),
        1 => Nested("{\"a\":", "}", random.Next(3) == 0 ? 5000 : random.Next(12)),
        2 => $"[{string.Join(',', Enumerable.Repeat(random.Next(2) == 0 ? "null" : "\"a\"", random.Next(40)))}]",
        3 => $"\"\\u{random.Next(0xD700, 0xE100):x4}\"",
        4 => $"\"\\u{random.Next(0x100):x4}\"",
        5 or 6 => Pick(random),
        7 => $"\"{Pick(random)}\"",
        8 => "{\"a\":1,\"a\":2}",
        9 => $"{random.Next(-5, 5)}.{random.Next(10_000)}e{random.Next(-500, 500)}",
        10 => s_json[random.Next(s_json.Length)],
        _ => $"\"{Pick(random).Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"",
    };

    private static readonly string[] s_json = ["null", "true", "[]", "{}", "\"\\x\"", "'a'", "/**/1", "1,", "\"", "\"\\u12\"", "[\"a\",\"A\"]", "[\"a\",]", "-", "nul", "1 1", "\"a\" : 1"];

    public static byte[] Noise(Random random, int length)
    {
        var bytes = new byte[length];
        random.NextBytes(bytes);
        return bytes;
    }

    private static string Nested(string open, string close, int depth) =>
        $"{string.Concat(Enumerable.Repeat(open, depth))}1{string.Concat(Enumerable.Repeat(close, depth))}";
}
