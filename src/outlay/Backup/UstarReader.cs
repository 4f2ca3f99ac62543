using System.Text;

namespace Outlay.Backup;

/// <summary>
/// Reads a tar of plain files (POSIX.1-1988, ustar), header by header. The framework's own reader also knows headers that say
/// what the next header means, and takes all that they claim to hold into memory: a small file could take all there is.
/// </summary>
/// <param name="source">The tar, not compressed any more; it stays open.</param>
internal sealed class UstarReader(Stream source)
{
    private const int BlockSize = 512;
    private const int NameSize = 100;

    private static readonly Range s_size = 124..136, s_checksum = 148..156;

    private readonly byte[] _block = new byte[BlockSize];
    private int _padding;

    /// <summary>
    /// Reads the next header: the name and the length of a file, whose content must be read next with <see cref="ReadAsync"/>.
    /// Null at the end. Throws <see cref="InvalidDataException"/> when it is not the header of a plain file.
    /// </summary>
    public async Task<(string Name, long Length)?> NextAsync(CancellationToken token)
    {
        await source.ReadExactlyAsync(_block.AsMemory(0, _padding), token);
        _padding = 0;
        await source.ReadExactlyAsync(_block, token);
        if (!_block.AsSpan().ContainsAnyExcept((byte)0))
            return null;
        if (Number(s_checksum) != _block.Sum(value => value) - _block[s_checksum].Sum(value => value) + (s_checksum.End.Value - s_checksum.Start.Value) * ' ')
            throw new InvalidDataException("A header has another checksum.");
        // Before there was a letter for it, a plain file had none.
        if (_block[156] is not (0 or (byte)'0'))
            throw new InvalidDataException("Something in it is no plain file.");
        return (Encoding.ASCII.GetString(_block.AsSpan(0, NameSize)).TrimEnd('\0'), Number(s_size));
    }

    /// <summary>Reads the whole content of a file.</summary>
    public async Task ReadAsync(Memory<byte> content, CancellationToken token)
    {
        await source.ReadExactlyAsync(content, token);
        _padding = (BlockSize - (content.Length % BlockSize)) % BlockSize;
    }

    /// <summary>A number in octal digits.</summary>
    private long Number(Range place)
    {
        var digits = Encoding.ASCII.GetString(_block[place]).Trim('\0', ' ');
        return digits.Length > 0 && digits.All(digit => digit is >= '0' and <= '7')
            ? Convert.ToInt64(digits, 8)
            : throw new InvalidDataException("A header has a number that is none.");
    }
}
