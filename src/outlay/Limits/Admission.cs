namespace Outlay.Limits;

/// <summary>The place that a request has among those that use the database.</summary>
internal sealed class Admission(IDisposable place)
{
    private readonly IDisposable _place = place;

    /// <summary>Gives it back before the request ends, for one that is long and has limits of its own.</summary>
    public static void Leave(HttpContext context) => context.Features.Get<Admission>()?._place.Dispose();
}
