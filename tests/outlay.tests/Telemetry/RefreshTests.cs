using Outlay.Telemetry;

namespace Outlay.Tests.Telemetry;

public sealed class RefreshTests
{
    [Fact]
    public async Task What_serves_all_who_ask_has_nothing_of_the_request_that_asked_first()
    {
        var request = new AsyncLocal<string?> { Value = "its deadline" };
        var seen = "nothing yet";
        var refresh = new Refresh(TimeSpan.FromHours(1), async _ =>
        {
            await Task.Yield();
            seen = request.Value;
        }, TimeProvider.System);

        await refresh.RunAsync();

        Assert.Null(seen);
        Assert.Equal("its deadline", request.Value);
    }
}
