using System.CommandLine;
using System.CommandLine.Parsing;

namespace Outlay.Cli;

/// <summary>What is wrong with a command line, and what was probably meant.</summary>
internal static class UsageErrors
{
    /// <summary>What other programs call the same.</summary>
    private static readonly Dictionary<string, string> s_otherWords = new[]
    {
        ("add", "new create insert record spend pay"),
        ("list", "ls ps ll dir all find search query"),
        ("show", "cat get view read info open"),
        ("edit", "update change modify set patch mv"),
        ("delete", "rm del remove erase trash"),
        ("restore", "undelete recover"),
        ("undo", "revert rollback redo"),
        ("history", "log changes audit versions"),
        ("purge", "empty clean expunge"),
        ("summary", "sum total totals report reports stats count"),
        ("import", "load upload"),
        ("export", "save dump download"),
        ("doctor", "check fsck repair"),
        ("migrate", "init setup upgrade"),
        ("status", "health ready slo budget alerts"),
        ("config", "settings env configure"),
        ("completion", "completions complete"),
        ("serve", "server start run up web"),
        ("menu", "ui tui shell"),
        ("--version", "version"),
    }.SelectMany(verb => verb.Item2.Split(' ').Select(word => (word, verb.Item1))).ToDictionary();

    /// <summary>Throws <see cref="ErrorCode.Usage"/> with every fault and the cure, or does nothing.</summary>
    public static void ThrowIfAny(ParseResult parsed)
    {
        // Help, version and completion work on any command line.
        if (parsed.Action is HelpWithExamples or VersionAction || parsed.Tokens is [{ Type: TokenType.Directive }, ..])
            return;
        var unknown = Unknown(parsed);
        if (parsed.Errors.Count == 0 && unknown.Count == 0)
            return;
        throw Usage(parsed.CommandResult.Command,
            unknown.Count > 0 ? unknown.Select(word => Explain(word, parsed.CommandResult.Command)) : parsed.Errors.Select(Explain).Distinct());
    }

    /// <summary>
    /// The words that fit nowhere. A misspelt option where any text fits would silently become part of the text: it counts too,
    /// unless -- says that it is meant.
    /// </summary>
    private static List<string> Unknown(ParseResult parsed)
    {
        var isText = parsed.Tokens.Any(token => token.Type is TokenType.DoubleDash);
        var swallowed = parsed.CommandResult.Children.OfType<ArgumentResult>().SelectMany(result => result.Tokens).Select(token => token.Value)
            .Where(word => !isText && word is ['-', var first, ..] && !char.IsAsciiDigit(first));
        // What follows a verb that is not known is its own, and what follows an option its value: neither is a fault of its own.
        var unmatched = parsed.CommandResult.Command is RootCommand
            ? parsed.UnmatchedTokens.Take(1)
            : parsed.UnmatchedTokens;
        List<string> unknown = [.. unmatched, .. swallowed];
        return unknown.Exists(IsOption) ? unknown.FindAll(IsOption) : unknown;

        static bool IsOption(string word) => word.StartsWith('-');
    }

    private static AppException Usage(Command command, IEnumerable<string> faults)
    {
        var line = string.Join(' ', [.. command.Parents.OfType<Verb>().Select(parent => $"outlay {parent.Name}").DefaultIfEmpty("outlay"), .. command is Verb ? [command.Name] : Array.Empty<string>()]);
        var example = command is Verb { Examples: [var first, ..] } ? $" For example: {first}" : "";
        return new AppException(ErrorCode.Usage,
            string.Join(Environment.NewLine, [.. faults, $"{line} --help shows what it takes.{example}"]));
    }

    /// <summary>What the parser found in our words; what our own checks found is in them already.</summary>
    private static string Explain(ParseError error) => error.SymbolResult switch
    {
        ArgumentResult { Tokens.Count: 0, Parent: CommandResult } missing => $"{missing.Argument.Name} is missing.",
        ArgumentResult { Tokens.Count: 0, Parent: OptionResult option } => $"{option.Option.Name} needs a value: {option.Option.HelpName}.",
        OptionResult { IdentifierToken: not null, Tokens.Count: 0, Option.Arity.MinimumNumberOfValues: > 0 } option => $"{option.Option.Name} needs a value: {option.Option.HelpName}.",
        OptionResult { IdentifierTokenCount: > 1, Option.Arity.MaximumNumberOfValues: <= 1 } option => $"{option.Option.Name} is given more than once.",
        CommandResult { Command.Subcommands: { Count: > 0 } verbs } =>
            $"A verb is missing: {string.Join(", ", verbs.SkipLast(1).Select(verb => verb.Name))} or {verbs[^1].Name}.",
        _ => error.Message,
    };

    private static string Explain(string word, Command command)
    {
        if (command is RootCommand && s_otherWords.TryGetValue(word.ToLowerInvariant(), out var meant))
            return $"'{word}' is not known here. Did you mean {meant}?";
        if (command is RootCommand or { Name: "serve" } && word is "--port" or "-p" or "--host" or "--listen" or "--address")
            return $"'{word}' is not known here: the setting LISTEN says where the server listens, for example LISTEN=http://127.0.0.1:9000 outlay serve.";
        var known = command.Subcommands.Select(verb => verb.Name).Concat(command.Options.Select(option => option.Name));
        return Spelling.Nearest(word, known) is { } nearest
            ? $"'{word}' is not known here. Did you mean {nearest}?"
            : $"'{word}' is not known here.";
    }
}
