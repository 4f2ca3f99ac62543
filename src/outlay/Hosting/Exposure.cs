using Outlay.Access;

namespace Outlay.Hosting;

/// <summary>Refuses to serve others while nobody could be let in: whoever starts the service so has probably forgotten something.</summary>
internal sealed class Exposure(Settings settings, KeyService keys, TimeProvider clock)
{
    /// <summary>Whether the settings let nobody in who has no key, although others can reach the server.</summary>
    public static bool NeedsKey(Settings settings) =>
        !settings.IsPrivate && settings.Access is not ({ AllowAnonymous: true } or { AuthHeader: not null } or { AdminSecret: not null });

    /// <summary>By what others reach the server, as the beginning of a sentence.</summary>
    public static string Reach(Settings settings) =>
        $"LISTEN is {settings.Listen}{(settings.ListensOnLoopback ? " behind TRUSTED_PROXIES" : "")}, which other machines can reach";

    /// <summary>Throws <see cref="ErrorCode.BadConfiguration"/> with the ways there are.</summary>
    public async Task CheckAsync(CancellationToken token)
    {
        if (!NeedsKey(settings))
            return;
        var now = clock.GetUtcNow();
        if ((await keys.ListAsync(owner: null, token)).Exists(key => key.StateAt(now) is KeyState.Active))
            return;
        throw new AppException(ErrorCode.BadConfiguration,
            $"{Reach(settings)}, and no key exists: nobody could use it. " +
            "Make a key with outlay keys create; or set ADMIN_SECRET, with which keys are made over HTTP; or listen on http://127.0.0.1:8000. " +
            "ALLOW_ANONYMOUS=true lets everybody read and change every expense of the owner default.");
    }
}
