namespace Outlay.Backup.Age;

/// <summary>Base64 as the header of an age file has it: without padding, and in one form only.</summary>
internal static class AgeText
{
    public static string Encode(ReadOnlySpan<byte> bytes) => Convert.ToBase64String(bytes).TrimEnd('=');

    /// <summary>Throws <see cref="ErrorCode.BackupDamaged"/> for any text that <see cref="Encode"/> does not give.</summary>
    public static byte[] Decode(string text)
    {
        var bytes = new byte[text.Length];
        if (Convert.TryFromBase64String(text.PadRight((text.Length + 3) / 4 * 4, '='), bytes, out var length) &&
            Encode(bytes.AsSpan(0, length)) == text)
            return bytes[..length];
        throw Damaged("Its header is not valid.");
    }

    public static AppException Damaged(string how) => new(ErrorCode.BackupDamaged, $"The backup is damaged. {how}");
}
