using Outlay.Tests.Harness;

namespace Outlay.Tests.Failures;

/// <summary>Two servers are restarted in turn, under load, behind something that sends traffic to whichever is ready.</summary>
[Collection(nameof(Alone))]
public sealed class RollingRestartTests
{
    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan s_probe = TimeSpan.FromMilliseconds(200);

    [Theory, EachEngine]
    public async Task No_request_fails(Engine engine)
    {
        await using var database = await TestDatabase.CreateAsync(engine);
        var environment = new Dictionary<string, string>(database.Environment) { ["DRAIN_DELAY"] = "2s", ["REQUEST_TIMEOUT"] = FailingPart.Patience };
        using var end = new CancellationTokenSource();
        using var prober = new HttpClient { Timeout = TimeSpan.FromSeconds(2) };
        var servers = new[] { OutlayProcess.StartServer(environment), OutlayProcess.StartServer(environment) };
        var addresses = new[] { await servers[0].WaitForAddressAsync(), await servers[1].WaitForAddressAsync() };
        var ready = new[] { true, true };
        var turn = 0;
        var balancing = Task.WhenAll(BalanceAsync(0), BalanceAsync(1));

        await using var load = new SteadyLoad(Next);
        load.Start(s_interval);
        for (var i = 0; i < 2; i++)
        {
            await Task.Delay(TimeSpan.FromSeconds(1), Test.Token);
            await servers[i].SignalAsync("TERM");
            Assert.Equal(0, (await servers[i].WaitForExitAsync()).ExitCode);
            await servers[i].DisposeAsync();
            servers[i] = OutlayProcess.StartServer(environment);
            addresses[i] = await servers[i].WaitForAddressAsync();
            var number = i;
            await Eventually.TrueAsync("the new server gets traffic", () => Task.FromResult(ready[number]));
        }

        await load.StopAsync();
        await end.CancelAsync();
        await balancing;
        Assert.All(load.All, sent => Assert.True(sent.IsServed, $"{sent}"));
        await load.CompareAsync();
        FailingPart.Report($"server ({engine})", "two, SIGTERM in turn", "everything", "", load.All.Max(sent => sent.Took), TimeSpan.Zero);
        foreach (var server in servers)
            await server.DisposeAsync();

        Uri Next()
        {
            var number = Interlocked.Increment(ref turn) & 1;
            return addresses[ready[number] ? number : 1 - number];
        }

        async Task BalanceAsync(int number)
        {
            while (!end.IsCancellationRequested)
            {
                try
                {
                    using var answer = await prober.GetAsync(new Uri(addresses[number], "/readyz"), Test.Token);
                    ready[number] = answer.IsSuccessStatusCode;
                }
                catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
                {
                    ready[number] = false;
                }

                await Task.Delay(s_probe, Test.Token);
            }
        }
    }
}
