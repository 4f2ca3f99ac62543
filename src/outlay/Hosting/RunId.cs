namespace Outlay.Hosting;

/// <summary>Tells this process apart from every other: in its log lines and in its problem answers.</summary>
/// <param name="Value">A UUID of version 7 (RFC 9562) without hyphens.</param>
internal sealed record RunId(string Value)
{
    public static RunId New(TimeProvider clock) => new(Guid.CreateVersion7(clock.GetUtcNow()).ToString("N"));
}
