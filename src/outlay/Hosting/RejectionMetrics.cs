using System.Diagnostics.Metrics;
using Outlay.Telemetry;

namespace Outlay.Hosting;

/// <summary>Counts the requests that were answered with a problem.</summary>
internal static class RejectionMetrics
{
    private static readonly Counter<long> s_rejections = Signals.Meter.CreateCounter<long>(
        "outlay.rejections", "{request}", "Requests that were answered with a problem, by its code");

    /// <summary>Makes every series be there from the start.</summary>
    public static void Begin()
    {
        foreach (var code in Enum.GetValues<ErrorCode>().Where(code => ErrorTable.Of(code).HttpStatus >= 400))
            s_rejections.Add(0, Tag(code));
    }

    public static void Rejected(ErrorCode code) => s_rejections.Add(1, Tag(code));

    private static KeyValuePair<string, object?> Tag(ErrorCode code) => new("code", ErrorTable.Of(code).Slug);
}
