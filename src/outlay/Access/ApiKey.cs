namespace Outlay.Access;

/// <summary>A key as it is stored: everything about it but the key itself.</summary>
/// <param name="Prefix">How the key begins: enough to tell keys apart, too little to guess one.</param>
/// <param name="Hash">SHA-256 of the key.</param>
/// <param name="ExpiresAt">From when on it is not taken any more; null for never.</param>
/// <param name="LastUsedAt">When it was last taken, to about a minute; null for never.</param>
/// <param name="RevokedAt">When somebody took it back; null while it holds.</param>
internal sealed record ApiKey(
    long Id, string Owner, string Name, string Prefix, byte[] Hash, Scopes Scopes,
    DateTimeOffset CreatedAt, DateTimeOffset? ExpiresAt, DateTimeOffset? LastUsedAt, DateTimeOffset? RevokedAt)
{
    public KeyState StateAt(DateTimeOffset now) => RevokedAt is not null ? KeyState.Revoked : ExpiresAt <= now ? KeyState.Expired : KeyState.Active;
}

internal enum KeyState
{
    Active,
    Expired,
    Revoked,
}

internal static class KeyStateNames
{
    public static string Name(this KeyState state) => state switch
    {
        KeyState.Active => "active",
        KeyState.Expired => "expired",
        _ => "revoked",
    };
}

/// <summary>A key that was just made.</summary>
/// <param name="Text">The key itself: shown once, and stored nowhere.</param>
internal sealed record IssuedKey(ApiKey Key, string Text)
{
    /// <summary>Whether its owner was made with it.</summary>
    public bool MadeOwner { get; init; }

    /// <summary>Whether there never was a key before: from now on nobody gets in without one.</summary>
    public bool IsFirst { get; init; }

    /// <summary>The key in whose place it is, and how long that one holds; null for a key of its own.</summary>
    public ApiKey? Replaces { get; init; }
}

/// <summary>A key as somebody asks for it, before it is checked.</summary>
/// <param name="Owner">Whose book it opens.</param>
/// <param name="Name">What its owner calls it; null for <see cref="KeyService.DefaultName"/>.</param>
/// <param name="Scopes">Like <c>read,write</c>; null for these two.</param>
/// <param name="Lifetime">How long it holds, like 90d; null for ever.</param>
internal sealed record KeyDraft(string? Owner, string? Name, string? Scopes, string? Lifetime);
