using Microsoft.Extensions.Logging;
using Outlay.Tests.Harness;

namespace Outlay.Tests;

public sealed class SettingsTests
{
    [Fact]
    public void Nothing_set_means_the_embedded_database_on_this_machine_only()
    {
        var settings = Read([], out var source);

        Assert.Empty(source.Faults);
        Assert.Null(settings.Postgres);
        Assert.Equal("http://127.0.0.1:8000/", settings.Listen.ToString());
        Assert.True(settings.ListensOnLoopback);
        Assert.False(settings.Access.AllowAnonymous);
        Assert.Equal("EUR", settings.DefaultCurrency.Code);
        Assert.Equal(Path.Combine(settings.DataDir, "backups"), settings.BackupsDir);
        Assert.Equal(new LogSettings(LogLevel.Information, LogFormat.Json, null, 7), settings.Log);
        Assert.All(source.Report, report => Assert.Equal("default", report.Origin));
    }

    [Theory]
    [InlineData("DB_HOST", "db.example")]
    [InlineData("DB_PORT", "5433")]
    [InlineData("DB_NAME", "book")]
    [InlineData("DB_USER", "someone")]
    [InlineData("DB_PASSWORD", "secret")]
    public void Any_variable_of_PostgreSQL_selects_it(string name, string value)
    {
        var settings = Read(new() { [name] = value }, out var source);

        Assert.Empty(source.Faults);
        var postgres = settings.Postgres!;
        var expected = new PostgresSettings("localhost", 5432, "expense_tracker", "expense_user", postgres.Password);
        Assert.Equal(name == "DB_PASSWORD" ? value : "expense_pass", postgres.Password.Read());
        Assert.Equal(name switch
        {
            "DB_HOST" => expected with { Host = value },
            "DB_PORT" => expected with { Port = 5433 },
            "DB_NAME" => expected with { Database = value },
            "DB_USER" => expected with { User = value },
            _ => expected,
        }, postgres);
    }

    [Theory]
    [InlineData("DB_PORT", "0", "use a whole number from 1 to 65535")]
    [InlineData("DB_PORT", "65536", "use a whole number from 1 to 65535")]
    [InlineData("DB_PORT", "54 32", "use a whole number from 1 to 65535")]
    [InlineData("LISTEN", "8000", "use an address like http://127.0.0.1:8000")]
    [InlineData("LISTEN", "https://127.0.0.1:8000", "set TLS_CERTIFICATE and TLS_KEY to the files of a certificate")]
    [InlineData("TLS_CERTIFICATE", "/etc/outlay/tls.crt", "set TLS_KEY to the file with its key too")]
    [InlineData("TLS_KEY", "/etc/outlay/tls.key", "set TLS_CERTIFICATE to the file with its certificate too")]
    [InlineData("LISTEN", "http://127.0.0.1:8000/path", "use an address like http://127.0.0.1:8000")]
    [InlineData("MANAGEMENT_LISTEN", "http://inside.example:8001", "use the address of this machine that it is for, not a name, like http://127.0.0.1:8001")]
    [InlineData("MANAGEMENT_LISTEN", "8001", "use an address like http://127.0.0.1:8001")]
    [InlineData("ALLOW_ANONYMOUS", "yes", "use one of true, false")]
    [InlineData("DEFAULT_CURRENCY", "EURO", "use a code of ISO 4217, like EUR, USD or JPY")]
    [InlineData("LOG_LEVEL", "loud", "use one of debug, info, warning, error")]
    [InlineData("LOG_FORMAT", "xml", "use one of json, text")]
    [InlineData("TRASH_RETENTION_DAYS", "-1", "use a whole number from 0 to 36500")]
    [InlineData("LOG_RETENTION_DAYS", "0", "use a whole number from 1 to 3650")]
    [InlineData("LOG_RETENTION_DAYS", "-1", "use a whole number from 1 to 3650")]
    [InlineData("DRAIN_DELAY", "5", "use a number and a unit, like 15m, 24h or 7d, from 0s to 10m")]
    [InlineData("SHUTDOWN_TIMEOUT", "2h", "use a number and a unit, like 15m, 24h or 7d, from 1s to 1h")]
    [InlineData("DATA_MIN_FREE", "10%", "use a number and a unit (KiB, MiB, GiB, TiB), like 512MiB or 2GiB")]
    [InlineData("BACKUPS_MIN_FREE", "1GB", "use a number and a unit (KiB, MiB, GiB, TiB), like 512MiB or 2GiB")]
    [InlineData("BACKUPS_MIN_FREE", "99999999TiB", "use a number and a unit (KiB, MiB, GiB, TiB), like 512MiB or 2GiB")]
    public void A_bad_value_is_named_with_its_cure(string name, string value, string cure)
    {
        Read(new() { [name] = value }, out var source);

        Assert.Equal([$"{name} is '{value}': {cure}."], source.Faults);
    }

    [Fact]
    public void A_server_leaves_slowly_unless_a_person_watches()
    {
        static TimeSpan Delay(bool onTerminal) => Settings.From(new SettingsSource(_ => null, onTerminal)).DrainDelay;

        Assert.Equal((TimeSpan.FromSeconds(5), TimeSpan.Zero), (Delay(onTerminal: false), Delay(onTerminal: true)));
    }

    [Fact]
    public void Requests_are_left_some_time_after_the_delay()
    {
        Read(new() { ["DRAIN_DELAY"] = "1m", ["SHUTDOWN_TIMEOUT"] = "60s" }, out var source);

        Assert.Equal(["DRAIN_DELAY is 1m and SHUTDOWN_TIMEOUT 1m: requests that run need some time after the delay, so set a longer SHUTDOWN_TIMEOUT."], source.Faults);
    }

    [Fact]
    public void Every_bad_value_is_told_at_once()
    {
        Read(new() { ["DB_PORT"] = "x", ["LISTEN"] = "y", ["LOG_LEVEL"] = "z" }, out var source);

        var error = Assert.Throws<AppException>(source.ThrowIfFaulty);

        Assert.Equal(ErrorCode.BadConfiguration, error.Code);
        Assert.Equal(78, ErrorTable.Of(error.Code).ExitCode);
        Assert.Equal(3, error.Message.Split(Environment.NewLine).Length);
    }

    [Theory]
    [InlineData("http://localhost:8000", true)]
    [InlineData("http://127.0.0.2:8000", true)]
    [InlineData("http://[::1]:8000", true)]
    [InlineData("http://0.0.0.0:8000", false)]
    [InlineData("http://[::]:8000", false)]
    [InlineData("http://192.168.1.10:8000", false)]
    [InlineData("http://outlay.example:8000", false)]
    [InlineData("http://localhost.example:8000", false)]
    public void Knows_whether_others_can_reach_the_server(string listen, bool loopback) =>
        Assert.Equal(loopback, Read(new() { ["LISTEN"] = listen }, out _).ListensOnLoopback);

    [Fact]
    public void A_secret_can_come_from_a_file_and_is_never_shown()
    {
        using var folder = new TestFolder();
        File.WriteAllText(folder.File("password"), "hush hush\n");

        var settings = Read(new() { ["DB_PASSWORD_FILE"] = folder.File("password") }, out var source);

        Assert.Empty(source.Faults);
        Assert.Equal("hush hush", settings.Postgres?.Password.Read());
        var report = Assert.Single(source.Report, report => report.Name == "DB_PASSWORD");
        Assert.Equal(new SettingReport("DB_PASSWORD", "********", folder.File("password")), report);
    }

    [Fact]
    public void A_secret_in_the_environment_is_never_shown()
    {
        Read(new() { ["DB_PASSWORD"] = "hush" }, out var source);

        Assert.Contains(new SettingReport("DB_PASSWORD", "********", "environment"), source.Report);
    }

    [Fact]
    public void A_secret_cannot_be_set_twice()
    {
        using var folder = new TestFolder();
        File.WriteAllText(folder.File("password"), "one");

        Read(new() { ["DB_PASSWORD"] = "two", ["DB_PASSWORD_FILE"] = folder.File("password") }, out var source);

        Assert.Equal(["DB_PASSWORD and DB_PASSWORD_FILE are both set: set only one of them."], source.Faults);
    }

    [Fact]
    public void A_file_of_a_secret_that_cannot_be_read_is_named()
    {
        using var folder = new TestFolder();

        Read(new() { ["DB_PASSWORD_FILE"] = folder.File("none") }, out var source);

        Assert.Equal(
            [$"DB_PASSWORD_FILE names '{folder.File("none")}', which cannot be read: check the path and its permissions."], source.Faults);
    }

    [Fact]
    public void Each_value_is_reported_with_where_it_comes_from()
    {
        Read(new() { ["LOG_LEVEL"] = "debug", ["LOG_FORMAT"] = "" }, out var source);

        Assert.Contains(new SettingReport("LOG_LEVEL", "debug", "environment"), source.Report);
        Assert.Contains(new SettingReport("LOG_FORMAT", "json", "default"), source.Report);
    }

    private static Settings Read(Dictionary<string, string> environment, out SettingsSource source)
    {
        source = new SettingsSource(environment.GetValueOrDefault);
        return Settings.From(source);
    }
}
