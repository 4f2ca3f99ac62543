using System.Security.Cryptography;
using Outlay.Backup;
using Outlay.Backup.Age;
using Outlay.Tests.Harness;

namespace Outlay.Tests.Backup;

/// <summary>Backups are opened, and made, by the age program itself. ./test installs it.</summary>
public sealed class AgeProgramTests : IDisposable
{
    private const string Passphrase = "correct horse battery staple";

    private readonly TestFolder _folder = new();

    public AgeProgramTests() => Assert.SkipUnless(
        Environment.GetEnvironmentVariable("REQUIRE_AGE") == "1" ||
        Environment.GetEnvironmentVariable("PATH")!.Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, "age"))),
        "age is not installed: ./test installs it.");

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(65536)]
    [InlineData(200_000)]
    public async Task A_key_of_age_opens_what_either_program_wrote(int size)
    {
        await Command.RunAsync("age-keygen", "-o", _folder.File("key"));
        var cipher = Cipher(("BACKUP_KEY_FILE", _folder.File("key")));
        var content = RandomNumberGenerator.GetBytes(size);
        await WriteAsync(cipher, content);
        // The program makes no file when there is nothing to write into it.
        await File.WriteAllBytesAsync(_folder.File("opened"), [], Test.Token);

        await Command.RunAsync("age", "--decrypt", "-i", _folder.File("key"), "-o", _folder.File("opened"), _folder.File("backup.age"));
        await Command.RunAsync("age", "--encrypt", "-i", _folder.File("key"), "-o", _folder.File("theirs.age"), _folder.File("opened"));

        Assert.Equal(content, await File.ReadAllBytesAsync(_folder.File("opened"), Test.Token));
        Assert.Equal(content, await ReadAsync(cipher, "theirs.age"));
    }

    [Fact]
    public async Task A_passphrase_opens_what_either_program_wrote()
    {
        var cipher = Cipher(("BACKUP_PASSPHRASE", Passphrase));
        var content = RandomNumberGenerator.GetBytes(100_000);
        await WriteAsync(cipher, content);

        await using (var age = OutlayProcess.StartCommandInTerminal(["age", "--decrypt", "-o", _folder.File("opened"), _folder.File("backup.age")]))
        {
            await TypePassphraseAsync(age, "Enter passphrase");
            Assert.Equal(0, (await age.WaitForExitAsync()).ExitCode);
        }

        await using (var age = OutlayProcess.StartCommandInTerminal(["age", "--passphrase", "-o", _folder.File("theirs.age"), _folder.File("opened")]))
        {
            await TypePassphraseAsync(age, "Enter passphrase");
            await TypePassphraseAsync(age, "Confirm passphrase");
            Assert.Equal(0, (await age.WaitForExitAsync()).ExitCode);
        }

        Assert.Equal(content, await File.ReadAllBytesAsync(_folder.File("opened"), Test.Token));
        Assert.Equal(content, await ReadAsync(cipher, "theirs.age"));
    }

    private static BackupCipher Cipher((string Name, string Value) setting)
    {
        var source = new SettingsSource(name => name == setting.Name ? setting.Value : null);
        var key = AgeKey.From(source);
        source.ThrowIfFaulty();
        return new BackupCipher(key!);
    }

    private static async Task TypePassphraseAsync(OutlayProcess age, string prompt)
    {
        await age.WaitForOutputAsync(prompt);
        await age.WriteLineAsync(Passphrase);
    }

    private async Task WriteAsync(BackupCipher cipher, byte[] content)
    {
        await using var file = File.Create(_folder.File("backup.age"));
        await using var writer = cipher.Encrypt(file);
        await writer.WriteAsync(content, Test.Token);
    }

    private async Task<byte[]> ReadAsync(BackupCipher cipher, string name)
    {
        await using var reader = cipher.Decrypt(File.OpenRead(_folder.File(name)));
        var content = new MemoryStream();
        await reader.CopyToAsync(content, Test.Token);
        return content.ToArray();
    }
}
