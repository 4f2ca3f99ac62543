using FsCheck;
using FsCheck.Fluent;

namespace Outlay.Tests.Harness;

/// <summary>Checks of random cases that have to wait for a database.</summary>
internal static class AsyncProperty
{
    /// <summary>Runs a check on cases of growing size; a failure shows the smallest case that fails, and how to repeat it.</summary>
    public static Task HoldsAsync<T>(Gen<T[]> cases, int count, Func<T[], Task> check) =>
        // FsCheck waits in a blocking way: on a thread of its own, that keeps nobody else waiting.
        Task.Factory.StartNew(
            () => Prop.ForAll(Arb.From(cases, Shrink), value => check(value).GetAwaiter().GetResult())
                .Check(Config.QuickThrowOnFailure.WithMaxTest(count)),
            Test.Token, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    /// <summary>The same case without one of its steps.</summary>
    private static IEnumerable<T[]> Shrink<T>(T[] steps) =>
        Enumerable.Range(0, steps.Length).Select(left => steps.Where((_, index) => index != left).ToArray());
}
