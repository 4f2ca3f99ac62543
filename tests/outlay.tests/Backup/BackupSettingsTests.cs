using Outlay.Backup;
using Outlay.Backup.Age;
using Outlay.Tests.Harness;

namespace Outlay.Tests.Backup;

/// <summary>The settings of encryption and of the object store.</summary>
public sealed class BackupSettingsTests : IDisposable
{
    private const string Key = "AGE-SECRET-KEY-1Q5U3EDLXDATVN4NKF34NM6UYFMLF8DZK54U26UC2AKP5YLVQXXMQD8XNA0";

    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Nothing_set_means_no_encryption_and_no_object_store()
    {
        var settings = Read([], out var source);

        Assert.Empty(source.Faults);
        Assert.Null(settings.BackupKey);
        Assert.Null(settings.S3);
        Assert.Contains(new SettingReport("BACKUP_PASSPHRASE", "", "default"), source.Report);
    }

    [Fact]
    public void A_passphrase_of_20_characters_is_taken_and_never_shown()
    {
        var settings = Read(new() { ["BACKUP_PASSPHRASE"] = "twenty characters!!!" }, out var source);

        Assert.Empty(source.Faults);
        Assert.IsType<AgePassphrase>(settings.BackupKey);
        Assert.Contains(new SettingReport("BACKUP_PASSPHRASE", "********", "environment"), source.Report);
    }

    [Theory]
    [InlineData("nineteen characters")]
    [InlineData("")]
    public void A_short_passphrase_is_refused_also_from_a_file(string passphrase)
    {
        File.WriteAllText(_folder.File("passphrase"), $"{passphrase}\n");

        var settings = Read(new() { ["BACKUP_PASSPHRASE_FILE"] = _folder.File("passphrase") }, out var source);

        Assert.Null(settings.BackupKey);
        Assert.Equal(["BACKUP_PASSPHRASE is shorter than 20 characters: make one with openssl rand -base64 32."], source.Faults);
    }

    [Fact]
    public void A_passphrase_and_a_key_cannot_both_be_set()
    {
        File.WriteAllText(_folder.File("key"), Key);

        Read(new() { ["BACKUP_PASSPHRASE"] = "twenty characters!!!", ["BACKUP_KEY_FILE"] = _folder.File("key") }, out var source);

        Assert.Equal(["BACKUP_PASSPHRASE and BACKUP_KEY_FILE are both set: set only one of them."], source.Faults);
    }

    [Fact]
    public void A_passphrase_cannot_be_set_twice()
    {
        Read(new() { ["BACKUP_PASSPHRASE"] = "twenty characters!!!", ["BACKUP_PASSPHRASE_FILE"] = _folder.File("none") }, out var source);

        Assert.Equal(["BACKUP_PASSPHRASE and BACKUP_PASSPHRASE_FILE are both set: set only one of them."], source.Faults);
    }

    [Theory]
    [InlineData("")]
    [InlineData("# only a comment")]
    [InlineData("age12j9ggewp76d6v8elajve0v2rfms202p3f5fjq9rscvzdt5rkjszqg4l9ny")]
    [InlineData("AGE-SECRET-KEY-1Q5U3EDLXDATVN4NKF34NM6UYFMLF8DZK54U26UC2AKP5YLVQXXMQD8XNA9")]
    [InlineData("AGE-SECRET-KEY-1Q5U3EDLXDATVN4NKF34NM6UYFMLF8DZK54U26UC2AKP5YLVQXXMQD8XN")]
    [InlineData("AGE-SECRET-KEY-1")]
    [InlineData("AGE-SECRET-KEY-1Q5U3EDLXDATVN4NKF34NM6UYFMLF8DZK54U26UC2AKP5YLVQXXMQD8XNA0\nand a word")]
    public void A_file_without_a_sound_key_is_refused(string content)
    {
        File.WriteAllText(_folder.File("key"), content);

        Assert.Equal(
            [$"BACKUP_KEY_FILE names '{_folder.File("key")}', which holds no key of age or a mistyped one: make one with age-keygen -o FILE."],
            Faults(("BACKUP_KEY_FILE", _folder.File("key"))));
    }

    [Fact]
    public void A_key_file_that_cannot_be_read_is_named() => Assert.Equal(
        [$"BACKUP_KEY_FILE names '{_folder.File("none")}', which cannot be read: check the path and its permissions."],
        Faults(("BACKUP_KEY_FILE", _folder.File("none"))));

    [Fact]
    public void A_bucket_selects_an_object_store()
    {
        File.WriteAllText(_folder.File("secret"), "hush\n");
        var settings = Read(new()
        {
            ["S3_BACKUP_BUCKET"] = "books",
            ["S3_BACKUP_ENDPOINT"] = "https://s3.example.org:9000",
            ["S3_BACKUP_PREFIX"] = "/house/hold/",
            ["S3_BACKUP_REGION"] = "eu-central-1",
            ["S3_BACKUP_ACCESS_KEY"] = "somebody",
            ["S3_BACKUP_SECRET_KEY_FILE"] = _folder.File("secret"),
            ["S3_BACKUP_TIMEOUT"] = "10",
        }, out var source);

        Assert.Empty(source.Faults);
        var s3 = settings.S3!;
        Assert.Equal(
            new S3Settings("books", new Uri("https://s3.example.org:9000"), "house/hold", "eu-central-1", s3.AccessKey, s3.SecretKey, TimeSpan.FromSeconds(10)), s3);
        Assert.Equal(("somebody", "hush"), (s3.AccessKey!.Read(), s3.SecretKey!.Read()));
        Assert.DoesNotContain(source.Report, report => report.Value is "somebody" or "hush");
    }

    [Fact]
    public void A_bucket_is_enough_for_AWS() => Assert.Equal(
        new S3Settings("books", null, "outlay", "us-east-1", null, null, TimeSpan.FromSeconds(60)),
        Read(new() { ["S3_BACKUP_BUCKET"] = "books" }, out _).S3);

    [Theory]
    [InlineData("S3_BACKUP_BUCKET", "Books", "S3_BACKUP_BUCKET is 'Books': use 3 to 63 lower-case letters, digits, dots and hyphens.")]
    [InlineData("S3_BACKUP_ENDPOINT", "s3.example.org", "S3_BACKUP_ENDPOINT is 's3.example.org': use an address like https://s3.example.org.")]
    [InlineData("S3_BACKUP_ENDPOINT", "https://s3.example.org/books", "S3_BACKUP_ENDPOINT is 'https://s3.example.org/books': use an address like https://s3.example.org.")]
    [InlineData("S3_BACKUP_PREFIX", "/", "S3_BACKUP_PREFIX is '': use letters, digits, and any of - _ . / between them.")]
    [InlineData("S3_BACKUP_PREFIX", "a//b", "S3_BACKUP_PREFIX is 'a//b': use letters, digits, and any of - _ . / between them.")]
    [InlineData("S3_BACKUP_TIMEOUT", "0", "S3_BACKUP_TIMEOUT is '0': use a whole number from 1 to 3600.")]
    [InlineData("S3_BACKUP_ACCESS_KEY", "x", "S3_BACKUP_ACCESS_KEY and S3_BACKUP_SECRET_KEY do not come together: set both, or neither for the usual AWS credentials.")]
    public void A_bad_setting_of_the_store_is_named(string name, string value, string fault) =>
        Assert.Equal([fault], Faults(("S3_BACKUP_BUCKET", "books"), (name, value)));

    [Fact]
    public void Settings_of_a_store_without_its_bucket_are_refused() => Assert.Equal(
        ["S3_BACKUP_BUCKET is not set, but S3_BACKUP_REGION is: set it to the name of the bucket, or unset the other."],
        Faults(("S3_BACKUP_REGION", "eu-central-1")));

    private static IReadOnlyList<string> Faults(params (string Name, string Value)[] settings)
    {
        var environment = new Dictionary<string, string>();
        foreach (var (name, value) in settings)
            environment[name] = value;
        Read(environment, out var source);
        return source.Faults;
    }

    private static Settings Read(Dictionary<string, string> environment, out SettingsSource source)
    {
        source = new SettingsSource(environment.GetValueOrDefault);
        return Settings.From(source);
    }
}
