using System.IO.Compression;
using System.Text;

namespace Outlay.Tests.Backup;

/// <summary>Writes tars that no program would write.</summary>
internal static class RawTar
{
    public static byte[] Compress(Action<Stream> write)
    {
        using var output = new MemoryStream();
        using (var gzip = new GZipStream(output, CompressionLevel.Fastest))
            write(gzip);
        return output.ToArray();
    }

    public static void Write(Stream output, string name, ReadOnlySpan<byte> content)
    {
        output.Write(Header(name, '0', content.Length));
        output.Write(content);
        output.Write(new byte[(512 - (content.Length % 512)) % 512]);
    }

    /// <summary>A header of ustar, sealed with its checksum.</summary>
    public static byte[] Header(string name, char type, long size)
    {
        var header = new byte[512];
        Encoding.ASCII.GetBytes(name).CopyTo(header, 0);
        Encoding.ASCII.GetBytes($"0000600\0{new string('0', 7)}\0{new string('0', 7)}\0{Convert.ToString(size, 8).PadLeft(11, '0')}\0{new string('0', 11)}\0        {type}").CopyTo(header, 100);
        "ustar\0"u8.CopyTo(header.AsSpan(257));
        "00"u8.CopyTo(header.AsSpan(263));
        Encoding.ASCII.GetBytes($"{Convert.ToString(header.Sum(value => value), 8).PadLeft(6, '0')}\0 ").CopyTo(header, 148);
        return header;
    }
}
