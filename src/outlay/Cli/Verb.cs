using System.CommandLine;

namespace Outlay.Cli;

/// <summary>
/// A verb with examples of how it is written, which its help and its usage errors show. It is defined only when it is used:
/// to define all of them takes longer than most verbs do.
/// </summary>
/// <param name="define">Adds the arguments, the options and the action.</param>
/// <param name="examples">Complete command lines, the most common one first.</param>
internal sealed class Verb(string name, string description, Action<Verb> define, params IReadOnlyList<string> examples) : Command(name, description)
{
    /// <summary>The option that says whose book a verb works on; null for a verb that works on none.</summary>
    private Option<string?>? _owner;

    public IReadOnlyList<string> Examples => examples;

    /// <summary>Whether it works on the book of one owner.</summary>
    public bool ActsOnBook { get; init; }

    /// <summary>A verb that is only a name for others.</summary>
    public static Verb Of(string name, string description, IEnumerable<Verb> children, params IReadOnlyList<string> examples) => new(name, description, verb =>
    {
        foreach (var child in children)
        {
            child.Define();
            verb.Add(child);
        }
    }, examples);

    public void Define()
    {
        define(this);
        if (ActsOnBook)
            Add(_owner = Cli.Options.Owner("Whose book it is. Default: default."));
    }

    /// <summary>Whose book a command line is about; null when it does not say.</summary>
    public string? OwnerIn(ParseResult parsed) => _owner is null ? null : parsed.GetValue(_owner);
}
