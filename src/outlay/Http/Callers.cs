using System.Diagnostics;
using Outlay.Expenses;

namespace Outlay.Http;

/// <summary>Who sends a request.</summary>
internal static class Callers
{
    /// <summary>
    /// The caller of a request that changes something, with its key if it sent one; anonymous while no keys of access exist.
    /// Throws <see cref="ErrorCode.InvalidInput"/> for a key that is none.
    /// </summary>
    /// <param name="status">The status of the answer when the change is made.</param>
    /// <param name="body">What the request carries.</param>
    public static Caller Caller(this HttpContext context, int status, ReadOnlyMemory<byte> body) =>
        new(ExpenseService.DefaultOwner, "anonymous", Activity.Current?.TraceId.ToHexString(), IdempotencyHeader.Read(context, status, body.Span));
}
