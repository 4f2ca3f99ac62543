using System.CommandLine;
using System.CommandLine.Invocation;

namespace Outlay.Cli;

/// <summary>Writes the version.</summary>
internal sealed class VersionAction : SynchronousCommandLineAction
{
    public override int Invoke(ParseResult parseResult)
    {
        parseResult.InvocationConfiguration.Output.WriteLine(Product.Version);
        return 0;
    }
}
