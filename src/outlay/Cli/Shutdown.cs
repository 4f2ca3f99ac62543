using System.Runtime.InteropServices;

namespace Outlay.Cli;

/// <summary>Turns Ctrl-C and SIGTERM into cancellation, so that work stops where it leaves nothing half done.</summary>
internal sealed class Shutdown : IDisposable
{
    private readonly CancellationTokenSource _source = new();
    private readonly PosixSignalRegistration[] _signals;

    public Shutdown() => _signals =
    [
        PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop),
        PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop),
    ];

    public CancellationToken Token => _source.Token;

    public void Dispose()
    {
        foreach (var signal in _signals)
            signal.Dispose();
        _source.Dispose();
    }

    private void Stop(PosixSignalContext signal)
    {
        // Only the first signal is held back: a second one ends the process at once, whatever it hangs on.
        signal.Cancel = !_source.IsCancellationRequested;
        _source.Cancel();
    }
}
