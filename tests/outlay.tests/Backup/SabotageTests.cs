using Outlay.Backup;
using Outlay.Storage;
using Outlay.Tests.Harness;

namespace Outlay.Tests.Backup;

/// <summary>
/// Everything that can go wrong with a backup, done to it on purpose: the verification goes red each time, and a restore
/// leaves what was there as it was.
/// </summary>
public sealed class SabotageTests
{
    /// <summary>The name, the compression and the time of its header say nothing about the content.</summary>
    private const int GzipHeader = 10;

    private static readonly Dictionary<string, (Func<byte[], byte[]> Damage, string Told)> s_sabotages = new()
    {
        ["the second half is missing"] = (backup => backup[..(backup.Length / 2)], "damaged"),
        ["its end is missing"] = (backup => backup[..^1], "damaged"),
        ["an empty file"] = (_ => [], "damaged"),
        ["another kind of file"] = (_ => [.. "date,description,amount\n2026-01-01,Coffee,3.50\n"u8], "cannot be decompressed"),
        ["a part is missing"] = (Edited(tar => tar.Remove("expense_tags.00001.tsv")), "manifest"),
        ["the last part is missing"] = (Edited(tar => tar.Remove("manifest.json")), "ends before its manifest"),
        ["the parts of two tables are swapped"] = (Edited(tar => tar.Swap("expenses.00001.tsv", "history.00001.tsv")), "damaged"),
        ["a part was changed"] = (Edited(tar => tar.Change("expenses.00001.tsv", Cheaper)), "expenses.00001.tsv is not what the manifest says"),
        ["a part without columns"] = (Edited(tar => tar.Change("owners.00001.tsv", _ => "")), "has no columns"),
        ["an unknown part"] = (Edited(tar => tar.Change("owners.00001.tsv", text => text.Replace("currency", "money", StringComparison.Ordinal))), "not known"),
        ["another sum in the manifest"] = (Edited(tar => tar.ChangeJson("manifest.json", json => json["sums"]![0]!["sum"] = "999.00")), "do not add up"),
        ["another number of rows in the manifest"] = (Edited(tar => tar.ChangeJson("manifest.json", json => json["rows"]!["history"] = 1)), "history has"),
        ["another head of a history in the manifest"] = (
            Edited(tar => tar.ChangeJson("manifest.json", json => json["heads"]![0]!["seq"] = 99)), "history of"),
        ["a manifest that is no JSON"] = (Edited(tar => tar.Change("manifest.json", _ => "{")), "manifest.json cannot be read"),
        ["a newer schema"] = (Edited(tar => tar.ChangeJson("origin.json", json => json["schema"] = 99)), "newer than this program"),
        ["a newer format"] = (Edited(tar => tar.ChangeJson("origin.json", json => json["format"] = 2)), "newer than this program"),
        ["an amount was changed, with every checksum made to fit"] = (
            Edited(tar => tar.Change("expenses.00001.tsv", Cheaper).ChangeJson("manifest.json", json => json["sums"]![1]!["sum"] = "5.40").Reseal()),
            "the expense is not what the history says"),
        ["the history was changed too"] = (
            Edited(tar => tar.Change("expenses.00001.tsv", Cheaper).Change("history.00001.tsv", text => text.Replace("3.50", "1.90", StringComparison.Ordinal))
                .ChangeJson("manifest.json", json => json["sums"]![1]!["sum"] = "5.40").Reseal()),
            "history"),
        ["a change was taken out of the history"] = (
            Edited(tar => tar.Change("changes.00001.tsv", WithoutLastLine).ChangeJson("manifest.json", Fewer("changes")).Reseal()), "history"),
        ["an expense was taken out"] = (
            Edited(tar => tar.Change("expenses.00001.tsv", WithoutLastLine).ChangeJson("manifest.json", Fewer("expenses")).Reseal()), "not right"),
        ["a row that the database refuses"] = (
            Edited(tar => tar.Change("expenses.00001.tsv", text => text.Replace("2026-02-19\t", "soon\t", StringComparison.Ordinal)).Reseal()), "refuses"),
        ["a row with a value too many"] = (
            Edited(tar => tar.Change("owners.00001.tsv", text => text.TrimEnd('\n') + "\t1\n").Reseal()), "refuses"),
    };

    public static TheoryData<string> Sabotages => [.. s_sabotages.Keys];

    [Theory]
    [MemberData(nameof(Sabotages))]
    public async Task A_sabotaged_backup_is_found_out(string sabotage)
    {
        var (damage, told) = s_sabotages[sabotage];
        await using var source = await SampleBook.CreateAsync(Engine.Sqlite);
        var backup = damage(await BackupRun.WriteAsync(source));

        var report = await BackupRun.VerifyAsync(source, backup);

        Assert.False(report.IsGood);
        Assert.True(report.IsConclusive);
        Assert.Contains(told, report.Failure, StringComparison.Ordinal);
    }

    [Theory, EachEngine]
    public async Task A_sabotaged_backup_restores_nothing(Engine engine)
    {
        await using var source = await SampleBook.CreateAsync(Engine.Sqlite);
        await using var target = await TestDatabase.CreateAsync(engine);
        var backup = await BackupRun.WriteAsync(source);
        foreach (var (name, (damage, _)) in s_sabotages)
        {
            using var file = new MemoryStream(damage(backup));

            var error = await Record.ExceptionAsync(() => new BackupRestore(target.Database, target.Clock).RunAsync(file, null, isVerified: false, Test.Token));

            Assert.True(error is AppException { Code: ErrorCode.BackupDamaged or ErrorCode.SchemaMismatch }, $"{name}: {error}");
            Assert.Equal(0, await target.ScalarAsync<long>("select count(*) from expenses"));
        }
    }

    [Theory, EachEngine]
    public async Task What_was_changed_past_the_program_is_restored_when_somebody_wants_it_all_the_same(Engine engine)
    {
        await using var source = await SampleBook.CreateAsync(Engine.Sqlite);
        await using var target = await TestDatabase.CreateAsync(engine);
        await source.ExecuteAsync("update expenses set description = 'Forged' where id = 1");
        var path = Path.Combine(target.Folder, "forged.tar.gz");
        await File.WriteAllBytesAsync(path, await BackupRun.WriteAsync(source), Test.Token);

        var refused = await OutlayProcess.RunAsync(["backup", "restore", path], target.Environment);
        var wanted = await OutlayProcess.RunAsync(["backup", "restore", path, "--unverified"], target.Environment);

        Assert.Equal(65, refused.ExitCode);
        Assert.Contains("--unverified", refused.Error, StringComparison.Ordinal);
        Assert.Equal(0, wanted.ExitCode);
        Assert.Equal("Forged", await target.ScalarAsync<string>("select description from expenses where id = 1"));
    }

    [Theory, EachEngine]
    public async Task What_was_there_stays_when_a_restore_fails(Engine engine)
    {
        await using var source = await SampleBook.CreateAsync(Engine.Sqlite);
        await using var target = await TestDatabase.CreateAsync(engine);
        await SampleBook.AddAsync(target, "Mine");
        var backup = await BackupRun.WriteAsync(source);
        string[] sabotages = ["the second half is missing", "another sum in the manifest", "a row that the database refuses", "a newer schema"];

        foreach (var sabotage in sabotages)
        {
            using var file = new MemoryStream(s_sabotages[sabotage].Damage(backup));
            var present = await target.Database.ReadAsync(OwnerScope.All, connection => BackupStore.FingerprintAsync(target.Database, connection, Test.Token), Test.Token);
            var error = await Assert.ThrowsAsync<AppException>(() => new BackupRestore(target.Database, target.Clock).RunAsync(file, present, isVerified: false, Test.Token));
            Assert.NotEqual(ErrorCode.Conflict, error.Code);
        }

        Assert.Equal("Mine", await target.ScalarAsync<string>("select description from expenses"));
        Assert.True((await target.Doctor.ExamineAsync(Test.Token)).IsHealthy);
        Assert.Null((await target.Doctor.CheckHistoryAsync(Test.Token)).Fault);
        await SampleBook.AddAsync(target, "And another");
    }

    [Fact]
    public async Task Four_flipped_bytes_are_found_wherever_they_are()
    {
        await using var source = await SampleBook.CreateAsync(Engine.Sqlite);
        var backup = await BackupRun.WriteAsync(source);
        var random = new Random(20260219);

        for (var round = 0; round < 60; round++)
        {
            var damaged = backup.ToArray();
            var place = random.Next(GzipHeader, damaged.Length - 4);
            for (var i = 0; i < 4; i++)
                damaged[place + i] ^= 0xff;

            var report = await BackupRun.VerifyAsync(source, damaged);

            Assert.False(report.IsGood, $"the bytes at {place} were flipped");
        }
    }

    [Fact]
    public async Task A_sound_backup_that_was_opened_and_closed_again_is_still_good()
    {
        await using var source = await SampleBook.CreateAsync(Engine.Sqlite);

        var report = await BackupRun.VerifyAsync(source, TarEditor.Open(await BackupRun.WriteAsync(source)).Reseal().Close());

        Assert.Null(report.Failure);
    }

    private static Func<byte[], byte[]> Edited(Action<TarEditor> edit) => backup =>
    {
        var tar = TarEditor.Open(backup);
        edit(tar);
        return tar.Close();
    };

    /// <summary>3.50 EUR of the first expense become 1.90.</summary>
    private static string Cheaper(string expenses)
    {
        var place = expenses.IndexOf("\t350\t", StringComparison.Ordinal);
        return $"{expenses[..place]}\t190\t{expenses[(place + 5)..]}";
    }

    private static string WithoutLastLine(string lines) => lines[..(lines.TrimEnd('\n').LastIndexOf('\n') + 1)];

    private static Action<System.Text.Json.Nodes.JsonNode> Fewer(string table) => json => json["rows"]![table] = (long)json["rows"]![table]! - 1;
}
