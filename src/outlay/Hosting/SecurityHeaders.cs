namespace Outlay.Hosting;

/// <summary>Tells browsers to show no answer inside a page of another site, where clicks could be stolen, and to guess no type.</summary>
internal sealed class SecurityHeaders(RequestDelegate next)
{
    public Task InvokeAsync(HttpContext context)
    {
        var headers = context.Response.Headers;
        headers.ContentSecurityPolicy = "frame-ancestors 'none'";
        headers.XFrameOptions = "DENY";
        headers.XContentTypeOptions = "nosniff";
        return next(context);
    }
}
