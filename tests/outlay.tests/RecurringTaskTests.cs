using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Outlay.Hosting;
using Outlay.Tests.Harness;
using Outlay.Tests.Hosting;

namespace Outlay.Tests;

/// <summary>What runs in the background goes on, whatever goes wrong, and for however long it pauses.</summary>
public sealed class RecurringTaskTests : IDisposable
{
    private readonly LogCapture _log = new();

    [Fact]
    public async Task A_failure_that_nobody_thought_of_is_logged_and_the_task_done_again()
    {
        using var task = new FailingOnce(_log.Factory, pauseAfterFailure: TimeSpan.Zero, pause: TimeSpan.FromDays(1));

        await task.StartAsync(Test.Token);
        await Eventually.TrueAsync("it is done again", () => Task.FromResult(task.Runs == 2));

        Assert.False(task.ExecuteTask!.IsCompleted);
        Assert.Contains("background_task_failed", _log.Text, StringComparison.Ordinal);
        await task.StopAsync(Test.Token);
    }

    [Fact]
    public async Task A_pause_may_be_longer_than_a_timer_takes()
    {
        using var task = new FailingOnce(_log.Factory, pauseAfterFailure: TimeSpan.FromDays(366), pause: TimeSpan.FromDays(366));

        await task.StartAsync(Test.Token);
        await Eventually.TrueAsync("it has run", () => Task.FromResult(task.Runs == 1));
        await Task.WhenAny(task.ExecuteTask!, Task.Delay(TimeSpan.FromMilliseconds(100), Test.Token));

        Assert.False(task.ExecuteTask!.IsCompleted);
        await task.StopAsync(Test.Token);
    }

    [Fact]
    public async Task One_that_is_asked_to_stop_has_not_failed()
    {
        using var task = new FailingOnce(_log.Factory, pauseAfterFailure: TimeSpan.Zero, pause: TimeSpan.FromDays(1));
        await task.StartAsync(Test.Token);
        await Eventually.TrueAsync("it pauses", () => Task.FromResult(task.Runs == 2));

        await task.StopAsync(Test.Token);

        Assert.True(task.ExecuteTask!.IsCompletedSuccessfully);
    }

    [Fact]
    public void Nothing_else_runs_in_the_background_beside_the_start_since_a_failure_there_would_end_the_server()
    {
        var others = typeof(RecurringTask).Assembly.GetTypes()
            .Where(type => type.IsAssignableTo(typeof(BackgroundService)) && !type.IsAssignableTo(typeof(RecurringTask)) && type != typeof(Startup));

        Assert.Empty(others);
    }

    public void Dispose() => _log.Dispose();

    /// <summary>Fails the first time.</summary>
    private sealed class FailingOnce(ILoggerFactory log, TimeSpan pauseAfterFailure, TimeSpan pause)
        : RecurringTask(Task.CompletedTask, TimeProvider.System, log.CreateLogger<RecurringTaskTests>())
    {
        public int Runs { get; private set; }

        protected override TimeSpan PauseAfterFailure => pauseAfterFailure;

        public override Task<TimeSpan> RunAsync(CancellationToken token) =>
            ++Runs == 1 ? throw new InvalidOperationException("not thought of") : Task.FromResult(pause);
    }
}
