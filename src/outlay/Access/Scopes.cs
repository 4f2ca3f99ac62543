namespace Outlay.Access;

/// <summary>What somebody may do. None contains another.</summary>
[Flags]
internal enum Scopes
{
    None = 0,

    /// <summary>Read what belongs to one's owner.</summary>
    Read = 1,

    /// <summary>Change it.</summary>
    Write = 2,

    /// <summary>Make, list and revoke the keys of every owner.</summary>
    Admin = 4,
}

/// <summary>How scopes are written: <c>read,write</c>.</summary>
internal static class ScopeText
{
    /// <summary>What somebody may do who is not restricted, on the book of one owner.</summary>
    public const Scopes Everything = Scopes.Read | Scopes.Write;

    private static readonly (string Name, Scopes Scope)[] s_names = [("read", Scopes.Read), ("write", Scopes.Write), ("admin", Scopes.Admin)];

    public static IEnumerable<string> Names(this Scopes scopes) => s_names.Where(entry => scopes.HasFlag(entry.Scope)).Select(entry => entry.Name);

    public static string Text(this Scopes scopes) => string.Join(',', scopes.Names());

    /// <summary>Reads names with commas between them, each once or more often; false for any other word, and for none.</summary>
    public static bool TryParse(string text, out Scopes scopes)
    {
        scopes = Scopes.None;
        foreach (var name in text.Split(',', StringSplitOptions.TrimEntries))
        {
            var entry = Array.Find(s_names, entry => entry.Name == name);
            if (entry.Name is null)
                return false;
            scopes |= entry.Scope;
        }

        return true;
    }
}
