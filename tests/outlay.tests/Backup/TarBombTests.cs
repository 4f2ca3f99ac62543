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
        var bomb = RawTar.Compress(output =>
        {
            output.Write(RawTar.Header("././@LongLink", type, Claimed));
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
        var bomb = RawTar.Compress(output =>
        {
            foreach (var name in sound.Names.Take(2))
                RawTar.Write(output, name, Encoding.UTF8.GetBytes(sound.Text(name)));
            for (var number = 1; number <= 200_000; number++)
                RawTar.Write(output, $"owners.{number:D5}.tsv", "name\n"u8);
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

    [Fact]
    public async Task A_small_file_that_would_fill_the_disk_is_refused_before_it_does()
    {
        await using var database = await SampleBook.CreateAsync(Engine.Sqlite);
        var sound = TarEditor.Open(await BackupRun.WriteAsync(database));
        var rows = sound.Text("owners.00001.tsv");
        var row = rows[(rows.IndexOf('\n') + 1)..].Split('\n')[0].Split('\t');
        var bomb = RawTar.Compress(output =>
        {
            foreach (var name in sound.Names.Take(2))
                RawTar.Write(output, name, Encoding.UTF8.GetBytes(sound.Text(name)));
            for (var number = 1; number <= 200; number++)
            {
                var name = $"owner{number:D4}{new string('a', 1024 * 1024)}";
                RawTar.Write(output, $"owners.{number:D5}.tsv", Encoding.UTF8.GetBytes($"{rows[..rows.IndexOf('\n')]}\n{string.Join('\t', row.Skip(1).Prepend(name))}\n"));
            }
        });

        // Past the database, which refuses such a name as the first.
        var refusal = await Assert.ThrowsAsync<AppException>(async () =>
        {
            using var file = new MemoryStream(bomb);
            await using var reader = await Outlay.Backup.BackupReader.OpenAsync(file, 5, Test.Token);
            while (await reader.NextTableAsync() is { } table)
                await reader.RowsAsync(table).CountAsync(Test.Token);
        });

        Assert.InRange(bomb.Length, 0, 2 * 1024 * 1024);
        Assert.Equal("The backup is damaged: it grows to more than 100 times its size, as no backup does.", refusal.Message);
    }

    [Fact]
    public async Task Nor_does_one_grow_behind_its_end()
    {
        await using var database = await SampleBook.CreateAsync(Engine.Sqlite);
        var sound = await BackupRun.WriteAsync(database);
        var bomb = RawTar.Compress(output =>
        {
            using (var tar = new System.IO.Compression.GZipStream(new MemoryStream(sound), System.IO.Compression.CompressionMode.Decompress))
                tar.CopyTo(output);
            for (var size = 0; size < 256; size++)
                output.Write(new byte[1024 * 1024]);
        });

        Assert.Contains("grows to more than", (await BackupRun.VerifyAsync(database, bomb)).Failure, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(-1)]
    public async Task What_is_read_as_JSON_is_not_read_when_it_is_large(int place)
    {
        await using var database = await SampleBook.CreateAsync(Engine.Sqlite);
        var sound = TarEditor.Open(await BackupRun.WriteAsync(database));
        var random = new Random(20260219);
        // Each of its values would take twelve bytes more; digits at random, for it not to look like a bomb.
        var large = Encoding.ASCII.GetBytes($"[{string.Join(',', Enumerable.Range(0, 12 * 1024 * 1024).Select(_ => random.Next(10)))}]");
        var index = place < 0 ? sound.Names.Count - 1 : place;
        var bomb = RawTar.Compress(output =>
        {
            foreach (var (name, number) in sound.Names.Select((name, number) => (name, number)))
                RawTar.Write(output, name, number == index ? large : Encoding.UTF8.GetBytes(sound.Text(name)));
            output.Write(new byte[1024]);
        });
        await BackupRun.VerifyAsync(database, bomb[..100]);
        var before = GC.GetTotalAllocatedBytes(precise: true);

        var report = await BackupRun.VerifyAsync(database, bomb);

        Assert.Equal($"The backup is damaged: {sound.Names[index]} is larger than any that is written.", report.Failure);
        Assert.InRange(GC.GetTotalAllocatedBytes(precise: true) - before, 0, 64 * 1024 * 1024);
    }

    [Theory]
    [InlineData("../../evil.tsv", '0')]
    [InlineData("/evil.tsv", '0')]
    [InlineData("owners/../../evil.tsv", '0')]
    [InlineData("owners.00001.tsv/../../evil", '0')]
    [InlineData("..\\..\\evil.tsv", '0')]
    [InlineData("owners.00001.tsv", '1')]
    [InlineData("owners.00001.tsv", '2')]
    [InlineData("owners.00001.tsv", '3')]
    [InlineData("owners.00001.tsv", '5')]
    public async Task A_part_whose_name_leads_elsewhere_or_that_is_no_plain_file_is_refused_and_nothing_is_written(string part, char type)
    {
        await using var database = await SampleBook.CreateAsync(Engine.Sqlite);
        var sound = TarEditor.Open(await BackupRun.WriteAsync(database));
        using var folder = new TestFolder();
        var bomb = RawTar.Compress(output =>
        {
            foreach (var name in sound.Names.Take(2))
                RawTar.Write(output, name, Encoding.UTF8.GetBytes(sound.Text(name)));
            var header = RawTar.Header(part, type, 4);
            output.Write(header);
            output.Write("evil"u8);
            output.Write(new byte[508 + 1024]);
        });
        await File.WriteAllBytesAsync(folder.File("outlay_backup_20260219_103000.tar.gz"), bomb, Test.Token);
        var target = new Dictionary<string, string> { ["DATA_DIR"] = folder.File("data") };

        var restore = await OutlayProcess.RunAsync(["backup", "restore", folder.File("outlay_backup_20260219_103000.tar.gz")], target);

        Assert.Equal(65, restore.ExitCode);
        Assert.Contains("The backup is damaged", restore.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(Directory.EnumerateFileSystemEntries(Path.GetTempPath()).Concat(Directory.EnumerateFileSystemEntries("/"))
            .Concat(Directory.EnumerateFileSystemEntries(folder.Path, "*", SearchOption.AllDirectories)), path => Path.GetFileName(path).StartsWith("evil", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("../outlay_backup_20260219_103000.tar.gz")]
    [InlineData("..%2foutlay_backup_20260219_103000.tar.gz")]
    [InlineData("outlay_backup_20260219_103000.tar.gz/../../x")]
    [InlineData("outlay_backup_20260219_1030/0.tar.gz")]
    [InlineData("outlay_backup_20260219_103000.tar.gz\0.age")]
    [InlineData("-outlay_backup_20260219_103000.tar.gz")]
    public void A_name_that_leads_elsewhere_is_no_name_of_a_backup(string name)
    {
        Assert.Null(Outlay.Backup.BackupName.TimeOf(name));
        Assert.Null(Outlay.Backup.BackupName.OfReport($"{name}.verified.json"));
    }
}
