using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Outlay.Telemetry;

/// <summary>Where everything comes from that Outlay tells about itself: one meter for figures, one source for spans.</summary>
internal static class Signals
{
    /// <summary>The name of the meter and of the source.</summary>
    public const string Name = "outlay";

    /// <summary>For what a process counts, whichever part of it does. What can be looked at while it is there belongs to <see cref="IMeterFactory"/> instead.</summary>
    public static readonly Meter Meter = new(Name, Product.Version);

    /// <summary>Gives no span, at no cost, unless spans are exported.</summary>
    public static readonly ActivitySource Source = new(Name, Product.Version);

    /// <summary>A meter whose figures end with the host.</summary>
    public static Meter OfHost(this IMeterFactory factory) => factory.Create(Name, Product.Version);

    /// <summary>Marks a span as failed, with the kind of the failure and none of its words, which can quote what somebody typed.</summary>
    public static void Fail(this Activity span, Exception exception)
    {
        var safe = SafeException.Of(exception);
        span.SetTag("error.type", safe.Code ?? safe.Type);
        span.SetStatus(ActivityStatusCode.Error);
    }
}
