namespace Outlay.Tests.Harness;

/// <summary>Waits for what comes by itself, and only fails when it does not come.</summary>
internal static class Eventually
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(50);

    /// <param name="what">Named when it does not come.</param>
    /// <param name="after">When it is due at the earliest; null for at once.</param>
    public static async Task TrueAsync(string what, Func<Task<bool>> condition, TimeSpan? after = null)
    {
        var patience = s_patience + (after ?? TimeSpan.Zero);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Test.Token);
        limit.CancelAfter(patience);
        while (!await condition())
        {
            if (limit.IsCancellationRequested)
                Assert.Fail($"Within {patience.TotalSeconds} s it did not happen that {what}.");
            await Task.Delay(s_pause, CancellationToken.None);
        }
    }
}
