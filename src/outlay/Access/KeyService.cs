using System.Data.Common;
using Outlay.Expenses;
using Outlay.Storage;

namespace Outlay.Access;

/// <summary>Makes, lists, rotates and revokes keys.</summary>
internal sealed class KeyService(Database database, TimeProvider clock)
{
    public const int MaxNameLength = 64;

    public const string DefaultName = "key";

    /// <summary>How long a key holds on after it was rotated, unless somebody says otherwise.</summary>
    public static readonly TimeSpan DefaultOverlap = TimeSpan.FromHours(24);

    /// <summary>The longest lifetime, and the longest overlap.</summary>
    public static readonly TimeSpan MaxLifetime = TimeSpan.FromDays(36_500);

    /// <summary>Makes a key, and its owner if there is none yet. Throws <see cref="ErrorCode.InvalidInput"/> with every fault.</summary>
    public Task<IssuedKey> CreateAsync(KeyDraft draft, CancellationToken token)
    {
        var faults = new Faults();
        var now = clock.GetUtcMilliseconds();
        var owner = OwnerService.Check(draft.Owner, faults);
        var name = draft.Name?.Trim() ?? DefaultName;
        if (name.Length == 0)
            faults.Add("name", "A key must have a name");
        ExpenseRules.CheckText("name", "The name of a key", name, MaxNameLength, allowLines: false, faults);
        var scopes = ScopeText.Everything;
        if (draft.Scopes is { } text && !ScopeText.TryParse(text, out scopes))
            faults.Add("scopes", "'scopes' must be some of read, write and admin, with commas between them");
        var expires = draft.Lifetime is { } lifetime ? now + ReadDuration("expires_in", lifetime, TimeSpan.FromSeconds(1), faults) : (DateTimeOffset?)null;
        faults.ThrowIfAny();

        return database.WriteAsync(OwnerScope.All, async connection =>
        {
            var isFirst = !await KeyStore.AnyAsync(connection, token);
            var madeOwner = await OwnerStore.InsertAsync(connection, new Owner(owner, null), token) > 0;
            return await IssueAsync(connection, owner, name, scopes, now, expires, token) with { IsFirst = isFirst, MadeOwner = madeOwner };
        }, token);
    }

    /// <param name="owner">Null for the keys of all.</param>
    public Task<List<ApiKey>> ListAsync(string? owner, CancellationToken token) =>
        database.ReadAsync(OwnerScope.All, connection => KeyStore.ListAsync(connection, owner, token), token);

    /// <summary>Throws <see cref="ErrorCode.NotFound"/>.</summary>
    public async Task<ApiKey> GetAsync(long id, CancellationToken token) =>
        await database.ReadAsync(OwnerScope.All, connection => KeyStore.FindAsync(connection, id, token), token) ?? throw NotFound(id);

    /// <summary>
    /// Makes a key in the place of another, with the same owner, name, scopes and lifetime; the old one holds on for the overlap.
    /// Throws <see cref="ErrorCode.NotFound"/>, <see cref="ErrorCode.InvalidInput"/>, or <see cref="ErrorCode.Conflict"/> for a key that does not hold any more.
    /// </summary>
    /// <param name="overlap">Like 24h; null for <see cref="DefaultOverlap"/>.</param>
    public Task<IssuedKey> RotateAsync(long id, string? overlap, CancellationToken token)
    {
        var faults = new Faults();
        var now = clock.GetUtcMilliseconds();
        var end = now + (overlap is null ? DefaultOverlap : ReadDuration("overlap", overlap, TimeSpan.Zero, faults));
        faults.ThrowIfAny();

        return database.WriteAsync(OwnerScope.All, async connection =>
        {
            var old = await KeyStore.FindAsync(connection, id, token) ?? throw NotFound(id);
            if (old.StateAt(now) is not KeyState.Active and var state)
                throw new AppException(ErrorCode.Conflict, $"Key {id} is {state.Name()}: make a new one");
            var ends = old.ExpiresAt < end ? old.ExpiresAt.Value : end;
            await KeyStore.ExpireAsync(connection, id, ends, token);
            var issued = await IssueAsync(connection, old.Owner, old.Name, old.Scopes, now, now + (old.ExpiresAt - old.CreatedAt), token);
            return issued with { Replaces = old with { ExpiresAt = ends } };
        }, token);
    }

    /// <summary>Takes a key back, for good; one that was taken back stays so. Throws <see cref="ErrorCode.NotFound"/>.</summary>
    public Task<ApiKey> RevokeAsync(long id, CancellationToken token) =>
        database.WriteAsync(OwnerScope.All, async connection =>
        {
            await KeyStore.RevokeAsync(connection, id, clock.GetUtcMilliseconds(), token);
            return await KeyStore.FindAsync(connection, id, token) ?? throw NotFound(id);
        }, token);

    private static async Task<IssuedKey> IssueAsync(
        DbConnection connection, string owner, string name, Scopes scopes, DateTimeOffset now, DateTimeOffset? expires, CancellationToken token)
    {
        var text = KeySecret.Create();
        var key = new ApiKey(0, owner, name, KeySecret.Prefix(text), KeySecret.Hash(text), scopes, now, expires, null, null);
        return new IssuedKey(key with { Id = await KeyStore.InsertAsync(connection, key, token) }, text);
    }

    private static TimeSpan ReadDuration(string field, string text, TimeSpan min, Faults faults)
    {
        if (DurationText.TryParse(text, out var duration) && duration >= min && duration <= MaxLifetime)
            return duration;
        faults.Add(field, $"'{field}' must be a number and a unit, like 15m, 24h or 90d, and at most {DurationText.Of(MaxLifetime)}");
        return default;
    }

    private static AppException NotFound(long id) => new(ErrorCode.NotFound, $"There is no key {id}") { Hint = "outlay keys list shows the keys there are." };
}
