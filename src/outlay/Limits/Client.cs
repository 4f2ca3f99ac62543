using Outlay.Access;

namespace Outlay.Limits;

/// <summary>Whom a request is counted for.</summary>
internal static class Client
{
    /// <summary>The key, the person, or the address where nobody says who they are; null for an administrator, and for whoever is alone on the machine.</summary>
    public static string? Of(HttpContext context, Settings settings) => context.Features.Get<Identity>() switch
    {
        null => null,
        var identity when identity == Identity.Administrator => null,
        var identity when identity != Identity.Anonymous => identity.Actor,
        _ => settings.IsPrivate ? null : ClientAddress.Of(context),
    };
}
