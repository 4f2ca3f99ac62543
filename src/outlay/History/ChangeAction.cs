namespace Outlay.History;

/// <summary>What a change did to its expenses.</summary>
internal enum ChangeAction
{
    Create,
    Import,
    Update,
    Delete,
    Restore,

    /// <summary>Removed from the trash for good.</summary>
    Purge,

    /// <summary>Took another change back.</summary>
    Undo,

    /// <summary>Found in the database when the history began.</summary>
    Adopt,
}

/// <summary>How actions are called in the database, over HTTP and on the command line.</summary>
internal static class ChangeActionNames
{
    public static string Name(this ChangeAction action) => action switch
    {
        ChangeAction.Create => "create",
        ChangeAction.Import => "import",
        ChangeAction.Update => "update",
        ChangeAction.Delete => "delete",
        ChangeAction.Restore => "restore",
        ChangeAction.Purge => "purge",
        ChangeAction.Undo => "undo",
        ChangeAction.Adopt => "adopt",
        _ => throw new ArgumentOutOfRangeException(nameof(action), action, null),
    };
}
