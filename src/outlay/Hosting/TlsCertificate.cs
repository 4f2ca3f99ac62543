using System.Net.Security;
using System.Security.Cryptography;

namespace Outlay.Hosting;

/// <summary>
/// The certificate that the server shows. Its files are looked at once a second: a new pair is shown to whoever connects from then on, one that
/// cannot be used changes nothing.
/// </summary>
internal sealed partial class TlsCertificate : RecurringTask
{
    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(1);

    private readonly TlsSettings _settings;
    private readonly ILogger _logger;
    private (string, string) _seen;
    private (string, string) _refused;
    private volatile SslStreamCertificateContext _now;

    /// <summary>Reads the certificate. What is wrong with it was found before.</summary>
    public TlsCertificate(TlsSettings settings, TimeProvider clock, ILogger<TlsCertificate> logger)
        : base(Task.CompletedTask, clock, logger)
    {
        (_settings, _logger) = (settings, logger);
        _seen = settings.Read();
        _now = TlsSettings.Parse(_seen);
    }

    public SslStreamCertificateContext Now => _now;

    protected override TimeSpan PauseAfterFailure => s_interval;

    public override Task<TimeSpan> RunAsync(CancellationToken token)
    {
        try
        {
            Look();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Whoever replaces files may have them gone for a moment.
            Refuse(("", ""), "its files cannot be read");
        }

        return Task.FromResult(s_interval);
    }

    private void Look()
    {
        var pem = _settings.Read();
        if (pem == _seen)
            return;
        try
        {
            _now = TlsSettings.Parse(pem);
            _seen = pem;
            Log.Changed(_logger, _now.TargetCertificate.NotAfter.ToUniversalTime());
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            Refuse(pem, "the files are no certificate and its key, in PEM, that belong together");
        }
    }

    /// <summary>One of two files is always replaced first: what is refused is told when it is still so at the second look.</summary>
    private void Refuse((string, string) pem, string reason)
    {
        if (_refused == pem && _seen != pem)
        {
            Log.NotUsable(_logger, reason);
            _seen = pem;
        }

        _refused = pem;
    }

    private static partial class Log
    {
        [LoggerMessage(EventName = "tls_certificate_changed", Level = LogLevel.Warning, Message = "The certificate has changed: the one in force ends {NotAfter:O}")]
        public static partial void Changed(ILogger logger, DateTime notAfter);

        [LoggerMessage(EventName = "tls_certificate_not_usable", Level = LogLevel.Error, Message = "The certificate stays as it was: {Reason}")]
        public static partial void NotUsable(ILogger logger, string reason);
    }
}
