namespace Outlay.Storage;

/// <summary>Where a transaction can no longer be given up; whoever comes second to it learns that.</summary>
internal sealed class CommitPoint : IDisposable
{
    private const int Open = 0;
    private const int Passed = 1;
    private const int Closed = 2;
    private const int Ended = 3;

    private readonly CancellationTokenSource _stop;

    private int _state = Open;

    /// <param name="token">Stops the work too.</param>
    public CommitPoint(CancellationToken token)
    {
        _stop = CancellationTokenSource.CreateLinkedTokenSource(token);
        Token = _stop.Token;
    }

    /// <summary>Stops the work that leads to the commit: also when nobody waits for it any longer.</summary>
    public CancellationToken Token { get; }

    public bool IsPassed => Volatile.Read(ref _state) == Passed;

    /// <summary>Nobody waits for the transaction any longer: it is not to commit, and its work is stopped.</summary>
    /// <returns>False when it does already, or has failed.</returns>
    public bool TryClose()
    {
        if (Interlocked.CompareExchange(ref _state, Closed, Open) != Open)
            return false;
        // Not waited for: to stop a statement on a server that hangs takes as long as it does.
        _ = _stop.CancelAsync();
        return true;
    }

    public void Pass()
    {
        if (Interlocked.CompareExchange(ref _state, Passed, Open) != Open)
            throw new OperationCanceledException("Nobody waits for the change any longer.");
    }

    /// <summary>The work has ended.</summary>
    public void Dispose()
    {
        // Whoever closes it may still be stopping the work.
        if (Interlocked.CompareExchange(ref _state, Ended, Open) != Closed)
            _stop.Dispose();
    }
}
