using Outlay.Tests.Harness;

namespace Outlay.Tests.Observability;

/// <summary>deploy/error-budget-check, run as the deploy job runs it.</summary>
[Collection(nameof(Budgets))]
public sealed class ErrorBudgetCheckTests
{
    private readonly Budgets _budgets;

    public ErrorBudgetCheckTests(Budgets budgets)
    {
        Assert.SkipWhen(PrometheusServer.SkipReason is not null, PrometheusServer.SkipReason ?? "");
        _budgets = budgets;
    }

    [Fact]
    public async Task With_a_budget_left_everything_is_deployed()
    {
        var check = await CheckAsync(_budgets.Kept);

        Assert.Equal((0, ""), (check.ExitCode, check.Error));
        Assert.Equal(5, check.Output.Split("100.0 % of the error budget left").Length - 1);
        Assert.EndsWith("pace=full\n", check.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task With_a_budget_spent_only_what_mends_reliability_is_deployed()
    {
        var refused = await CheckAsync(_budgets.Spent);
        var mending = await CheckAsync($"--reliability {_budgets.Spent}");

        Assert.Equal(1, refused.ExitCode);
        Assert.Matches("availability +-900.0 % of the error budget left\n", refused.Output);
        Assert.Contains("only what mends reliability", refused.Error, StringComparison.Ordinal);
        Assert.EndsWith("pace=none\n", refused.Output, StringComparison.Ordinal);
        Assert.Equal(0, mending.ExitCode);
        Assert.EndsWith("pace=careful\n", mending.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0.0004, "full", 0)]
    [InlineData(0.0006, "half", 0)]
    [InlineData(0.0008, "careful", 0)]
    [InlineData(0.001, "none", 1)]
    public async Task The_pace_follows_what_is_left_of_the_scarcest_budget(double bad, string pace, int exitCode)
    {
        await using var prometheus = await PrometheusServer.StartAsync(Budgets.History(("journey", bad)));
        await prometheus.ResultAsync("count(slo:error_budget_remaining:ratio) == 5");

        var check = await CheckAsync(prometheus.Address.ToString());

        Assert.Equal(exitCode, check.ExitCode);
        Assert.EndsWith($"pace={pace}\n", check.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_nobody_knows_is_not_taken_for_well()
    {
        // Its rules are there, and nothing was counted.
        await using var idle = await PrometheusServer.StartAsync();
        await idle.ResultAsync("count(slo:objective:ratio) == 5");
        await using var blank = await PrometheusServer.StartAsync(withRules: false);

        var unnamed = await CheckAsync("");
        var absent = await CheckAsync("http://127.0.0.1:1");
        var noRules = await CheckAsync(blank.Address.ToString());
        var nothing = await CheckAsync(idle.Address.ToString());
        var mending = await CheckAsync("--reliability http://127.0.0.1:1");

        Assert.All([unnamed, absent, noRules, nothing], check =>
        {
            Assert.Equal(69, check.ExitCode);
            Assert.EndsWith("pace=none\n", check.Output, StringComparison.Ordinal);
        });
        Assert.Contains("set PROMETHEUS_URL", unnamed.Error, StringComparison.Ordinal);
        Assert.Contains("could not be asked", absent.Error, StringComparison.Ordinal);
        Assert.Contains("knows no objectives", noRules.Error, StringComparison.Ordinal);
        Assert.Contains("Nothing is counted for: availability data-freshness journey read-latency write-latency", nothing.Error, StringComparison.Ordinal);
        Assert.Equal(0, mending.ExitCode);
        Assert.EndsWith("pace=careful\n", mending.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_argument_that_is_not_known_is_refused()
    {
        var check = await CheckAsync("--force");

        Assert.Equal((2, ""), (check.ExitCode, check.Output));
    }

    private static Task<ProcessResult> CheckAsync(string arguments) =>
        OutlayProcess.RunScriptAsync($"'{Path.Combine(ProductCode.Root, "deploy", "error-budget-check")}' {arguments}");
}
