using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Outlay.Cli;

/// <summary>The help of a verb, followed by its examples, with the name under which the user runs the program.</summary>
internal sealed class HelpWithExamples(CliContext cli, HelpAction help) : SynchronousCommandLineAction
{
    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        var output = parseResult.InvocationConfiguration.Output;
        using var text = new StringWriter();
        parseResult.InvocationConfiguration.Output = text;
        var exitCode = help.Invoke(parseResult);
        if (parseResult.CommandResult.Command is Verb verb)
            text.WriteLine($"Examples:{string.Concat(verb.Examples.Select(example => $"{Environment.NewLine}  {example}"))}{Environment.NewLine}");
        output.Write(cli.AsTyped(text.ToString()));
        return exitCode;
    }
}
