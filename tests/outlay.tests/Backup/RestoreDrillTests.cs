using Outlay.Tests.Harness;

namespace Outlay.Tests.Backup;

/// <summary>The drill that an operator runs, and everything that must turn it red.</summary>
public sealed class RestoreDrillTests : IDisposable
{
    /// <summary>Made for these tests by age-keygen.</summary>
    private const string Key = "AGE-SECRET-KEY-1Q5U3EDLXDATVN4NKF34NM6UYFMLF8DZK54U26UC2AKP5YLVQXXMQD8XNA0";

    private const string Passphrase = "correct horse battery staple";

    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory, EachEngine]
    public async Task The_newest_backup_is_restored_served_and_compared(Engine engine)
    {
        await using var database = await CreateAsync(engine);

        var drill = await RunAsync(database);

        Assert.True(drill.ExitCode == 0, drill.Output + drill.Error);
        Assert.Contains("read and summed up over HTTP as in the text in the backup.", drill.Output, StringComparison.Ordinal);
        Assert.Matches(@"(?m)^RTO [0-9]+\.[0-9] s, ", drill.Output);
        Assert.Matches(@"(?m)^RPO [0-9]+[smhd]: ", drill.Output);
        Assert.Equal(6, await database.ScalarAsync<long>("select count(*) from expenses"));
    }

    [Fact]
    public async Task Encrypted_backups_pass_too()
    {
        await File.WriteAllTextAsync(_folder.File("key"), Key, Test.Token);
        (string Name, string Value)[] keys = [("BACKUP_PASSPHRASE", Passphrase), ("BACKUP_KEY_FILE", _folder.File("key"))];
        foreach (var (name, value) in keys)
        {
            await using var database = await CreateAsync(Engine.Sqlite, (name, value));

            var drill = await RunAsync(database);

            Assert.True(drill.ExitCode == 0, drill.Output + drill.Error);
        }
    }

    [Fact]
    public async Task A_damaged_backup_turns_it_red()
    {
        await using var database = await CreateAsync(Engine.Sqlite);
        var backup = Assert.Single(Directory.GetFiles(database.Settings.BackupsDir, "*.tar.gz"));
        var bytes = await File.ReadAllBytesAsync(backup, Test.Token);
        bytes[bytes.Length / 2] ^= 0xff;
        await File.WriteAllBytesAsync(backup, bytes, Test.Token);

        AssertRed(await RunAsync(database), "RED: the backup is not good, or too old.");
    }

    [Fact]
    public async Task An_old_backup_turns_it_red()
    {
        await using var database = await CreateAsync(Engine.Sqlite);
        await Task.Delay(TimeSpan.FromSeconds(1.2), Test.Token);

        AssertRed(await RunAsync(database, "'' 1s"), "RED: the backup is not good, or too old.");
    }

    [Fact]
    public async Task The_wrong_passphrase_turns_it_red()
    {
        await using var database = await CreateAsync(Engine.Sqlite, ("BACKUP_PASSPHRASE", Passphrase));
        database.Environment["BACKUP_PASSPHRASE"] = "another horse, and another battery";

        AssertRed(await RunAsync(database), "RED: the backup is not good, or too old.");
    }

    [Fact]
    public async Task A_book_without_a_backup_turns_it_red()
    {
        await using var database = await TestDatabase.CreateAsync(Engine.Sqlite);

        AssertRed(await RunAsync(database), "RED: the backup is not good, or too old.");
    }

    [Theory]
    [InlineData("restore", "delete 1 --yes", "read over HTTP, the expenses are not those in the text in the backup")]
    [InlineData("restore", "add 1 Another", "read over HTTP, the expenses are not those in the text in the backup")]
    [InlineData("restore", "edit 1 --amount 3.51", "read over HTTP, the expenses are not those in the text in the backup")]
    [InlineData("verify", "nonsense", "the backup is not good")]
    public async Task A_restore_that_brings_back_something_else_turns_it_red(string verb, string sabotage, string told)
    {
        await using var database = await CreateAsync(Engine.Sqlite);

        AssertRed(await RunAsync(database, program: await SabotagedAsync($"[ \"$2\" != {verb} ] || '{OutlayProcess.Program}' {sabotage} >&2")), told);
    }

    [Fact]
    public async Task An_application_that_does_not_start_on_it_turns_it_red()
    {
        await using var database = await CreateAsync(Engine.Sqlite);

        AssertRed(
            await RunAsync(database, program: await SabotagedAsync($"[ \"$2\" != restore ] || echo damaged > \"$DATA_DIR/outlay.db\"")),
            "RED: the application does not start on it.");
    }

    /// <summary>A program that does something more after each verb that ends.</summary>
    private async Task<string> SabotagedAsync(string more)
    {
        var file = _folder.File("sabotaged");
        await File.WriteAllTextAsync(file, $"#!/bin/sh\nset -e\n[ \"$1\" != serve ] || exec '{OutlayProcess.Program}' serve\n'{OutlayProcess.Program}' \"$@\"\n{more}\n", Test.Token);
        await Command.RunAsync("chmod", "700", file);
        return file;
    }

    private static void AssertRed(ProcessResult drill, string told)
    {
        Assert.True(drill.ExitCode == 1, drill.Output + drill.Error);
        Assert.Contains(told, drill.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("RTO", drill.Output, StringComparison.Ordinal);
    }

    /// <summary>A book with a backup that was made just now, which is what the drill's limit goes by.</summary>
    private static async Task<TestDatabase> CreateAsync(Engine engine, params (string Name, string Value)[] settings)
    {
        var database = await SampleBook.CreateAsync(engine);
        await SampleBook.AddAsync(database, "A field, \"amount\":1.00,\"currency\":\"EUR\", in a text");
        foreach (var (name, value) in settings)
            database.Environment[name] = value;
        var create = await OutlayProcess.RunAsync(["backup", "create"], database.Environment);
        Assert.True(create.ExitCode == 0, create.Error);
        return database;
    }

    private static Task<ProcessResult> RunAsync(TestDatabase database, string arguments = "", string? program = null) => OutlayProcess.RunScriptAsync(
        $"'{ProductCode.Root}/drills/restore' {arguments}",
        new Dictionary<string, string>(database.Environment) { ["OUTLAY_PROGRAM"] = program ?? OutlayProcess.Program });
}
