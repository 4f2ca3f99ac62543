using System.Diagnostics;
using Outlay.Expenses;

namespace Outlay.Http;

/// <summary>Who sends a request.</summary>
internal static class Callers
{
    /// <summary>The caller of a request; anonymous while no keys exist.</summary>
    public static Caller Caller(this HttpContext context) =>
        new(ExpenseService.DefaultOwner, "anonymous", Activity.Current?.TraceId.ToHexString());
}
