using System.Diagnostics;
using Microsoft.AspNetCore.Http.Features;
using Outlay.Access;
using Outlay.Expenses;

namespace Outlay.Http;

/// <summary>Who sends a request.</summary>
internal static class Callers
{
    /// <summary>Whose book a request is about. Throws <see cref="InvalidOperationException"/> where nobody has asked who it is.</summary>
    public static string Owner(this HttpContext context) => context.Features.GetRequiredFeature<Identity>().Owner;

    /// <summary>
    /// The caller of a request that changes something, with its Idempotency-Key if it sent one.
    /// Throws <see cref="ErrorCode.InvalidInput"/> for a key that is none.
    /// </summary>
    /// <param name="status">The status of the answer when the change is made.</param>
    /// <param name="body">What the request carries.</param>
    public static Caller Caller(this HttpContext context, int status, ReadOnlyMemory<byte> body)
    {
        var identity = context.Features.GetRequiredFeature<Identity>();
        return new Caller(identity.Owner, identity.Actor, Activity.Current?.TraceId.ToHexString(), IdempotencyHeader.Read(context, status, body.Span));
    }
}
