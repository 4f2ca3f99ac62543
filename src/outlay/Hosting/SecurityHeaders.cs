using System.Security.Cryptography;
using System.Text;

namespace Outlay.Hosting;

/// <summary>
/// Tells browsers to load nothing for an answer but what it names, to show none inside a page of another site, where clicks could be
/// stolen, and to guess no type.
/// </summary>
internal sealed class SecurityHeaders(RequestDelegate next)
{
    private const string Nothing = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    /// <summary>The interactive documentation: its own files, its calls, and the styles and pictures that its scripts write into it.</summary>
    private const string Docs = $"{Nothing}; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'";

    public Task InvokeAsync(HttpContext context)
    {
        var headers = context.Response.Headers;
        headers.ContentSecurityPolicy = context.Request.Path.StartsWithSegments("/docs") ? Docs : Nothing;
        headers.XFrameOptions = "DENY";
        headers.XContentTypeOptions = "nosniff";
        // RFC 6797: a year. Not for the name that all programs on a machine share.
        if (context.Request.IsHttps && context.Request.Host.Host != "localhost")
            headers.StrictTransportSecurity = "max-age=31536000";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        return next(context);
    }

    /// <summary>The policy of a page whose only style stands in it.</summary>
    /// <param name="page">The whole page.</param>
    public static string ForPage(string page)
    {
        const string Begin = "<style>";
        var style = page[(page.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length)..page.IndexOf("</style>", StringComparison.Ordinal)];
        return $"{Nothing}; style-src 'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(style)))}'";
    }
}
