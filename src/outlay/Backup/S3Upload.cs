using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using Amazon.S3;
using Amazon.S3.Model;

namespace Outlay.Backup;

/// <summary>
/// Writes an object, from a file or from another object. A large one goes part by part: so that no request takes long,
/// however large the whole is.
/// </summary>
internal sealed class S3Upload(S3Client s3, string bucket)
{
    /// <summary>What fits into one part goes in one request. Stores want at least 5 MiB in each part but the last.</summary>
    private const long PartSize = 8 * 1024 * 1024;

    private const int MaxParts = 10_000;

    /// <summary>One part of an object that is being written.</summary>
    private sealed record Part(string UploadId, int Number, long Position, long Size);

    public Task FromFileAsync(string key, string file, long size, CancellationToken token) => StoreAsync(
        key, size,
        async (client, limit) => await client.PutObjectAsync(
            new PutObjectRequest { BucketName = bucket, Key = key, FilePath = file, UseChunkEncoding = false, MD5Digest = await DigestAsync(file, 0, size, limit) }, limit),
        async (client, part, limit) => (await client.UploadPartAsync(
            new UploadPartRequest
            {
                BucketName = bucket,
                Key = key,
                UploadId = part.UploadId,
                PartNumber = part.Number,
                FilePath = file,
                FilePosition = part.Position,
                PartSize = part.Size,
                UseChunkEncoding = false,
                MD5Digest = await DigestAsync(file, part.Position, part.Size, limit),
            }, limit)).ETag,
        token);

    public Task FromObjectAsync(string key, string source, long size, CancellationToken token) => StoreAsync(
        key, size,
        (client, limit) => client.CopyObjectAsync(
            new CopyObjectRequest { SourceBucket = bucket, SourceKey = source, DestinationBucket = bucket, DestinationKey = key }, limit),
        async (client, part, limit) => (await client.CopyPartAsync(
            new CopyPartRequest
            {
                SourceBucket = bucket,
                SourceKey = source,
                DestinationBucket = bucket,
                DestinationKey = key,
                UploadId = part.UploadId,
                PartNumber = part.Number,
                FirstByte = part.Position,
                LastByte = part.Position + part.Size - 1,
            }, limit)).ETag,
        token);

    /// <summary>The Content-MD5 of a stretch of a file: a bucket that locks its objects takes nothing without, and every store compares it.</summary>
    [SuppressMessage("Security", "CA5351", Justification = "Against damage on the way, not against attackers; the header knows no other.")]
    private static async Task<string> DigestAsync(string file, long position, long size, CancellationToken token)
    {
        await using var stream = File.OpenRead(file);
        stream.Position = position;
        using var digest = IncrementalHash.CreateHash(HashAlgorithmName.MD5);
        var buffer = new byte[81_920];
        while (size > 0)
        {
            var count = await stream.ReadAtLeastAsync(buffer.AsMemory(0, (int)Math.Min(size, buffer.Length)), 1, cancellationToken: token);
            digest.AppendData(buffer.AsSpan(0, count));
            size -= count;
        }

        return Convert.ToBase64String(digest.GetHashAndReset());
    }

    /// <param name="whole">Stores all of it.</param>
    /// <param name="send">Stores one part of it, and gives its ETag.</param>
    private Task StoreAsync<T>(
        string key, long size, Func<IAmazonS3, CancellationToken, Task<T>> whole, Func<IAmazonS3, Part, CancellationToken, Task<string>> send,
        CancellationToken token) =>
        size <= PartSize ? s3.CallAsync("storing a backup", whole, token) : InPartsAsync(key, size, send, token);

    /// <summary>What a failure leaves half-done is not listed, and cleared away by a later run.</summary>
    private async Task InPartsAsync(
        string key, long size, Func<IAmazonS3, Part, CancellationToken, Task<string>> send, CancellationToken token)
    {
        const string What = "storing a part of a backup";
        var upload = await s3.CallAsync(What, (client, limit) =>
            client.InitiateMultipartUploadAsync(new InitiateMultipartUploadRequest { BucketName = bucket, Key = key }, limit), token);
        var partSize = Math.Max(PartSize, (size + MaxParts - 1) / MaxParts);
        var sent = new List<PartETag>();
        for (var position = 0L; position < size; position += partSize)
        {
            var part = new Part(upload.UploadId, sent.Count + 1, position, Math.Min(partSize, size - position));
            sent.Add(new PartETag(part.Number, await s3.CallAsync(What, (client, limit) => send(client, part, limit), token)));
        }

        await s3.CallAsync(What, (client, limit) => client.CompleteMultipartUploadAsync(
            new CompleteMultipartUploadRequest { BucketName = bucket, Key = key, UploadId = upload.UploadId, PartETags = sent }, limit), token);
    }
}
