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
    public IReadOnlyList<string> Examples => examples;

    public void Define() => define(this);
}
