using Outlay.Bench;
using Outlay.Tests.Harness;

namespace Outlay.Tests;

public sealed class BenchTests
{
    [Theory, EachEngine]
    public async Task The_benchmark_runs_from_end_to_end(Engine engine)
    {
        var output = await RunAsync(engine);

        Assert.All(Measure.All, measure => Assert.Contains($"| {measure.Name} |", output, StringComparison.Ordinal));
    }

    [Theory, EachEngine]
    public async Task Backups_are_measured_beside_the_tools_of_the_engine(Engine engine)
    {
        var output = await RunAsync(engine, "--backup");

        string[] works = ["backup", "verification", "restore", "outlay backup create", "outlay backup restore"];
        Assert.All(works, work => Assert.Matches($@"\| {work} \| [0-9,]+ \|", output));
    }

    [Theory, EachEngine]
    public async Task What_telemetry_costs_is_measured_side_by_side(Engine engine)
    {
        var output = await RunAsync(engine, "--telemetry");

        Assert.Contains("| off |", output, StringComparison.Ordinal);
        Assert.Matches(@"\| metrics, traces and logs over OTLP \| [0-9,]+ \([0-9]+ ?%\) \|", output);
    }

    [Theory, EachEngine]
    public async Task What_becomes_of_too_much_load_is_measured_with_limits_and_without(Engine engine)
    {
        var output = await RunAsync(engine, "--overload");

        Assert.Matches(@"\| as they are by default \| [0-9,]+ \| [0-9,]+ \(", output);
        Assert.Contains("| none |", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_benchmark_fails_when_the_program_does_not_run()
    {
        using var messages = new StringWriter();

        var exitCode = await Benchmark.MainAsync(
            ["--smoke", "--engines", "sqlite", "--program", "/bin/false"], _ => null, TextWriter.Null, messages, Test.Token);

        Assert.Equal(1, exitCode);
        Assert.Contains("did not become ready", messages.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--sizes", "1x")]
    [InlineData("--engines", "oracle")]
    [InlineData("--out")]
    [InlineData("--fast")]
    public async Task The_benchmark_refuses_options_that_it_does_not_know(params string[] arguments)
    {
        using var messages = new StringWriter();

        Assert.Equal(2, await Benchmark.MainAsync(arguments, _ => null, TextWriter.Null, messages, Test.Token));
        Assert.Contains("--smoke", messages.ToString(), StringComparison.Ordinal);
    }

    /// <summary>What the benchmark prints about an engine.</summary>
    private static async Task<string> RunAsync(Engine engine, params string[] arguments)
    {
        var environment = engine is Engine.Postgres ? (await PostgresCluster.Shared).EnvironmentFor("postgres") : [];
        using var output = new StringWriter();
        using var messages = new StringWriter();
        var exitCode = await Benchmark.MainAsync(
            ["--smoke", .. arguments, "--engines", engine is Engine.Postgres ? "postgres" : "sqlite", "--program", OutlayProcess.Program],
            environment.GetValueOrDefault, output, messages, Test.Token);
        Assert.True(exitCode == 0, messages.ToString());
        return output.ToString();
    }
}
