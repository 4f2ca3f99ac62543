namespace Outlay.Hosting;

/// <summary>
/// Refuses changes that a page of another site asks a browser to make: without keys, or behind a sign-on, the browser of the owner could be made
/// to change the book. Browsers tell by Sec-Fetch-Site (W3C Fetch Metadata), which
/// holds behind a proxy that changes the Host too, and older ones by Origin; programs send neither.
/// </summary>
internal sealed class CrossSiteGuard(RequestDelegate next)
{
    public Task InvokeAsync(HttpContext context) =>
        HttpMethods.IsGet(context.Request.Method) || HttpMethods.IsHead(context.Request.Method) || !IsFromAnotherSite(context.Request)
            ? next(context)
            : throw new AppException(ErrorCode.Forbidden, "A page of another site may not change anything here");

    private static bool IsFromAnotherSite(HttpRequest request) => request.Headers["Sec-Fetch-Site"].ToString() switch
    {
        // An older browser.
        "" => HasForeignOrigin(request),
        "same-origin" or "none" => false,
        _ => true,
    };

    /// <summary>The scheme makes no difference: whatever ends TLS in front of the service speaks http to it.</summary>
    private static bool HasForeignOrigin(HttpRequest request) =>
        request.Headers.Origin is [{ } origin] &&
        !(Uri.TryCreate(origin, UriKind.Absolute, out var site) && string.Equals(site.Authority, request.Host.Value, StringComparison.OrdinalIgnoreCase));
}
