using System.Globalization;
using Outlay.Tests.Harness;

namespace Outlay.Tests.Failures;

/// <summary>
/// A part fails while clients go on, and comes back. FAILING_PARTS_SECONDS says for how long, FAILING_PARTS_REPORT where a line with
/// what was measured is added: drills/failing-parts sets both.
/// </summary>
/// <param name="part">What fails.</param>
/// <param name="injection">How it is made to.</param>
internal sealed class FailingPart(string part, string injection, Func<Task> fail, Func<Task> mend)
{
    /// <summary>No measure of speed: the time of a request and half as much for a commit, and what a busy machine adds.</summary>
    private static readonly string? s_seconds = Environment.GetEnvironmentVariable("FAILING_PARTS_SECONDS");

    /// <summary>
    /// The drill has the machine to itself, and asserts what is promised: 1.5 times REQUEST_TIMEOUT, and half a second for the way. Beside other
    /// tests it is no measure of speed.
    /// </summary>
    private static readonly TimeSpan s_budget = s_seconds is null ? TimeSpan.FromSeconds(60) : TimeSpan.FromSeconds(3.5);

    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(50);

    /// <summary>How long all must be well before it counts as recovered.</summary>
    private static readonly TimeSpan s_calm = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan s_length = TimeSpan.FromSeconds(double.Parse(s_seconds ?? "3", CultureInfo.InvariantCulture));

    /// <summary>
    /// The REQUEST_TIMEOUT of a server that must refuse nothing, in seconds: the default in the drill, which has the machine to itself. Beside
    /// other tests a request may wait for a processor for longer than that, which is not what is tested.
    /// </summary>
    public static string Patience => s_seconds is null ? "30" : "2";

    /// <summary>Whether something must be refused while the part fails; otherwise the test would prove nothing.</summary>
    public bool Refuses { get; init; } = true;

    /// <summary>Breaks the part under load and mends it. Throws when an answer was late, wrong or missing.</summary>
    /// <param name="server">Where the service is.</param>
    /// <param name="kept">What must be served all the time.</param>
    public async Task RunAsync(Uri server, params Need[] kept)
    {
        await using var load = new SteadyLoad(() => server);
        load.Start(s_interval);
        await Task.Delay(s_calm, Test.Token);

        var failed = load.Now;
        await fail();
        await Task.Delay(s_length, Test.Token);
        var beforeMended = load.Now;
        await mend();
        var mended = load.Now;
        await Eventually.TrueAsync($"{part}: everything is served again", () => Task.FromResult(IsCalm(load)));
        await load.StopAsync();

        var during = load.All.Where(sent => sent.At >= failed && sent.At < beforeMended).ToList();
        Assert.All(load.All, MustBeHonest);
        Assert.All(during.Where(sent => kept.Contains(sent.Need)), sent => Assert.True(sent.IsServed, $"{part}: {sent}"));
        Assert.Equal(Refuses, during.Any(sent => !sent.IsServed));
        await load.CompareAsync();
        Report(load, during, mended);
    }

    private void MustBeHonest(Sent sent)
    {
        Assert.True(sent.IsServed || (sent.Status == 503 && sent.HasRetryAfter), $"{part}: {sent}");
        Assert.True(sent.Took < s_budget, $"{part}: {sent}");
    }

    private static bool IsCalm(SteadyLoad load)
    {
        var last = load.All.Where(sent => sent.At + sent.Took > load.Now - s_calm).ToList();
        return last.Count > 0 && last.All(sent => sent.IsServed) && Enum.GetValues<Need>().All(need => last.Any(sent => sent.Need == need));
    }

    private void Report(SteadyLoad load, List<Sent> during, TimeSpan mended)
    {
        var kept = Enum.GetValues<Need>().Where(need => during.Where(sent => sent.Need == need).All(sent => sent.IsServed));
        var answered = during.Where(sent => !sent.IsServed).CountBy(sent => $"{sent.Status} {sent.Problem}").Select(pair => $"{pair.Value} x {pair.Key}");
        var recovered = load.All.Where(sent => !sent.IsServed && sent.At > mended).Select(sent => sent.At - mended).DefaultIfEmpty(TimeSpan.Zero).Max();
        Report(part, injection, string.Join(", ", kept.Select(Words)), string.Join(", ", answered), during.Max(sent => sent.Took), recovered);
    }

    /// <summary>Adds a line to the report, if there is to be one.</summary>
    public static void Report(string part, string injection, string kept, string answered, TimeSpan slowest, TimeSpan recovered)
    {
        var line = string.Join('\t', part, injection, kept, answered.Length == 0 ? "-" : answered, $"{slowest.TotalSeconds:F2} s", $"{recovered.TotalSeconds:F2} s");
        TestContext.Current.TestOutputHelper?.WriteLine(line);
        if (Environment.GetEnvironmentVariable("FAILING_PARTS_REPORT") is { Length: > 0 } file)
            File.AppendAllText(file, $"{line}\n");
    }

    private static string Words(Need need) => need switch
    {
        Need.Process => "what needs no database",
        Need.Read => "reads",
        _ => "writes",
    };
}
