using Microsoft.Extensions.Logging;
using Outlay.Reports;
using Outlay.Tests.Harness;
using Outlay.Tests.Hosting;

namespace Outlay.Tests.Reports;

/// <summary>The self-check is made again soon when it did not come to its end, and otherwise after its interval.</summary>
public sealed class IntegrityCheckTests : IDisposable
{
    private static readonly TimeSpan s_interval = TimeSpan.FromHours(24);
    private static readonly TimeSpan s_retry = TimeSpan.FromMinutes(10);

    private readonly LogCapture _log = new();
    private readonly SteppedClock _clock = new();

    public void Dispose() => _log.Dispose();

    [Theory, EachEngine]
    public async Task A_check_that_failed_is_tried_again_soon(Engine engine)
    {
        await using var database = await TestDatabase.CreateAsync(engine);
        using var check = Check(database);
        await database.ExecuteAsync("alter table totals rename to gone");

        await check.StartAsync(Test.Token);
        await StepAsync();
        await PausedAsync();
        var afterFailure = _clock.Pause;
        await database.ExecuteAsync("alter table gone rename to totals");
        await StepAsync();
        await PausedAsync();

        Assert.Contains("background_task_failed", _log.Text, StringComparison.Ordinal);
        Assert.Equal(s_retry, afterFailure);
        Assert.Equal(s_interval, _clock.Pause);
        Assert.Equal(0, await database.ScalarAsync<long>("select value from figures where name = 'totals_mismatches'"));
        await check.StopAsync(Test.Token);
    }

    [Fact]
    public async Task A_check_that_somebody_else_has_begun_and_may_not_end_is_looked_after_soon()
    {
        await using var database = await TestDatabase.CreateAsync(Engine.Postgres);
        using var check = Check(database);

        TimeSpan pause;
        await using (await OpenTransaction.BeginAsync(database.Database, "select pg_advisory_xact_lock(hashtextextended('integrity check', 0))"))
            pause = await check.RunAsync(Test.Token);

        Assert.Equal(s_retry, pause);
        Assert.Equal(s_interval, await check.RunAsync(Test.Token));
    }

    private IntegrityCheck Check(TestDatabase database) => new(
        database.Database, database.Settings with { IntegrityCheckInterval = s_interval }, _clock, _log.Factory.CreateLogger<IntegrityCheck>(), Task.CompletedTask);

    private Task PausedAsync() => Eventually.TrueAsync("it pauses", () => Task.FromResult(_clock.Pause is not null));

    private async Task StepAsync()
    {
        await PausedAsync();
        _clock.Step();
    }
}
