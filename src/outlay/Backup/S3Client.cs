using System.Net;
using Amazon;
using Amazon.Runtime;
using Amazon.S3;

namespace Outlay.Backup;

/// <summary>Calls to the object store: each ends within the time that is set, and its failures are told in our words.</summary>
internal sealed class S3Client(S3Settings settings, TimeProvider clock) : IDisposable
{
    /// <summary>On top of the first try, for answers of 500 and above and for broken connections.</summary>
    private const int Retries = 2;

    private readonly AmazonS3Client _client = Connect(settings);

    public string Name { get; } = $"s3://{settings.Bucket}/{settings.Prefix}";

    /// <param name="what">What it is done for, to complete "did not answer while …".</param>
    /// <param name="call">The call; it must pass on the token that it gets.</param>
    /// <param name="token">Ends the call earlier.</param>
    public async Task<T> CallAsync<T>(string what, Func<IAmazonS3, CancellationToken, Task<T>> call, CancellationToken token)
    {
        using var time = new CancellationTokenSource(settings.Timeout, clock);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(token, time.Token);
        try
        {
            return await call(_client, limit.Token);
        }
        catch (Exception e) when (!token.IsCancellationRequested)
        {
            throw time.IsCancellationRequested
                ? new AppException(ErrorCode.Unavailable, $"{Name} did not answer within {settings.Timeout.TotalSeconds} s while {what}.", e)
                : Explain(what, e);
        }
    }

    public void Dispose() => _client.Dispose();

    private static AmazonS3Client Connect(S3Settings settings)
    {
        var config = new AmazonS3Config
        {
            // Other stores know neither buckets in host names nor the checksums that the SDK adds by itself: they refuse the
            // upload, or store the checksums as if they were part of the object.
            ForcePathStyle = settings.Endpoint is not null,
            RequestChecksumCalculation = RequestChecksumCalculation.WHEN_REQUIRED,
            ResponseChecksumValidation = ResponseChecksumValidation.WHEN_REQUIRED,
            Timeout = settings.Timeout,
            RetryMode = RequestRetryMode.Standard,
            MaxErrorRetry = Retries,
        };
        if (settings.Endpoint is null)
        {
            config.RegionEndpoint = RegionEndpoint.GetBySystemName(settings.Region);
        }
        else
        {
            config.ServiceURL = settings.Endpoint.AbsoluteUri;
            config.AuthenticationRegion = settings.Region;
        }

        return settings is { AccessKey: { } accessKey, SecretKey: { } secretKey }
            ? new AmazonS3Client(new S3Credentials(accessKey, secretKey), config)
            : new AmazonS3Client(config);
    }

    /// <summary>The words of the store itself are left out: they may quote what was sent.</summary>
    private AppException Explain(string what, Exception exception) => exception switch
    {
        AppException known => known,
        AmazonS3Exception { ErrorCode: "NoSuchBucket" } => new(ErrorCode.BadConfiguration,
            $"{Name}: there is no bucket of this name at {settings.Endpoint?.Authority ?? "AWS"}. Make it, or correct S3_BACKUP_BUCKET.", exception),
        AmazonS3Exception { StatusCode: HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden } refused => new(ErrorCode.BadConfiguration,
            $"{Name} refused access ({refused.ErrorCode}) while {what}: check S3_BACKUP_ACCESS_KEY, S3_BACKUP_SECRET_KEY and S3_BACKUP_REGION, what the key may do, and the clock of this machine.",
            exception),
        AmazonServiceException { StatusCode: not 0 } answered => new(ErrorCode.Unavailable,
            $"{Name} answered {(int)answered.StatusCode} ({answered.ErrorCode}) while {what}.", exception),
        _ => new(ErrorCode.Unavailable, $"{Name} could not be used while {what}: {Reason(exception)}.", exception),
    };

    private static string Reason(Exception exception) => exception switch
    {
        HttpRequestException { InnerException: { } inner } => SafeException.Of(inner).Reason,
        AmazonClientException { InnerException: { } inner } => Reason(inner),
        AmazonClientException => "no credentials were found",
        _ => SafeException.Of(exception).Reason,
    };
}
