using System.Net;
using Outlay.Access;
using Outlay.Backup;
using Outlay.Backup.Age;
using Outlay.Expenses;
using Outlay.Hosting;
using Outlay.Limits;
using Outlay.Telemetry;

namespace Outlay;

/// <summary>Every option of the program. Read once, from environment variables, and checked as a whole before anything starts.</summary>
internal sealed record Settings
{
    /// <summary>The PostgreSQL server; null selects the embedded database in <see cref="DataDir"/>.</summary>
    public PostgresSettings? Postgres { get; init; }

    /// <summary>The folder of the embedded database and of local state.</summary>
    public required string DataDir { get; init; }

    /// <summary>LISTEN: where the server listens, an absolute http or https URL. Default http://127.0.0.1:8000.</summary>
    public required string ListenUrl { get; init; }

    /// <summary><see cref="ListenUrl"/> in its parts; taken apart when it is first asked for, which no verb does.</summary>
    public Uri Listen => field ??= new Uri(ListenUrl);

    /// <summary>MANAGEMENT_LISTEN: where metrics, health and administration are answered, and nothing else; null: where everything is.</summary>
    public Uri? Management { get; init; }

    /// <summary>TLS_CERTIFICATE and TLS_KEY: what an https address of the server shows; null without one.</summary>
    public TlsSettings? Tls { get; init; }

    public required AccessSettings Access { get; init; }

    /// <summary>REQUEST_TIMEOUT: how long a request waits for the database, 1–300 whole seconds. Default 2.</summary>
    public required TimeSpan RequestTimeout { get; init; }

    /// <summary>How long a request waits for a connection or a lock: it ends before the request does, so that the answer can say what was missing.</summary>
    public TimeSpan PatienceOfRequests => RequestTimeout * 3 / 4;

    /// <summary>How long a server that was asked to stop still serves, while /readyz says 503: 0 seconds to 10 minutes, default 5 seconds, none on a terminal.</summary>
    public required TimeSpan DrainDelay { get; init; }

    /// <summary>When a server that was asked to stop cuts off what still runs, <see cref="DrainDelay"/> included: 1 second to 1 hour, default 25 seconds.</summary>
    public required TimeSpan ShutdownTimeout { get; init; }

    /// <summary>The currency of an expense that names none, while its owner has set no other. Default EUR.</summary>
    public required Currency DefaultCurrency { get; init; }

    /// <summary>Where backups are written. Default: the folder backups in <see cref="DataDir"/>.</summary>
    public required string BackupsDir { get; init; }

    /// <summary>How long what was deleted stays in the trash, 1–36500 days, default 30; 0 for ever.</summary>
    public int TrashRetentionDays { get; init; }

    /// <summary>How long after a backup the server makes the next one: 1 minute to 366 days, default 24 hours.</summary>
    public required TimeSpan BackupInterval { get; init; }

    /// <summary>How old the last verified backup may be: one that takes long, or waits for another instance, is not late yet.</summary>
    public TimeSpan BackupMaxAge => BackupInterval + TimeSpan.FromHours(2);

    /// <summary>How many bytes should be free where <see cref="DataDir"/> is. Default 256 MiB.</summary>
    public long DataMinFree { get; init; }

    /// <summary>How many bytes should be free where <see cref="BackupsDir"/> is. Default 512 MiB.</summary>
    public long BackupsMinFree { get; init; }

    /// <summary>Which backups are kept. Default: 7 daily 4 weekly 12 monthly.</summary>
    public required RetentionRule BackupRetention { get; init; }

    /// <summary>What backups are encrypted with; null leaves them readable.</summary>
    public AgeKey? BackupKey { get; init; }

    /// <summary>The object store that backups are also written to; null for none.</summary>
    public S3Settings? S3 { get; init; }

    /// <summary>INTEGRITY_CHECK_INTERVAL: how long after a self-check of totals and history the server makes the next: 1 second to 366 days, default 24 hours.</summary>
    public required TimeSpan IntegrityCheckInterval { get; init; }

    /// <summary>PROMETHEUS_URL: the Prometheus that scrapes the service and knows how its objectives stand; null for none.</summary>
    public Uri? Prometheus { get; init; }

    /// <summary>The API key that outlay probe sends; null for none.</summary>
    public Secret? ProbeApiKey { get; init; }

    public required LimitSettings Limits { get; init; }

    public required LogSettings Log { get; init; }

    public required TelemetrySettings Telemetry { get; init; }

    /// <summary>NO_COLOR and TERM: whether standard output may be coloured, for a person alone (no-color.org).</summary>
    public bool Colour => Log.Colour;

    /// <summary>TERM: whether the terminal shows text and obeys nothing else.</summary>
    public bool TerminalIsDumb { get; init; }

    /// <summary>What the user types to run this program: a script that stands before it says so. Default outlay.</summary>
    public required string Command { get; init; }

    /// <summary>What is in force and where it came from, with secrets masked.</summary>
    public IReadOnlyList<SettingReport> Report { get; init; } = [];

    /// <summary>The secrets that come from files, which may change.</summary>
    public IReadOnlyList<Secret> Secrets { get; init; } = [];

    /// <summary>The file of the embedded database.</summary>
    public string SqliteFile => Path.Combine(DataDir, "outlay.db");

    /// <summary>Whether the server listens for this machine only.</summary>
    public bool ListensOnLoopback => IsLoopback(Listen);

    /// <summary>Whether only this machine reaches the management port.</summary>
    public bool ManagementIsOnLoopback => Management is { } management && IsLoopback(management);

    /// <summary>
    /// Where this machine reaches the server: one that listens on all addresses, or on a name, listens on the loopback too.
    /// Throws <see cref="ErrorCode.Usage"/> when LISTEN leaves the port to the system.
    /// </summary>
    public Uri OwnAddress => Reached(Listen, "LISTEN");

    /// <summary>Where this machine asks how the server is. Throws as <see cref="OwnAddress"/>.</summary>
    public Uri OwnHealthAddress => Management is { } management ? Reached(management, "MANAGEMENT_LISTEN") : OwnAddress;

    /// <summary>
    /// Whether only this machine can reach the server, through a proxy neither. The management port makes no difference: what is there asks
    /// for ADMIN_SECRET or a key, or holds nothing of anybody.
    /// </summary>
    public bool IsPrivate => ListensOnLoopback && Access.TrustedProxies.Count == 0;

    /// <summary>Reads all settings; what is wrong, and where each value came from, is in <paramref name="source"/> afterwards: see <see cref="SettingsSource.ThrowIfFaulty"/>.</summary>
    public static Settings From(SettingsSource source)
    {
        var dataDir = source.Folder("DATA_DIR", DefaultDataDir);
        var settings = new Settings
        {
            Postgres = PostgresSettings.From(source),
            DataDir = dataDir,
            ListenUrl = source.Url("LISTEN", "http://127.0.0.1:8000"),
            Management = source.OptionalListen("MANAGEMENT_LISTEN", "http://127.0.0.1:8001"),
            Tls = TlsSettings.From(source),
            Access = AccessSettings.From(source),
            RequestTimeout = TimeSpan.FromSeconds(source.Number("REQUEST_TIMEOUT", 2, 1, 300)),
            DrainDelay = source.Duration("DRAIN_DELAY", source.OnTerminal ? "0s" : "5s", TimeSpan.Zero, TimeSpan.FromMinutes(10)),
            ShutdownTimeout = source.Duration("SHUTDOWN_TIMEOUT", "25s", TimeSpan.FromSeconds(1), TimeSpan.FromHours(1)),
            DefaultCurrency = source.Currency("DEFAULT_CURRENCY", "EUR"),
            BackupsDir = source.Folder("BACKUPS_DIR", () => Path.Combine(dataDir, "backups")),
            TrashRetentionDays = source.Number("TRASH_RETENTION_DAYS", 30, 0, 36_500),
            BackupInterval = source.Duration("BACKUP_INTERVAL", "24h", TimeSpan.FromMinutes(1), TimeSpan.FromDays(366)),
            DataMinFree = source.Size("DATA_MIN_FREE", "256MiB"),
            BackupsMinFree = source.Size("BACKUPS_MIN_FREE", "512MiB"),
            BackupRetention = source.Retention("BACKUP_RETENTION", "7 daily 4 weekly 12 monthly"),
            BackupKey = AgeKey.From(source),
            S3 = S3Settings.From(source),
            IntegrityCheckInterval = source.Duration("INTEGRITY_CHECK_INTERVAL", "24h", TimeSpan.FromSeconds(1), TimeSpan.FromDays(366)),
            Prometheus = source.OptionalUrl("PROMETHEUS_URL", "http://127.0.0.1:9090"),
            ProbeApiKey = source.OptionalSecret("PROBE_API_KEY"),
            Limits = LimitSettings.From(source),
            Log = LogSettings.From(source),
            Telemetry = TelemetrySettings.From(source),
            Command = source.Text("OUTLAY_COMMAND", "outlay", "environment (./run sets it)"),
            TerminalIsDumb = source.TerminalIsDumb,
            Report = source.Report,
            Secrets = source.Secrets,
        };
        if (settings.DrainDelay >= settings.ShutdownTimeout)
            source.Fault("DRAIN_DELAY", $"is {DurationText.Of(settings.DrainDelay)} and SHUTDOWN_TIMEOUT {DurationText.Of(settings.ShutdownTimeout)}",
                "requests that run need some time after the delay, so set a longer SHUTDOWN_TIMEOUT");
        CheckTls(settings, source);
        if (settings.Management is { } management && management.Port != 0 && management.Port == settings.Listen.Port)
            source.Fault("MANAGEMENT_LISTEN", $"has the port of LISTEN, {management.Port}", "use another one: a port is either for everybody or for whoever runs the service");
        return settings;
    }

    private static void CheckTls(Settings settings, SettingsSource source)
    {
        var isUsed = IsHttps(settings.ListenUrl) || (settings.Management is { } management && IsHttps(management.OriginalString));
        if (isUsed && settings.Tls is null && source.Faults.Count == 0)
        {
            var (name, url) = IsHttps(settings.ListenUrl) ? ("LISTEN", settings.ListenUrl) : ("MANAGEMENT_LISTEN", settings.Management!.OriginalString);
            source.Fault(name, $"is '{url}'", "set TLS_CERTIFICATE and TLS_KEY to the files of a certificate");
        }


        if (!isUsed && settings.Tls is { } tls)
            source.Fault("TLS_CERTIFICATE", $"is '{tls.Certificate}', and the address of LISTEN begins with http", "write https there, or leave the certificate out");
    }

    private static bool IsHttps(string url) => url.StartsWith("https:", StringComparison.OrdinalIgnoreCase);

    private static bool IsLoopback(Uri address) =>
        address.Host == "localhost" || (IPAddress.TryParse(address.Host.Trim('[', ']'), out var ip) && IPAddress.IsLoopback(ip));

    private static Uri Reached(Uri listen, string setting)
    {
        if (listen.Port == 0)
            throw new AppException(ErrorCode.Usage, $"{setting} has port 0, so the server took any: name it with --url.");
        // A socket for all addresses of IPv6 takes IPv4 too, which works where IPv6 is switched off.
        return IPAddress.TryParse(listen.Host.Trim('[', ']'), out var address) && !address.Equals(IPAddress.Any) && !address.Equals(IPAddress.IPv6Any)
            ? listen
            : new UriBuilder(listen) { Host = "127.0.0.1" }.Uri;
    }

    private static string DefaultDataDir()
    {
        var home = Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify);
        return home.Length == 0 ? "" : Path.Combine(home, "outlay");
    }
}

/// <summary>How to reach PostgreSQL. Any of its variables set selects it.</summary>
/// <param name="Host">DB_HOST: a name, or several with commas between them for failover; each may carry its own port.</param>
/// <param name="Port">DB_PORT: 1–65535, default 5432.</param>
internal sealed record PostgresSettings(string Host, int Port, string Database, string User, Secret Password)
{
    private static readonly string[] s_names = ["DB_HOST", "DB_PORT", "DB_NAME", "DB_USER", "DB_PASSWORD"];

    public static PostgresSettings? From(SettingsSource source)
    {
        var selected = s_names.Any(source.IsSet) || source.IsSet("DB_PASSWORD_FILE");
        var settings = new PostgresSettings(
            source.Text("DB_HOST", "localhost"),
            source.Number("DB_PORT", 5432, 1, 65535),
            source.Text("DB_NAME", "expense_tracker"),
            source.Text("DB_USER", "expense_user"),
            source.Secret("DB_PASSWORD", "expense_pass"));
        return selected ? settings : null;
    }
}
