namespace Outlay.Storage;

/// <summary>
/// The password that new sessions log in with. Between the change of its file and that of the server, one of the two is ahead: when the server
/// refuses one password, the one before it is tried.
/// </summary>
internal sealed class PostgresPassword(Secret secret)
{
    private readonly Lock _lock = new();
    private string? _now;
    private string? _before;
    private string? _used;

    /// <summary>What was given out last; null before. Does not look at the file.</summary>
    public string? Given
    {
        get
        {
            lock (_lock)
                return _used;
        }
    }

    /// <summary>The one to log in with: called for each login, and for nothing else.</summary>
    public string Read()
    {
        lock (_lock)
        {
            // One that the server has refused is not kept: what worked before it still may.
            if (secret.Read() is var read && read != _now)
                (_before, _now, _used) = (_used, read, read);
            return _used!;
        }
    }

    /// <summary>The server has refused a password.</summary>
    /// <returns>Whether there is another to log in with: <see cref="Read"/> gives it.</returns>
    public bool TryOther(string? refused)
    {
        lock (_lock)
        {
            // The file has changed meanwhile, or another login has found out which one is right.
            if (Read() != refused)
                return true;
            if (_before is null)
                return false;
            _used = _used == _now ? _before : _now;
            return true;
        }
    }
}
