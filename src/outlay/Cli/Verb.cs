using System.CommandLine;

namespace Outlay.Cli;

/// <summary>A command with examples of how it is written, which its help and its usage errors show.</summary>
internal sealed class Verb(string name, string description, params IReadOnlyList<string> examples) : Command(name, description)
{
    /// <summary>Complete command lines, the most common one first.</summary>
    public IReadOnlyList<string> Examples => examples;
}
