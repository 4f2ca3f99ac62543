using Outlay.Access;
using Outlay.Http;
using Outlay.Limits;

namespace Outlay.Hosting;

/// <summary>
/// Finds out who sends a request, and whether they may, before anything of anybody is touched. What needs no database holds nothing of
/// anybody and is open to all; every other address is closed unless it is opened here.
/// </summary>
internal sealed class Authentication(RequestDelegate next, Settings settings, KeyRing keys, OwnerService owners)
{
    private readonly string _vary = string.Join(", ", [Credentials.KeyHeader, "Authorization", .. settings.Access.AuthHeader is { } header ? [header] : Array.Empty<string>()]);

    public async Task InvokeAsync(HttpContext context)
    {
        if (context.GetEndpoint() is RouteEndpoint endpoint && endpoint.Metadata.GetMetadata<NeedsNoDatabase>() is null)
        {
            // What is answered to one must not be kept by a cache for another.
            context.Response.Headers.CacheControl = "private, no-cache";
            context.Response.Headers.Vary = _vary;
            context.Features.Set(endpoint.Metadata.GetMetadata<ForAdministrators>() is null
                ? await AdmitAsync(context)
                : await AdmitAdministratorAsync(context));
        }

        await next(context);
    }

    private async Task<Identity> AdmitAsync(HttpContext context)
    {
        var identity = await IdentifyAsync(context);
        var needed = HttpMethods.IsGet(context.Request.Method) || HttpMethods.IsHead(context.Request.Method) ? Scopes.Read : Scopes.Write;
        return identity.Scopes.HasFlag(needed) ? identity : throw Credentials.Lacks(needed);
    }

    private async Task<Identity> AdmitAdministratorAsync(HttpContext context)
    {
        var request = context.Request;
        if (request.Headers.ContainsKey(Credentials.SecretHeader))
            return Credentials.HasSecret(request, settings.Access)
                ? Identity.Administrator
                : throw new AppException(ErrorCode.Forbidden, $"{Credentials.SecretHeader} is not right");
        if (Credentials.Key(request) is not { } text)
            throw new AppException(ErrorCode.Forbidden, $"This needs {Credentials.SecretHeader}, or a key with the scope {Scopes.Admin.Text()}");
        var identity = await IdentifyKeyAsync(context, text);
        return identity.Scopes.HasFlag(Scopes.Admin) ? identity : throw Credentials.Lacks(Scopes.Admin);
    }

    private async Task<Identity> IdentifyAsync(HttpContext context)
    {
        var key = Credentials.Key(context.Request);
        if (await IdentifyPersonAsync(context) is { } person)
            return key is null ? person : throw Credentials.Refused($"{settings.Access.AuthHeader} and a key both say who this is: send one of them", "invalid_request");
        if (key is not null)
            return await IdentifyKeyAsync(context, key);
        // Whoever can reach only the loopback has the machine, and with it the book; until somebody makes a key.
        if (settings.Access.AllowAnonymous || (settings.IsPrivate && !await keys.AnyAsync(context.RequestAborted)))
            return Identity.Anonymous;
        throw Credentials.Refused($"This needs a key: send it in {Credentials.KeyHeader}, or as Authorization: Bearer", error: null);
    }

    private async Task<Identity> IdentifyKeyAsync(HttpContext context, string text) =>
        await FindAsync(context, text) is { } key
            ? Identity.Of(key)
            : throw Credentials.Refused("The key is not known, has expired or was revoked", "invalid_token");

    /// <summary>The database is asked only as often as the address may be wrong, also when it sends many keys at once.</summary>
    private async Task<ApiKey?> FindAsync(HttpContext context, string text)
    {
        if (context.Features.Get<RefusalBudget>() is not { } budget || keys.HasSeen(text))
            return await keys.FindAsync(text, context.RequestAborted);
        budget.Spend();
        var isRefused = false;
        try
        {
            var key = await keys.FindAsync(text, context.RequestAborted);
            isRefused = key is null;
            return key;
        }
        finally
        {
            if (!isRefused)
                budget.GiveBack();
        }
    }

    /// <summary>The person whom a trusted proxy names; null when there is none. A name from anywhere else is refused, not passed over.</summary>
    private async Task<Identity?> IdentifyPersonAsync(HttpContext context)
    {
        if (settings.Access.AuthHeader is not { } header || context.Request.Headers[header] is not { Count: > 0 } names)
            return null;
        if (!TrustedProxies.Sent(context))
            throw new AppException(ErrorCode.Forbidden, $"{header} is believed only from the addresses in TRUSTED_PROXIES");
        if (names.Count > 1)
            throw new AppException(ErrorCode.InvalidInput, $"{header} must name one person");
        // The sign-on tells such names apart from those without; here they would be one owner.
        if (names[0] is { } name && name.Length != name.Trim().Length)
            throw new AppException(ErrorCode.InvalidInput, $"{header} must name a person without white space around the name");
        var owner = OwnerService.Check(names[0]);
        await owners.EnsureAsync(owner, context.RequestAborted);
        return Identity.OfPerson(owner);
    }
}
