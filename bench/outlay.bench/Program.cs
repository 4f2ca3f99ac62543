namespace Outlay.Bench;

internal static class Program
{
    public static async Task<int> Main(string[] arguments)
    {
        // What was made is removed when the run is stopped, too.
        using var stop = new CancellationTokenSource();
        Console.CancelKeyPress += (_, press) =>
        {
            press.Cancel = true;
            stop.Cancel();
        };
        return await Benchmark.MainAsync(arguments, Environment.GetEnvironmentVariable, Console.Out, Console.Error, stop.Token);
    }
}
