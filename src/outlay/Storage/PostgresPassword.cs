namespace Outlay.Storage;

/// <summary>
/// The password that new sessions log in with. Between the change of its file and that of the server, one of the two is ahead: when the server
/// refuses one password, the one before it is tried.
/// </summary>
internal sealed class PostgresPassword(Secret secret)
{
    private static readonly AsyncLocal<Login?> s_login = new();

    private readonly Lock _lock = new();
    private string? _now;
    private string? _before;
    private string? _used;

    /// <summary>Follows what is sent by the logins that begin from here on, in this flow of the program.</summary>
    public static Login BeginLogin() => s_login.Value = new Login();

    /// <summary>The one to log in with: asked for each login, by the driver.</summary>
    public string Send()
    {
        var password = Read();
        s_login.Value?.Sent = password;
        return password;
    }

    private string Read()
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
    /// <returns>Whether there is another to log in with: <see cref="Send"/> gives it.</returns>
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

    /// <summary>One login, or one after the other: others log in meanwhile, perhaps with another password.</summary>
    internal sealed class Login
    {
        /// <summary>What was sent last; null before.</summary>
        public string? Sent { get; set; }
    }
}
