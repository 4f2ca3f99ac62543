using Amazon.Runtime;

namespace Outlay.Backup;

/// <summary>The key to an object store, as it is when a request is signed.</summary>
internal sealed class S3Credentials(Secret accessKey, Secret secretKey) : AWSCredentials
{
    public override ImmutableCredentials GetCredentials() => new(accessKey.Read(), secretKey.Read(), null);
}
