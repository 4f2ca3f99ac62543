using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Outlay.Tests.Harness;

namespace Outlay.Tests.Attacks;

/// <summary>
/// Whatever is sent, the server answers, in time, and stores only what it says it stored. Short here, and the same each time; drills/fuzz
/// runs it for long, with another seed each time. FUZZ_REQUESTS and FUZZ_SEED say how many requests and with which seed.
/// </summary>
public sealed partial class FuzzTests(ITestOutputHelper output)
{
    private const int DefaultRequests = 2000;

    private const int DefaultSeed = 20260219;

    [Theory, EachEngine]
    public async Task No_request_makes_the_server_fail_or_hang_or_store_what_it_does_not_tell(Engine engine)
    {
        var requests = Number("FUZZ_REQUESTS") ?? DefaultRequests;
        var seed = Number("FUZZ_SEED") ?? DefaultSeed;
        output.WriteLine($"FUZZ_SEED={seed} FUZZ_REQUESTS={requests} gives the same requests again.");
        await using var database = await TestDatabase.CreateAsync(engine);
        await using var server = OutlayProcess.StartServer(new Dictionary<string, string>(database.Environment)
        {
            // What makes keys is attacked too, and everybody may go on without one afterwards; nobody is sent away for having asked too often.
            ["ADMIN_SECRET"] = TestServer.Secret,
            ["ALLOW_ANONYMOUS"] = "true",
            ["RATE_LIMIT_READS"] = "0",
            ["RATE_LIMIT_WRITES"] = "0",
            ["RATE_LIMIT_REFUSALS"] = "0",
        });
        var run = new FuzzRun(await server.WaitForAddressAsync(), seed);

        await run.RunAsync(requests, Test.Token);

        var memory = PeakMemory().Match(await File.ReadAllTextAsync($"/proc/{server.Id}/status", Test.Token)).Groups[1].Value;
        await server.SignalAsync("TERM");
        var end = await server.WaitForExitAsync();
        Assert.True(run.Faults.Count == 0, $"FUZZ_SEED={seed}\n{string.Join("\n\n", run.Faults)}");
        foreach (var line in end.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries))
            Assert.NotEqual("error", JsonElement.Parse(line).GetProperty("level").GetString());
        var doctor = await OutlayProcess.RunAsync(["doctor", "--deep"], database.Environment);
        Assert.True(doctor.ExitCode == 0, doctor.Output + doctor.Error);
        output.WriteLine($"{engine}: {requests} requests: {run.Figures}; the server took {memory} kB at most; doctor finds nothing wrong.");
    }

    private static int? Number(string variable) =>
        Environment.GetEnvironmentVariable(variable) is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : null;

    [GeneratedRegex(@"VmHWM:\s+(\d+) kB")]
    private static partial Regex PeakMemory();
}
