namespace Outlay.Storage;

/// <summary>
/// Whose rows work on a database may see and change. Every statement names its owner by itself; where the engine can, this is a second wall
/// behind that: a statement that forgets its owner finds nothing.
/// </summary>
internal readonly record struct OwnerScope
{
    private OwnerScope(string setting) => Setting = setting;

    /// <summary>The rows of all owners: for keys, which say who somebody is, and for whatever keeps the whole database.</summary>
    public static OwnerScope All { get; } = new("*");

    /// <summary>What the database is told: a name, or the sign for all.</summary>
    public string Setting { get; }

    public static OwnerScope Of(string owner) => new(owner == All.Setting ? throw new ArgumentException($"No owner is called {owner}.", nameof(owner)) : owner);
}
