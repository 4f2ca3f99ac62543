using Outlay.Expenses;

namespace Outlay.Tests.Harness;

internal static class Test
{
    /// <summary>Ends with the test run.</summary>
    public static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Somebody who changes expenses of this owner.</summary>
    public static Caller By(string owner) => new(owner, "tester");
}
