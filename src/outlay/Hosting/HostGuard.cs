using System.Net;

namespace Outlay.Hosting;

/// <summary>
/// Where nobody is asked for a key, refuses requests under a name that a stranger could let point to this machine: a page of the stranger would reach the
/// service through the browser of somebody who is let in, and the browser would take it for a page of the service (DNS rebinding).
/// </summary>
internal sealed class HostGuard(RequestDelegate next, Settings settings)
{
    private readonly HashSet<string> _ownNames = new(
        ["localhost", "127.0.0.1", "[::1]", settings.Listen.Host, .. settings.ManagementIsOnLoopback ? [settings.Management!.Host] : Array.Empty<string>()], StringComparer.OrdinalIgnoreCase);

    private readonly HashSet<string> _allowed = new(settings.Access.AllowedHosts, StringComparer.OrdinalIgnoreCase);

    public Task InvokeAsync(HttpContext context)
    {
        if (IsSafe(context))
            return next(context);
        Problems.Refuse(context, new AppException(ErrorCode.InvalidInput,
            "The request is not valid: its Host header names no address of this service. A name that is right belongs into ALLOWED_HOSTS"));
        return Task.CompletedTask;
    }

    private bool IsSafe(HttpContext context)
    {
        var host = context.Request.Host.Host;
        // No browser leaves it out.
        if (host.Length == 0 || _allowed.Contains(host))
            return true;
        var (isLocal, asksForNoKey) = ManagementPort.Took(context) ? (settings.ManagementIsOnLoopback, false) : (settings.IsPrivate, settings.Access.AllowAnonymous);
        return isLocal ? _ownNames.Contains(host) : !asksForNoKey || IsOfThisNetwork(host);
    }

    /// <summary>Whether nobody outside can have the name: an address, a name without a dot, or one of multicast DNS (RFC 6762).</summary>
    private static bool IsOfThisNetwork(string host) =>
        !host.Contains('.') || host.EndsWith(".local", StringComparison.OrdinalIgnoreCase) || IPAddress.TryParse(host, out _);
}
