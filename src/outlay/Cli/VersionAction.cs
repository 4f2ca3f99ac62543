using System.CommandLine;
using System.CommandLine.Invocation;

namespace Outlay.Cli;

/// <summary>Writes the version, and the commit it was built from.</summary>
internal sealed class VersionAction : SynchronousCommandLineAction
{
    public override int Invoke(ParseResult parseResult)
    {
        parseResult.InvocationConfiguration.Output.WriteLine(Product.Build);
        return 0;
    }
}
