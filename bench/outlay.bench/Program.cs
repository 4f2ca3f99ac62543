using System.Runtime.InteropServices;

namespace Outlay.Bench;

internal static class Program
{
    public static async Task<int> Main(string[] arguments)
    {
        // What was made is removed when the run is stopped, too.
        using var stop = new CancellationTokenSource();
        void Stop(PosixSignalContext signal)
        {
            signal.Cancel = true;
            stop.Cancel();
        }

        using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        return await Benchmark.MainAsync(arguments, Environment.GetEnvironmentVariable, Console.Out, Console.Error, stop.Token);
    }
}
