using Npgsql;

namespace Outlay.Storage;

/// <summary>How sessions of PostgreSQL are opened, and what holds in each of them.</summary>
internal static class PostgresSession
{
    /// <summary>
    /// A server, a database or an account can have other defaults. The statements rely on these. A client that vanishes without a word keeps
    /// its locks until the server notices: here after 25 s, by default after two hours.
    /// </summary>
    private const string Defaults =
        "-c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3 -c tcp_user_timeout=25000 " +
        @"-c datestyle=ISO -c timezone=UTC -c standard_conforming_strings=on -c default_transaction_isolation=read\ committed -c idle_in_transaction_session_timeout=0";

    /// <param name="settings">Where the servers are.</param>
    /// <param name="password">What sessions log in with.</param>
    /// <param name="patience">How long a session may take to open, and wait for a lock.</param>
    /// <param name="statementTimeout">How long a statement may take; zero for as long as it needs.</param>
    /// <param name="max">How many sessions there may be.</param>
    /// <param name="suffix">What figures add to the name of a server, to tell these sessions from others.</param>
    public static PostgresPools Open(PostgresSettings settings, PostgresPassword password, TimeSpan patience, TimeSpan statementTimeout, int max, string suffix)
    {
        var hosts = Hosts(settings).Length;
        var builder = new NpgsqlSlimDataSourceBuilder(new NpgsqlConnectionStringBuilder
        {
            Host = settings.Host,
            Port = settings.Port,
            Database = settings.Database,
            Username = settings.User,
            ApplicationName = "outlay",
            // Users log in with a password. To find out that there is no Kerberos ticket takes a connection of its own.
            GssEncryptionMode = GssEncryptionMode.Disable,
            // For each server of a list: one that is silent must leave time for the next. Whole seconds only: whoever opens holds the exact limit.
            Timeout = hosts == 1 ? (int)Math.Ceiling(patience.TotalSeconds) : Math.Max(1, (int)(patience / hosts).TotalSeconds),
            CommandTimeout = 30,
            MaxPoolSize = max,
            Options = $"-c lock_timeout={patience.TotalMilliseconds:F0} -c statement_timeout={statementTimeout.TotalMilliseconds:F0} {Defaults}",
            // The other way round: a server that vanished under a statement without a limit.
            TcpKeepAlive = true,
            TcpKeepAliveTime = 10,
            TcpKeepAliveInterval = 5,
            MaxAutoPrepare = 50,
            AutoPrepareMinUsages = 2,
            // How long a server of a list is left alone that gave no answer, or that took no writes.
            HostRecheckSeconds = 5,
        }.ToString());
        builder.UsePasswordProvider(_ => password.Send(), (_, _) => ValueTask.FromResult(password.Send()));
        // Only built-in types are in use: no query for the others at each first connection.
        builder.EnableTransportSecurity().EnableArrays().ConfigureTypeLoading(types => types.EnableTypeLoading(false));
        // A list of servers is followed to whichever of them takes writes. A single server may stand behind a proxy, where asking
        // for its role would go wrong.
        if (hosts == 1)
        {
            var single = builder.Build();
            return new PostgresPools(single, [single], password, suffix);
        }

        var all = builder.BuildMultiHost();
        return new PostgresPools(all.WithTargetSession(TargetSessionAttributes.ReadWrite), PostgresPools.Of(all), password, suffix);
    }

    /// <summary>Every server with its port, and the database.</summary>
    public static string Location(PostgresSettings settings) =>
        $"{string.Join(',', Hosts(settings).Select(host => HasPort(host) ? host : $"{host}:{settings.Port}"))}/{settings.Database}";

    private static string[] Hosts(PostgresSettings settings) => settings.Host.Split(',');

    /// <summary>Whether a name in the list of servers carries a port of its own; a bare address of IPv6 carries none.</summary>
    private static bool HasPort(string host) => host.Contains(']') ? host.Contains("]:", StringComparison.Ordinal) : host.Count(':') == 1;
}
