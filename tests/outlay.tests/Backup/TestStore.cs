using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;
using Outlay.Backup;
using Outlay.Tests.Harness;

namespace Outlay.Tests.Backup;

/// <summary>
/// A bucket of its own for one test: in the stand-in, or in the real object store that OBJECT_STORE, OBJECT_STORE_ACCESS_KEY
/// and OBJECT_STORE_SECRET_KEY name. drills/object-store starts one.
/// </summary>
internal sealed class TestStore : IAsyncDisposable
{
    private readonly ObjectStore? _standIn;

    private TestStore(ObjectStore? standIn, Dictionary<string, string> environment)
    {
        _standIn = standIn;
        Environment = environment;
    }

    /// <summary>The settings of the product that name it.</summary>
    public Dictionary<string, string> Environment { get; }

    public ObjectStore StandIn => _standIn ?? throw new InvalidOperationException("A real store does not fail on demand.");

    private string Bucket => Environment["S3_BACKUP_BUCKET"];

    public static async Task<TestStore> CreateAsync()
    {
        var real = System.Environment.GetEnvironmentVariable("OBJECT_STORE");
        return real is null
            ? await CreateStandInAsync(TimeProvider.System)
            : await CreateAsync(null, real, Variable("OBJECT_STORE_ACCESS_KEY"), Variable("OBJECT_STORE_SECRET_KEY"));
    }

    public static async Task<TestStore> CreateStandInAsync(TimeProvider clock)
    {
        var store = await ObjectStore.StartAsync(clock);
        return await CreateAsync(store, store.Endpoint, ObjectStore.AccessKey, ObjectStore.SecretKey);
    }

    /// <param name="settings">Replace those of <see cref="Environment"/>.</param>
    public S3BackupDestination Open(params (string Name, string Value)[] settings) => Open(TimeProvider.System, settings);

    public S3BackupDestination Open(TimeProvider clock, params (string Name, string Value)[] settings)
    {
        var all = new Dictionary<string, string>(Environment);
        foreach (var (name, value) in settings)
            all[name] = value;
        var source = new SettingsSource(all.GetValueOrDefault);
        var read = Settings.From(source);
        source.ThrowIfFaulty();
        return new S3BackupDestination(read.S3!, clock);
    }

    /// <summary>The keys of all objects of the bucket, past the product.</summary>
    public async Task<string[]> KeysAsync()
    {
        using var client = Client();
        var answer = await client.ListObjectsV2Async(new ListObjectsV2Request { BucketName = Bucket, Prefix = "outlay/" }, Test.Token);
        var hidden = await client.ListObjectsV2Async(new ListObjectsV2Request { BucketName = Bucket, Prefix = "outlay/incomplete/" }, Test.Token);
        return [.. (answer.S3Objects ?? []).Concat(hidden.S3Objects ?? []).Select(found => found.Key).Distinct().Order(StringComparer.Ordinal)];
    }

    /// <summary>Begins what a killed run would leave: an upload without an end.</summary>
    public async Task BeginUploadAsync(string key)
    {
        using var client = Client();
        await client.InitiateMultipartUploadAsync(new InitiateMultipartUploadRequest { BucketName = Bucket, Key = key }, Test.Token);
    }

    public ValueTask DisposeAsync() => _standIn?.DisposeAsync() ?? ValueTask.CompletedTask;

    private static async Task<TestStore> CreateAsync(ObjectStore? standIn, string endpoint, string accessKey, string secretKey)
    {
        var store = new TestStore(standIn, new Dictionary<string, string>
        {
            ["S3_BACKUP_BUCKET"] = $"test-{Guid.CreateVersion7():N}",
            ["S3_BACKUP_ENDPOINT"] = endpoint,
            ["S3_BACKUP_ACCESS_KEY"] = accessKey,
            ["S3_BACKUP_SECRET_KEY"] = secretKey,
        });
        using var client = store.Client();
        await client.PutBucketAsync(store.Bucket, Test.Token);
        return store;
    }

    private AmazonS3Client Client() => new(
        new BasicAWSCredentials(Environment["S3_BACKUP_ACCESS_KEY"], Environment["S3_BACKUP_SECRET_KEY"]),
        new AmazonS3Config
        {
            ServiceURL = Environment["S3_BACKUP_ENDPOINT"],
            ForcePathStyle = true,
            AuthenticationRegion = "us-east-1",
            RequestChecksumCalculation = RequestChecksumCalculation.WHEN_REQUIRED,
        });

    private static string Variable(string name) =>
        System.Environment.GetEnvironmentVariable(name) ?? throw new InvalidOperationException($"OBJECT_STORE is set and {name} is not.");
}
