using System.Collections.Concurrent;
using Outlay.Expenses;
using Outlay.Storage;

namespace Outlay.Access;

/// <summary>Whose books there are. An owner stays for ever, as the history does that names it.</summary>
internal sealed class OwnerService(Database database, TimeProvider clock)
{
    public const int MaxNameLength = 64;

    /// <summary>Stands for all owners where the database is told whose rows may be seen.</summary>
    private const string Everybody = "*";

    /// <summary>How many owners are remembered at once.</summary>
    private const int Capacity = 10_000;

    private readonly ConcurrentDictionary<string, DateTimeOffset> _seen = new(StringComparer.Ordinal);

    public Task<List<Owner>> ListAsync(CancellationToken token) =>
        database.ReadAsync(OwnerScope.All, connection => OwnerStore.ListAsync(connection, token), token);

    /// <summary>Throws <see cref="ErrorCode.InvalidInput"/>, or <see cref="ErrorCode.NotFound"/>.</summary>
    public async Task<Owner> GetAsync(string name, CancellationToken token)
    {
        var owner = Check(name);
        return await database.ReadAsync(OwnerScope.Of(owner), connection => OwnerStore.FindAsync(connection, owner, token), token) ?? throw NotFound(owner);
    }

    /// <summary>Makes an owner. Throws <see cref="ErrorCode.InvalidInput"/>, or <see cref="ErrorCode.Conflict"/> when there is one of that name.</summary>
    public async Task<Owner> CreateAsync(string name, Currency? currency, CancellationToken token)
    {
        var owner = new Owner(Check(name), currency?.Code);
        return await database.WriteAsync(OwnerScope.All, connection => OwnerStore.InsertAsync(connection, owner, token), token) > 0
            ? owner
            : throw new AppException(ErrorCode.Conflict, $"There is an owner {owner.Name} already");
    }

    /// <summary>Makes an owner unless it is there; one that was seen lately is taken to be there.</summary>
    public async Task EnsureAsync(string name, CancellationToken token)
    {
        var now = clock.GetUtcNow();
        if (_seen.TryGetValue(name, out var seen) && now >= seen && now - seen < KeyRing.Memory)
            return;
        if (await database.ReadAsync(OwnerScope.Of(name), connection => OwnerStore.FindAsync(connection, name, token), token) is null)
            await database.WriteAsync(OwnerScope.Of(name), connection => OwnerStore.InsertAsync(connection, new Owner(name, null), token), token);
        if (_seen.Count >= Capacity)
            _seen.Clear();
        _seen[name] = now;
    }

    /// <summary>Sets the currency of expenses that name none; those that are stored keep theirs. Throws as <see cref="GetAsync"/> does.</summary>
    public async Task<Owner> SetCurrencyAsync(string name, Currency currency, CancellationToken token)
    {
        var owner = new Owner(Check(name), currency.Code);
        return await database.WriteAsync(OwnerScope.Of(owner.Name), connection => OwnerStore.SetCurrencyAsync(connection, owner, token), token) > 0
            ? owner
            : throw NotFound(owner.Name);
    }

    /// <summary>The name of an owner as it is stored. Throws <see cref="ErrorCode.InvalidInput"/>.</summary>
    public static string Check(string? name)
    {
        var faults = new Faults();
        var owner = Check(name, faults);
        faults.ThrowIfAny();
        return owner;
    }

    /// <summary>As the other, but collects what is wrong.</summary>
    public static string Check(string? name, Faults faults)
    {
        var owner = name?.Trim() ?? "";
        if (owner.Length == 0)
            faults.Add("owner", "An owner must have a name");
        else if (owner == Everybody)
            faults.Add("owner", $"An owner cannot be called {Everybody}");
        else
            ExpenseRules.CheckText("owner", "The name of an owner", owner, MaxNameLength, allowLines: false, faults);
        return owner;
    }

    private static AppException NotFound(string name) => new(ErrorCode.NotFound, $"There is no owner {name}")
    {
        Hint = $"outlay owners list shows those there are; outlay owners create '{name}' makes this one.",
    };
}
