namespace Outlay.Access;

/// <summary>Who sends a request, as far as the service knows.</summary>
/// <param name="Owner">Whose book is read and changed.</param>
/// <param name="Actor">What the history calls them; 1 to 128 characters.</param>
/// <param name="Scopes">What they may do.</param>
internal sealed record Identity(string Owner, string Actor, Scopes Scopes)
{
    /// <summary>Whoever comes while no key is asked for.</summary>
    public static readonly Identity Anonymous = new(Expenses.ExpenseService.DefaultOwner, "anonymous", ScopeText.Everything);

    /// <summary>Whoever knows ADMIN_SECRET: it opens no book.</summary>
    public static readonly Identity Administrator = new(Expenses.ExpenseService.DefaultOwner, "administrator", Scopes.Admin);

    public static Identity Of(ApiKey key) => new(key.Owner, $"key {key.Id} {key.Name}", key.Scopes);

    /// <summary>A person whom a sign-on in front of the service has let in.</summary>
    public static Identity OfPerson(string owner) => new(owner, $"person {owner}", ScopeText.Everything);
}
