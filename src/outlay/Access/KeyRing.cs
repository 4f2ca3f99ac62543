using System.Collections.Concurrent;
using Outlay.Storage;

namespace Outlay.Access;

/// <summary>
/// Tells whether a key is good, without asking the database for every request: what it said is believed for <see cref="Memory"/>. So a
/// key that is revoked, on whatever instance, is refused within 5 s.
/// </summary>
internal sealed class KeyRing(Database database, TimeProvider clock)
{
    /// <summary>How long an answer of the database is believed. The rest of the 5 s is for the answer to arrive.</summary>
    public static readonly TimeSpan Memory = TimeSpan.FromSeconds(4);

    /// <summary>How many keys are remembered at once.</summary>
    private const int Capacity = 10_000;

    private readonly ConcurrentDictionary<string, (ApiKey Key, DateTimeOffset ReadAt)> _known = new(StringComparer.Ordinal);
    private Existence? _existence;
    private ConcurrentDictionary<long, DateTimeOffset> _used = new();

    /// <summary>The key that a request carries; null for one that is not known, has expired or was revoked.</summary>
    public async Task<ApiKey?> FindAsync(string text, CancellationToken token)
    {
        var now = clock.GetUtcMilliseconds();
        var hash = KeySecret.Hash(text);
        var name = Name(hash);
        var key = _known.TryGetValue(name, out var known) && IsFresh(known.ReadAt, now) ? known.Key : await ReadAsync(name, hash, now, token);
        if (key is null || !KeySecret.AreSame(key.Hash, hash) || key.StateAt(now) is not KeyState.Active)
            return null;
        _used[key.Id] = now;
        return key;
    }

    /// <summary>Whether a key is one that there was when the database was asked last: whoever sends it is not guessing.</summary>
    public bool HasSeen(string text) => _known.ContainsKey(Name(KeySecret.Hash(text)));

    /// <summary>Whether there ever was a key. From then on nobody is anonymous: that the last key was revoked must not open what it closed.</summary>
    public async Task<bool> AnyAsync(CancellationToken token)
    {
        var now = clock.GetUtcMilliseconds();
        var known = _existence;
        if (known is not { Any: true } && !(known is not null && IsFresh(known.ReadAt, now)))
            _existence = known = new Existence(await database.ReadAsync(OwnerScope.All, connection => KeyStore.AnyAsync(connection, token), token), now);
        return known.Any;
    }

    /// <summary>Forgets what the database has said: this instance knows that it has changed.</summary>
    public void Forget()
    {
        _known.Clear();
        _existence = null;
    }

    /// <summary>Stores when keys were used, those since the last time.</summary>
    public async Task StoreUsesAsync(CancellationToken token)
    {
        var used = Interlocked.Exchange(ref _used, new ConcurrentDictionary<long, DateTimeOffset>());
        if (used.IsEmpty)
            return;
        await database.WriteAsync(OwnerScope.All, async connection =>
        {
            // In the order of the ids, so that two instances never wait for each other in a circle.
            foreach (var (id, at) in used.OrderBy(use => use.Key))
                await KeyStore.TouchAsync(connection, id, at, token);
            return used.Count;
        }, token);
    }

    private async Task<ApiKey?> ReadAsync(string name, byte[] hash, DateTimeOffset now, CancellationToken token)
    {
        var key = await database.ReadAsync(OwnerScope.All, connection => KeyStore.FindAsync(connection, hash, token), token);
        // Keys that do not exist are not remembered: anybody can make up as many as there is memory.
        if (key is null)
            _known.TryRemove(name, out _);
        else if (_known.Count < Capacity || _known.ContainsKey(name))
            _known[name] = (key, now);
        else
            _known.Clear();
        return key;
    }

    private static string Name(byte[] hash) => Convert.ToBase64String(hash);

    /// <summary>A clock that was set back makes nothing last longer.</summary>
    private static bool IsFresh(DateTimeOffset readAt, DateTimeOffset now) => now >= readAt && now - readAt < Memory;

    /// <summary>Whether there was any key, at a moment.</summary>
    private sealed record Existence(bool Any, DateTimeOffset ReadAt);
}
