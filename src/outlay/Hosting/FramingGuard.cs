using Microsoft.Net.Http.Headers;

namespace Outlay.Hosting;

/// <summary>
/// Refuses requests whose end two servers could see at two places (RFC 9112, sections 6.1 and 6.3): the rest of one, behind a proxy, could be
/// taken for the request of somebody else. The server itself goes by Transfer-Encoding and passes over the rest.
/// </summary>
internal sealed class FramingGuard(RequestDelegate next)
{
    /// <summary>Where the server puts a Content-Length that came beside Transfer-Encoding.</summary>
    private const string SetAside = "X-Content-Length";

    public Task InvokeAsync(HttpContext context)
    {
        var headers = context.Request.Headers;
        if (headers.TransferEncoding.Count == 0 || IsClear(context.Request))
            return next(context);
        context.Response.Headers.Connection = "close";
        throw new AppException(ErrorCode.InvalidInput,
            $"The request does not say clearly where it ends: send {HeaderNames.TransferEncoding}: chunked alone, or {HeaderNames.ContentLength}");
    }

    private static bool IsClear(HttpRequest request) =>
        !HttpProtocol.IsHttp10(request.Protocol) && !request.Headers.ContainsKey(SetAside) &&
        request.Headers.TransferEncoding is [{ } encoding] && encoding.Equals("chunked", StringComparison.OrdinalIgnoreCase);
}
