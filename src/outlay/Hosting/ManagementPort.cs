using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Outlay.Hosting;

/// <summary>
/// With MANAGEMENT_LISTEN, answers what is for whoever runs the service only there, and nothing else there. It decides by the socket that a
/// request came through, which no header can claim, and before routing, so that nothing tells what there is on the other side.
/// </summary>
internal sealed class ManagementPort(RequestDelegate next)
{
    private static readonly PathString[] s_paths = ["/metrics", "/livez", "/readyz", "/startupz", "/admin"];

    /// <summary>What the errors of both sides lead to.</summary>
    private static readonly PathString s_problems = "/problems";

    /// <summary>Has requests through this socket known as such.</summary>
    public static void Mark(ListenOptions socket) => socket.Use(connect => connection =>
    {
        connection.Features.Set(new ManagementConnection());
        return connect(connection);
    });

    /// <summary>Whether a request came through the management port.</summary>
    public static bool Took(HttpContext context) => context.Features.Get<ManagementConnection>() is not null;

    public Task InvokeAsync(HttpContext context)
    {
        var path = context.Request.Path;
        if (path.StartsWithSegments(s_problems) || Took(context) == Array.Exists(s_paths, own => path.StartsWithSegments(own)))
            return next(context);
        if (Took(context))
            Problems.Refuse(context, new AppException(ErrorCode.NotFound, $"There is nothing at this address; what there is: {string.Join(", ", s_paths)}"));
        else
            context.Response.StatusCode = StatusCodes.Status404NotFound;
        return Task.CompletedTask;
    }

    private sealed class ManagementConnection;
}
