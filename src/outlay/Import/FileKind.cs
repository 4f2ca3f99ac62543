using System.Text;

namespace Outlay.Import;

/// <summary>What the first bytes of a file say about it.</summary>
internal static class FileKind
{
    private const string SaveAsCsv = "open it in a spreadsheet and save it as CSV (UTF-8)";

    /// <summary>Files that people take for CSV or get from a bank, by how they begin, and what to do with each.</summary>
    private static readonly (byte[] Start, string Kind, string Cure)[] s_binary =
    [
        ([0x1F, 0x8B], "compressed with gzip", "unpack it first: gunzip -c FILE | outlay import -"),
        ("PK\x03\x04"u8.ToArray(), "a spreadsheet (.xlsx, .ods) or another ZIP archive", SaveAsCsv + ", or unpack it"),
        ([0xD0, 0xCF, 0x11, 0xE0], "a spreadsheet (.xls)", SaveAsCsv),
        ([0xFF, 0xFE], "text in UTF-16", "convert it first: iconv -f UTF-16 -t UTF-8 FILE | outlay import -"),
        ([0xFE, 0xFF], "text in UTF-16", "convert it first: iconv -f UTF-16 -t UTF-8 FILE | outlay import -"),
        ([0x28, 0xB5, 0x2F, 0xFD], "compressed with zstd", "unpack it first: zstd -dc FILE | outlay import -"),
        ([0xFD, .. "7zXZ"u8], "compressed with xz", "unpack it first: xz -dc FILE | outlay import -"),
        ("SQLite format 3"u8.ToArray(), "a SQLite database", "export it as CSV first"),
        ("%PDF"u8.ToArray(), "a PDF document", "ask for it as CSV"),
        ("["u8.ToArray(), "a JSON array", "write one object a line instead: jq -c '.[]' FILE | outlay import -"),
    ];

    /// <summary>Whether a file holds JSON objects. Throws <see cref="ErrorCode.InvalidInput"/> when it is no text at all.</summary>
    public static bool IsNdjson(ReadOnlySpan<byte> start, string name)
    {
        var text = WithoutMark(start).TrimStart(" \t\r\n"u8);
        foreach (var (magic, kind, cure) in s_binary)
        {
            if (text.StartsWith(magic))
                throw new AppException(ErrorCode.InvalidInput, $"{name} is {kind}: {cure}.");
        }

        if (text.Contains((byte)0))
            throw new AppException(ErrorCode.InvalidInput, $"{name} is not text: {SaveAsCsv}.");
        if (Path.GetExtension(name).ToLowerInvariant() is ".ndjson" or ".jsonl")
            return true;
        return text.IsEmpty
            ? throw new AppException(ErrorCode.InvalidInput, $"{name} is empty: a CSV file has at least a header.")
            : text[0] == '{';
    }

    /// <summary>What stands between the cells of a CSV file: the comma, the semicolon or the tab, whichever its header has most.</summary>
    public static char SeparatorOf(ReadOnlySpan<byte> start)
    {
        var text = WithoutMark(start).TrimStart("\r\n"u8);
        var end = text.IndexOfAny((byte)'\r', (byte)'\n');
        var header = end < 0 ? text : text[..end];
        var (separator, most) = (',', header.Count((byte)','));
        foreach (var other in ";\t")
        {
            if (header.Count((byte)other) > most)
                (separator, most) = (other, header.Count((byte)other));
        }

        return separator;
    }

    private static ReadOnlySpan<byte> WithoutMark(ReadOnlySpan<byte> start) =>
        start.StartsWith(Encoding.UTF8.Preamble) ? start[Encoding.UTF8.Preamble.Length..] : start;
}
