using System.Net;
using Amazon.S3;
using Amazon.S3.Model;

namespace Outlay.Backup;

/// <summary>
/// Backups in an S3-compatible object store, under a prefix that belongs to one installation. No answer of the store is taken
/// as proof that it kept what it got: it is read back and compared before it gets its name.
/// </summary>
internal sealed class S3BackupDestination(S3Settings settings, TimeProvider clock) : IBackupDestination, IDisposable
{
    /// <summary>Below the prefix: what has no final name yet. Not listed, because backups lie in no folder.</summary>
    private const string Incomplete = "incomplete/";

    /// <summary>What is older than this belongs to no run that still goes on.</summary>
    private static readonly TimeSpan s_abandoned = TimeSpan.FromDays(1);

    private readonly S3Client _s3 = new(settings, clock);

    public string Name => _s3.Name;

    public string Kind => "s3";

    private string Folder => $"{settings.Prefix}/";

    public async Task StoreAsync(string name, string file, CancellationToken token)
    {
        await ClearAsync(token);
        var (temporary, final) = ($"{Folder}{Incomplete}{name}", Folder + name);
        var sent = await BackupDigest.OfAsync(File.OpenRead(file), token);
        var upload = new S3Upload(_s3, settings.Bucket);
        await upload.FromFileAsync(temporary, file, sent.Size, token);
        var isKept = await BackupDigest.OfAsync(await OpenKeyAsync(temporary, token), token) == sent;
        if (isKept)
            await upload.FromObjectAsync(final, temporary, sent.Size, token);
        await DeleteKeyAsync(temporary, token);
        // What had the name before is as good as it was.
        if (!isKept)
            throw NotKept($"{name} was not the same");
        if ((await FindAsync(final, token)).ContentLength == sent.Size)
            return;
        await DeleteKeyAsync(final, token);
        throw NotKept($"{name} was not the same under its name, and was removed");
    }

    public async Task<IReadOnlyList<StoredBackup>> ListAsync(CancellationToken token)
    {
        var objects = await ListKeysAsync(Folder, token);
        return [.. objects.Select(found => new StoredBackup(found.Key[Folder.Length..], found.Size ?? 0, Utc(found.LastModified)))];
    }

    public Task<Stream> OpenAsync(string name, CancellationToken token) => OpenKeyAsync(Folder + name, token);

    public Task DeleteAsync(string name, CancellationToken token) => DeleteKeyAsync(Folder + name, token);

    public void Dispose() => _s3.Dispose();

    private AppException NotKept(string what) => new(ErrorCode.BackupDamaged,
        $"{Name} did not keep what it was sent: read back, {what}. Other stores or other settings of this one may do better.");

    private static DateTimeOffset Utc(DateTime? time) => time is { } known ? new DateTimeOffset(known.ToUniversalTime()) : DateTimeOffset.MaxValue;

    /// <summary>Removes what runs that failed or were killed have left.</summary>
    private async Task ClearAsync(CancellationToken token)
    {
        var limit = clock.GetUtcNow() - s_abandoned;
        foreach (var old in (await ListKeysAsync(Folder + Incomplete, token)).Where(found => Utc(found.LastModified) < limit))
            await DeleteKeyAsync(old.Key, token);
        var uploads = await _s3.CallAsync("looking for what was left half-done", (client, time) => client.ListMultipartUploadsAsync(
            new ListMultipartUploadsRequest { BucketName = settings.Bucket, Prefix = Folder }, time), token);
        foreach (var old in (uploads.MultipartUploads ?? []).Where(found => Utc(found.Initiated) < limit))
        {
            await _s3.CallAsync("clearing what was left half-done", (client, time) => client.AbortMultipartUploadAsync(
                new AbortMultipartUploadRequest { BucketName = settings.Bucket, Key = old.Key, UploadId = old.UploadId }, time), token);
        }
    }

    /// <summary>Objects directly in this folder.</summary>
    private async Task<List<S3Object>> ListKeysAsync(string folder, CancellationToken token)
    {
        var found = new List<S3Object>();
        var request = new ListObjectsV2Request { BucketName = settings.Bucket, Prefix = folder, Delimiter = "/" };
        do
        {
            var page = await _s3.CallAsync("listing backups", (client, limit) => client.ListObjectsV2Async(request, limit), token);
            found.AddRange(page.S3Objects ?? []);
            request.ContinuationToken = page.NextContinuationToken;
        }
        while (request.ContinuationToken is not null);
        return found;
    }

    private async Task<Stream> OpenKeyAsync(string key, CancellationToken token)
    {
        var found = await FindAsync(key, token);
        return new S3ReadStream(_s3, settings.Bucket, key, found.ETag, found.ContentLength);
    }

    private Task<GetObjectMetadataResponse> FindAsync(string key, CancellationToken token) => _s3.CallAsync("looking for a backup", async (client, limit) =>
    {
        try
        {
            return await client.GetObjectMetadataAsync(settings.Bucket, key, limit);
        }
        catch (AmazonS3Exception e) when (e.StatusCode is HttpStatusCode.NotFound)
        {
            throw new AppException(ErrorCode.NotFound, $"There is no {key[Folder.Length..]} in {Name}.", e);
        }
    }, token);

    private Task DeleteKeyAsync(string key, CancellationToken token) => _s3.CallAsync("removing a backup",
        (client, limit) => client.DeleteObjectAsync(settings.Bucket, key, limit), token);
}
