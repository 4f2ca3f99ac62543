using Amazon.S3;
using Amazon.S3.Model;

namespace Outlay.Backup;

/// <summary>
/// Reads an object range by range. Each range is a request of its own, which ends in time and is repeated when the
/// connection breaks; a store that stands still in the middle of an answer is noticed.
/// </summary>
/// <param name="etag">Stands for the bytes of the object: when it is replaced meanwhile, the next range is refused.</param>
internal sealed class S3ReadStream(S3Client s3, string bucket, string key, string etag, long length) : ReadOnlyStream
{
    private const int RangeSize = 4 * 1024 * 1024;
    private const int Tries = 3;

    private readonly byte[] _range = new byte[Math.Min(RangeSize, length)];
    private ReadOnlyMemory<byte> _ready;
    private long _fetched;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        await FillAsync(cancellationToken);
        return Take(buffer.Span);
    }

    public override int Read(Span<byte> buffer)
    {
        // The SDK has no calls that block, and a reader that blocks has no token. The request ends in time all the same.
        FillAsync(CancellationToken.None).GetAwaiter().GetResult();
        return Take(buffer);
    }

    /// <summary>Fetches the next range when the one before it was read.</summary>
    private async Task FillAsync(CancellationToken token)
    {
        if (!_ready.IsEmpty || _fetched == length)
            return;
        var range = _range.AsMemory(0, (int)Math.Min(_range.Length, length - _fetched));
        await s3.CallAsync("reading a backup", (client, limit) => FetchAsync(client, range, limit), token);
        _ready = range;
        _fetched += range.Length;
    }

    private int Take(Span<byte> buffer)
    {
        var count = Math.Min(buffer.Length, _ready.Length);
        _ready.Span[..count].CopyTo(buffer);
        _ready = _ready[count..];
        return count;
    }

    /// <summary>The SDK repeats requests that get no answer, but not reading the body of an answer.</summary>
    private async Task<bool> FetchAsync(IAmazonS3 client, Memory<byte> range, CancellationToken token)
    {
        var request = new GetObjectRequest
        {
            BucketName = bucket,
            Key = key,
            EtagToMatch = etag,
            ByteRange = new ByteRange(_fetched, _fetched + range.Length - 1),
        };
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                using var answer = await client.GetObjectAsync(request, token);
                await answer.ResponseStream.ReadExactlyAsync(range, token);
                return true;
            }
            catch (IOException) when (attempt < Tries)
            {
            }
        }
    }
}
