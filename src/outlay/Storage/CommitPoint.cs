namespace Outlay.Storage;

/// <summary>Where a transaction can no longer be given up; whoever comes second to it learns that.</summary>
internal sealed class CommitPoint
{
    private const int Passed = 1;
    private const int Closed = 2;

    private int _state;

    public bool IsPassed => Volatile.Read(ref _state) == Passed;

    /// <summary>Nobody waits for the transaction any longer: it is not to commit.</summary>
    /// <returns>False when it does already.</returns>
    public bool TryClose() => Interlocked.CompareExchange(ref _state, Closed, 0) == 0;

    public void Pass()
    {
        if (Interlocked.CompareExchange(ref _state, Passed, 0) != 0)
            throw new OperationCanceledException("Nobody waits for the change any longer.");
    }
}
