namespace Outlay.Backup.Age;

/// <summary>Reads what is written in Bech32 (BIP 173), the form of a key that finds mistyped characters.</summary>
internal static class Bech32
{
    private const string Alphabet = "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L";
    private const int ChecksumLength = 6;

    private static readonly uint[] s_generator = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3];

    /// <summary>The bytes behind the prefix and the digit 1; null when the text is not exactly that, in upper case.</summary>
    public static byte[]? Decode(string prefix, string text)
    {
        if (!text.StartsWith($"{prefix}1", StringComparison.Ordinal))
            return null;
        var digits = text[(prefix.Length + 1)..].Select(letter => Alphabet.IndexOf(letter, StringComparison.Ordinal)).ToArray();
        if (digits.Length < ChecksumLength || digits.Contains(-1) || Checksum(prefix, digits) != 1)
            return null;
        return ToBytes(digits.AsSpan(0, digits.Length - ChecksumLength));
    }

    private static uint Checksum(string prefix, int[] digits)
    {
        var letters = prefix.Select(char.ToLowerInvariant).ToArray();
        var sum = 1u;
        foreach (var value in (int[])[.. letters.Select(letter => letter >> 5), 0, .. letters.Select(letter => letter & 31), .. digits])
        {
            var top = sum >> 25;
            sum = ((sum & 0x1ffffff) << 5) ^ (uint)value;
            for (var bit = 0; bit < s_generator.Length; bit++)
                sum ^= ((top >> bit) & 1) == 1 ? s_generator[bit] : 0;
        }

        return sum;
    }

    /// <summary>Regroups digits of 5 bits into bytes; null when more than padding is left over.</summary>
    private static byte[]? ToBytes(ReadOnlySpan<int> digits)
    {
        var bytes = new List<byte>();
        var (value, bits) = (0, 0);
        foreach (var digit in digits)
        {
            value = (value << 5) | digit;
            bits += 5;
            if (bits < 8)
                continue;
            bits -= 8;
            bytes.Add((byte)(value >> bits));
            value &= (1 << bits) - 1;
        }

        return bits < 5 && value == 0 ? [.. bytes] : null;
    }
}
