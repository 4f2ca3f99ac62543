using System.Security.Cryptography;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Outlay.Backup;
using Outlay.Backup.Age;
using Outlay.Tests.Harness;

namespace Outlay.Tests.Backup;

public sealed class BackupCipherTests
{
    private const int Chunk = 64 * 1024;
    private const int Tag = 16;

    /// <summary>Made for these tests by age-keygen.</summary>
    private const string Key = "AGE-SECRET-KEY-1Q5U3EDLXDATVN4NKF34NM6UYFMLF8DZK54U26UC2AKP5YLVQXXMQD8XNA0";
    private const string OtherKey = "AGE-SECRET-KEY-1NU0GGXV8W73LNLQYUNTPR0WVSU0YEZHCLH0N6NT75M9759N7ZVYQRPQ3Q7";

    private static readonly BackupCipher s_withKey = WithKeys(Key);

    /// <summary>With a work factor at which the tests do not take long.</summary>
    private static readonly BackupCipher s_withPassphrase = new(new AgePassphrase(new Secret("correct horse battery staple"), 4));

    [Fact]
    public void What_goes_in_comes_out_in_whatever_pieces()
    {
        var sizes = Gen.OneOf(Gen.Choose(0, 300), Gen.Choose(Chunk - 2, Chunk + 2), Gen.Choose((2 * Chunk) - 1, (2 * Chunk) + 1));
        var cases = from pieces in sizes.ListOf() from read in sizes.Where(size => size > 0) from waits in Gen.Elements(true, false) select (pieces, read, waits);

        Prop.ForAll(cases.ToArbitrary(), test =>
        {
            var pieces = test.pieces.Select(RandomNumberGenerator.GetBytes).ToList();
            var encrypted = test.waits ? Encrypt(s_withKey, pieces) : EncryptAsync(s_withKey, pieces).GetAwaiter().GetResult();
            var result = test.waits ? Decrypt(s_withKey, encrypted, test.read) : DecryptAsync(s_withKey, encrypted, test.read).GetAwaiter().GetResult();
            return result.AsSpan().SequenceEqual(pieces.SelectMany(piece => piece).ToArray());
        }).QuickCheckThrowOnFailure();
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 1)]
    [InlineData(Chunk - 1, 1)]
    [InlineData(Chunk, 1)]
    [InlineData(Chunk + 1, 2)]
    [InlineData(4 * Chunk, 4)]
    [InlineData((5 * Chunk) + 7, 6)]
    public void A_file_has_as_many_chunks_as_it_needs(int size, int chunks)
    {
        foreach (var cipher in new[] { s_withKey, s_withPassphrase })
        {
            var content = RandomNumberGenerator.GetBytes(size);

            var encrypted = Encrypt(cipher, [content]);

            Assert.Equal(size + (chunks * Tag), encrypted.Length - PayloadStart(encrypted));
            Assert.True(content.AsSpan().SequenceEqual(Decrypt(cipher, encrypted)));
            Assert.True(BackupCipher.IsEncrypted(encrypted));
            Assert.False(BackupCipher.IsEncrypted(content));
        }
    }

    [Fact]
    public void Each_changed_bit_is_noticed()
    {
        var encrypted = Encrypt(s_withKey, [new byte[50]]);

        for (var bit = 0; bit < encrypted.Length * 8; bit++)
        {
            var changed = encrypted.ToArray();
            changed[bit / 8] ^= (byte)(1 << (bit % 8));
            AssertRefused(s_withKey, changed, $"bit {bit} of {encrypted.Length * 8}");
        }
    }

    [Fact]
    public void Each_changed_byte_is_noticed_under_a_passphrase()
    {
        var encrypted = Encrypt(s_withPassphrase, [new byte[50]]);

        for (var index = 0; index < encrypted.Length; index++)
        {
            var changed = encrypted.ToArray();
            changed[index] ^= 0x80;
            AssertRefused(s_withPassphrase, changed, $"byte {index}");
        }
    }

    [Fact]
    public void A_file_that_is_cut_off_anywhere_is_refused()
    {
        foreach (var cipher in new[] { s_withKey, s_withPassphrase })
        {
            var encrypted = Encrypt(cipher, [new byte[50]]);
            for (var length = 0; length < encrypted.Length; length++)
                AssertRefused(cipher, encrypted[..length], $"{length} of {encrypted.Length} bytes");
        }
    }

    [Fact]
    public void What_is_wrong_is_told()
    {
        var encrypted = Encrypt(s_withKey, [new byte[3 * Chunk]]);
        var start = PayloadStart(encrypted);
        byte[] changed = [.. encrypted];
        changed[start + Chunk + Tag + 5] ^= 1;

        Assert.Contains($"changed or are missing behind byte {Chunk} ", Refusal(s_withKey, changed), StringComparison.Ordinal);
        Assert.Contains("cut off: its content ends after 131072 bytes", Refusal(s_withKey, encrypted[..(start + (2 * (Chunk + Tag)))]), StringComparison.Ordinal);
        Assert.Contains("added behind its end, which is at byte 196608", Refusal(s_withKey, [.. encrypted, 0]), StringComparison.Ordinal);
        Assert.Contains("cut off after its header", Refusal(s_withKey, encrypted[..(start - 1)]), StringComparison.Ordinal);
        Assert.Contains("not an encrypted file", Refusal(s_withKey, "date,description"u8.ToArray()), StringComparison.Ordinal);
    }

    [Fact]
    public void Chunks_cannot_be_left_out_doubled_moved_or_taken_from_another_file()
    {
        var (encrypted, other) = (Encrypt(s_withKey, [new byte[3 * Chunk]]), Encrypt(s_withKey, [new byte[3 * Chunk]]));
        var start = encrypted[..PayloadStart(encrypted)];

        foreach (var order in new[] { "02", "0012", "102", "210", "01", "012012", "0x2", "01x" })
        {
            byte[] arranged = [.. start, .. order.SelectMany((name, index) => ChunkOf(name == 'x' ? other : encrypted, name == 'x' ? index : name - '0'))];
            AssertRefused(s_withKey, arranged, $"chunks {order}");
        }

        static byte[] ChunkOf(byte[] file, int index) => [.. file.Skip(PayloadStart(file) + (index * (Chunk + Tag))).Take(Chunk + Tag)];
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void No_byte_is_handed_out_that_was_not_authenticated(int damaged)
    {
        var encrypted = Encrypt(s_withKey, [.. Enumerable.Repeat(RandomNumberGenerator.GetBytes(Chunk), 3)]);
        encrypted[PayloadStart(encrypted) + (damaged * (Chunk + Tag))] ^= 1;
        using var reader = s_withKey.Decrypt(new MemoryStream(encrypted));
        var buffer = new byte[3 * Chunk];
        reader.ReadExactly(buffer, 0, damaged * Chunk);

        // Asked again, it does not look as if the end was reached.
        for (var attempt = 0; attempt < 3; attempt++)
            Assert.Throws<AppException>(() => reader.Read(buffer, damaged * Chunk, Chunk));

        Assert.True(buffer.AsSpan(damaged * Chunk).IndexOfAnyExcept((byte)0) < 0);
    }

    [Fact]
    public void Only_an_empty_backup_ends_with_an_empty_chunk()
    {
        var (fileKey, nonce, sealedChunk) = (new byte[16], new byte[16], new byte[Chunk + Tag]);
        var file = new MemoryStream();
        file.Write([.. AgeHeader.Write(AgeIdentity.Parse([Key])!, fileKey), .. nonce]);
        using var payload = new AgePayload(fileKey, nonce);
        payload.Encrypt(new byte[Chunk], last: false, sealedChunk);
        file.Write(sealedChunk);
        payload.Encrypt([], last: true, sealedChunk);
        file.Write(sealedChunk, 0, Tag);

        AssertRefused(s_withKey, file.ToArray(), "an empty chunk behind a full one");
    }

    [Fact]
    public void Another_key_is_told_from_damage()
    {
        var (withKey, withPassphrase) = (Encrypt(s_withKey, ["x"u8.ToArray()]), Encrypt(s_withPassphrase, ["x"u8.ToArray()]));

        Assert.Contains("does not open with this key", Refusal(WithKeys(OtherKey), withKey, ErrorCode.BadConfiguration), StringComparison.Ordinal);
        Assert.Contains("does not open with this passphrase",
            Refusal(new BackupCipher(new AgePassphrase(new Secret("another passphrase of mine"))), withPassphrase, ErrorCode.BadConfiguration), StringComparison.Ordinal);
        Assert.Contains("set BACKUP_PASSPHRASE", Refusal(s_withKey, withPassphrase, ErrorCode.BadConfiguration), StringComparison.Ordinal);
        Assert.Contains("set BACKUP_KEY_FILE", Refusal(s_withPassphrase, withKey, ErrorCode.BadConfiguration), StringComparison.Ordinal);
    }

    [Fact]
    public void A_key_is_changed_by_putting_the_new_one_first()
    {
        var (changed, old) = (WithKeys($"# new\n{OtherKey}\n\n# old\n{Key}"), Encrypt(s_withKey, ["x"u8.ToArray()]));

        Assert.Equal("x"u8.ToArray(), Decrypt(changed, old));
        Assert.Equal("y"u8.ToArray(), Decrypt(WithKeys(OtherKey), Encrypt(changed, ["y"u8.ToArray()])));
    }

    [Fact]
    public void A_file_that_asks_for_too_much_memory_is_refused()
    {
        var text = Encoding.Latin1.GetString(Encrypt(s_withPassphrase, ["x"u8.ToArray()]));
        var work = text.IndexOf(" 4\n", StringComparison.Ordinal);

        foreach (var asked in new[] { "21", "30", "64", "99999999999", "04", "-1", "" })
            AssertRefused(s_withPassphrase, Encoding.Latin1.GetBytes($"{text[..work]} {asked}{text[(work + 2)..]}"), asked);
    }

    [Fact]
    public async Task Two_files_with_the_same_content_have_nothing_in_common()
    {
        byte[][] content = [new byte[1000]];
        var (one, other) = (Encrypt(s_withKey, content), await EncryptAsync(s_withKey, content));

        Assert.NotEqual(one[PayloadStart(one)..], other[PayloadStart(other)..]);
    }

    [Fact]
    public void A_large_backup_takes_no_more_memory_than_a_small_one()
    {
        const int Pieces = 1000;
        using var folder = new TestFolder();
        var piece = new byte[Chunk];
        Encrypt(s_withKey, [piece]);
        var before = GC.GetAllocatedBytesForCurrentThread();

        using (var file = File.Create(folder.File("large")))
        using (var writer = s_withKey.Encrypt(file))
        {
            for (var count = 0; count < Pieces; count++)
                writer.Write(piece);
        }

        using (var reader = s_withKey.Decrypt(File.OpenRead(folder.File("large"))))
        {
            for (var count = 0; count < Pieces; count++)
                reader.ReadExactly(piece);
            Assert.Equal(0, reader.Read(piece));
        }

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 1, 20 * Chunk);
    }

    private static BackupCipher WithKeys(string lines) => new(AgeIdentity.Parse(lines.Split('\n'))!);

    private static byte[] Encrypt(BackupCipher cipher, IReadOnlyList<byte[]> pieces)
    {
        var result = new MemoryStream();
        using (var writer = cipher.Encrypt(result))
        {
            foreach (var piece in pieces)
                writer.Write(piece);
        }

        return result.ToArray();
    }

    private static async Task<byte[]> EncryptAsync(BackupCipher cipher, IEnumerable<byte[]> pieces)
    {
        var result = new MemoryStream();
        await using (var writer = cipher.Encrypt(result))
        {
            foreach (var piece in pieces)
                await writer.WriteAsync(piece, Test.Token);
        }

        return result.ToArray();
    }

    private static byte[] Decrypt(BackupCipher cipher, byte[] encrypted, int readSize = 1000)
    {
        using var reader = cipher.Decrypt(new MemoryStream(encrypted));
        var result = new MemoryStream();
        reader.CopyTo(result, readSize);
        return result.ToArray();
    }

    private static async Task<byte[]> DecryptAsync(BackupCipher cipher, byte[] encrypted, int readSize)
    {
        await using var reader = cipher.Decrypt(new MemoryStream(encrypted));
        var result = new MemoryStream();
        await reader.CopyToAsync(result, readSize, Test.Token);
        return result.ToArray();
    }

    /// <summary>Where the chunks begin: behind the line with the authentication code, and the nonce.</summary>
    private static int PayloadStart(byte[] encrypted) =>
        Encoding.Latin1.GetString(encrypted) is var text ? text.IndexOf('\n', text.IndexOf("\n---", StringComparison.Ordinal) + 1) + 1 + Tag : 0;

    private static void AssertRefused(BackupCipher cipher, byte[] encrypted, string what)
    {
        try
        {
            Decrypt(cipher, encrypted);
        }
        catch (AppException e) when (e.Code is ErrorCode.BackupDamaged or ErrorCode.BadConfiguration)
        {
            return;
        }

        Assert.Fail($"It was taken for sound: {what}.");
    }

    private static string Refusal(BackupCipher cipher, byte[] encrypted, ErrorCode code = ErrorCode.BackupDamaged)
    {
        var error = Assert.Throws<AppException>(() => Decrypt(cipher, encrypted));
        Assert.Equal(code, error.Code);
        return error.Message;
    }
}
