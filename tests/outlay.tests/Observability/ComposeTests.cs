using Outlay.Tests.Harness;

namespace Outlay.Tests.Observability;

/// <summary>What observability/up gives to a container engine, read by compose itself.</summary>
public sealed class ComposeTests
{
    private static readonly string s_file = Path.Combine(ProductCode.Root, "observability", "compose.yaml");

    private static readonly string? s_skip = Command.SkipReason("docker-compose", "REQUIRE_COMPOSE");

    public ComposeTests() => Assert.SkipWhen(s_skip is not null, s_skip ?? "");

    [Fact]
    public Task Compose_takes_the_file() => Command.RunAsync("env", "CONFIG=/etc/outlay", "docker-compose", "-f", s_file, "config", "-q");

    [Fact]
    public async Task Without_a_configuration_it_says_who_sets_it()
    {
        var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => Command.RunAsync("docker-compose", "-f", s_file, "config", "-q"));

        Assert.Contains("observability/up sets it", refused.Message, StringComparison.Ordinal);
    }
}
