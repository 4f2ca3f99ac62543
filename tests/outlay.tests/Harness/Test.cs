namespace Outlay.Tests.Harness;

internal static class Test
{
    /// <summary>Ends with the test run.</summary>
    public static CancellationToken Token => TestContext.Current.CancellationToken;
}
