using System.IO.Compression;
using System.Text;
using Outlay.Tests.Harness;

namespace Outlay.Tests.Backup;

/// <summary>A small file that would take a lot of memory is refused before it does.</summary>
[Collection(nameof(Alone))]
public sealed class TarBombTests
{
    private const long Claimed = 256L * 1024 * 1024;

    [Theory]
    [InlineData('L')]
    [InlineData('K')]
    [InlineData('x')]
    [InlineData('g')]
    [InlineData('0')]
    public async Task A_header_that_claims_a_lot_takes_no_memory(char type)
    {
        await using var database = await SampleBook.CreateAsync(Engine.Sqlite);
        var bomb = Compress(output =>
        {
            output.Write(Header("././@LongLink", type, Claimed));
            var zeros = new byte[1024 * 1024];
            for (var size = 0L; size < Claimed; size += zeros.Length)
                output.Write(zeros);
        });
        // What is loaded the first time is not counted.
        await BackupRun.VerifyAsync(database, bomb[..100]);
        var before = GC.GetTotalAllocatedBytes(precise: true);

        var report = await BackupRun.VerifyAsync(database, bomb);

        Assert.False(report.IsGood);
        Assert.True(report.IsConclusive);
        Assert.InRange(GC.GetTotalAllocatedBytes(precise: true) - before, 0, 64 * 1024 * 1024);
    }

    [Fact]
    public async Task So_does_a_file_of_very_many_parts()
    {
        await using var database = await SampleBook.CreateAsync(Engine.Sqlite);
        var sound = TarEditor.Open(await BackupRun.WriteAsync(database));
        var bomb = Compress(output =>
        {
            foreach (var name in sound.Names.Take(2))
                Write(output, name, Encoding.UTF8.GetBytes(sound.Text(name)));
            for (var number = 1; number <= 200_000; number++)
                Write(output, $"owners.{number:D5}.tsv", "name\n"u8);
        });

        var report = await BackupRun.VerifyAsync(database, bomb);

        // Two parts stand before them.
        Assert.Equal("The backup is damaged: owners.99999.tsv is no part of a backup.", report.Failure);
    }

    [Fact]
    public async Task A_backup_that_was_packed_again_with_the_tar_of_the_system_is_good()
    {
        await using var database = await SampleBook.CreateAsync(Engine.Sqlite);
        using var folder = new TestFolder();
        var backup = await BackupRun.WriteAsync(database);
        await File.WriteAllBytesAsync(folder.File("backup"), backup, Test.Token);

        var pack = await OutlayProcess.RunScriptAsync(
            $"mkdir parts && tar xzf '{folder.File("backup")}' -C parts && tar czf '{folder.File("packed")}' -C parts {string.Join(' ', TarEditor.Open(backup).Names)}");

        Assert.True(pack.ExitCode == 0, pack.Error);
        Assert.Null((await BackupRun.VerifyAsync(database, await File.ReadAllBytesAsync(folder.File("packed"), Test.Token))).Failure);
    }

    private static byte[] Compress(Action<Stream> write)
    {
        using var output = new MemoryStream();
        using (var gzip = new GZipStream(output, CompressionLevel.Fastest))
            write(gzip);
        return output.ToArray();
    }

    private static void Write(Stream output, string name, ReadOnlySpan<byte> content)
    {
        output.Write(Header(name, '0', content.Length));
        output.Write(content);
        output.Write(new byte[(512 - (content.Length % 512)) % 512]);
    }

    /// <summary>A header of ustar, sealed with its checksum.</summary>
    private static byte[] Header(string name, char type, long size)
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
