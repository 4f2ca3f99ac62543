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

    /// <summary>Took an undo back, so that what it had undone is in force again.</summary>
    Redo,

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
        ChangeAction.Redo => "redo",
        ChangeAction.Adopt => "adopt",
        _ => throw new ArgumentOutOfRangeException(nameof(action), action, null),
    };

    /// <summary>The action of a name; null when there is none.</summary>
    public static ChangeAction? FromName(string name) =>
        Enum.GetValues<ChangeAction>().Cast<ChangeAction?>().FirstOrDefault(action => action!.Value.Name() == name);
}
