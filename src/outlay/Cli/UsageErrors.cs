using System.CommandLine;
using System.CommandLine.Invocation;

namespace Outlay.Cli;

/// <summary>What is wrong with a command line, and what was probably meant.</summary>
internal static class UsageErrors
{
    /// <summary>Throws <see cref="ErrorCode.Usage"/> with every fault and the cure, or does nothing.</summary>
    public static void ThrowIfAny(ParseResult parsed)
    {
        // Help and version work on any command line.
        if (parsed.Errors.Count > 0 && parsed.Action is ParseErrorAction)
            throw Usage(parsed.CommandResult.Command, Messages(parsed));
    }

    private static AppException Usage(Command command, IEnumerable<string> faults)
    {
        var line = command is RootCommand ? "outlay" : $"outlay {command.Name}";
        var example = command is Verb { Examples: [var first, ..] } ? $" For example: {first}" : "";
        return new AppException(ErrorCode.Usage,
            string.Join(Environment.NewLine, [.. faults, $"{line} --help shows what it takes.{example}"]));
    }

    private static IEnumerable<string> Messages(ParseResult parsed)
    {
        var command = parsed.CommandResult.Command;
        if (parsed.UnmatchedTokens.Count == 0)
            return parsed.Errors.Select(error => error.Message);
        var known = command.Subcommands.Select(verb => verb.Name).Concat(command.Options.Select(option => option.Name)).ToList();
        return parsed.UnmatchedTokens.Select(token =>
            known.MinBy(name => Distance(token, name)) is { } nearest && Distance(token, nearest) <= Math.Max(1, token.Length / 2)
                ? $"'{token}' is not known here. Did you mean {nearest}?"
                : $"'{token}' is not known here.");
    }

    /// <summary>How many letters must be changed, added, removed or swapped with their neighbour to get from one word to the other.</summary>
    private static int Distance(string from, string to)
    {
        var d = new int[from.Length + 1, to.Length + 1];
        for (var i = 0; i <= from.Length; i++)
        {
            for (var j = 0; j <= to.Length; j++)
            {
                d[i, j] = i == 0 || j == 0
                    ? i + j
                    : Math.Min(Math.Min(d[i - 1, j], d[i, j - 1]) + 1, d[i - 1, j - 1] + (from[i - 1] == to[j - 1] ? 0 : 1));
                if (i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1])
                    d[i, j] = Math.Min(d[i, j], d[i - 2, j - 2] + 1);
            }
        }

        return d[from.Length, to.Length];
    }
}
