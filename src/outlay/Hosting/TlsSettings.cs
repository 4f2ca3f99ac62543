using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Outlay.Hosting;

/// <summary>The files of the server's certificate, in PEM (RFC 7468).</summary>
/// <param name="Certificate">TLS_CERTIFICATE: the certificate of the server first, then those that lead to its authority.</param>
/// <param name="Key">TLS_KEY: its private key, not encrypted.</param>
internal sealed record TlsSettings(string Certificate, string Key)
{
    public static TlsSettings? From(SettingsSource source)
    {
        var (certificate, key) = (source.OptionalPath("TLS_CERTIFICATE"), source.OptionalPath("TLS_KEY"));
        if (certificate is not null && key is not null)
            return new TlsSettings(certificate, key);
        if (certificate is not null)
            source.Fault("TLS_CERTIFICATE", $"is '{certificate}'", "set TLS_KEY to the file with its key too");
        if (key is not null)
            source.Fault("TLS_KEY", $"is '{key}'", "set TLS_CERTIFICATE to the file with its certificate too");
        return null;
    }

    /// <summary>What both files hold.</summary>
    /// <exception cref="IOException">One of them cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">One of them may not be read.</exception>
    public (string Certificate, string Key) Read() => (File.ReadAllText(Certificate), File.ReadAllText(Key));

    /// <summary>A certificate with its key and the way to its authority, ready for handshakes.</summary>
    /// <exception cref="CryptographicException">The two do not belong together, or are none.</exception>
    public static SslStreamCertificateContext Parse((string Certificate, string Key) pem)
    {
        using var read = X509Certificate2.CreateFromPem(pem.Certificate, pem.Key);
        // A key that is only in memory is not enough for TLS on Windows.
        var certificate = X509CertificateLoader.LoadPkcs12(read.Export(X509ContentType.Pfx), null);
        var all = new X509Certificate2Collection();
        all.ImportFromPem(pem.Certificate);
        return SslStreamCertificateContext.Create(certificate, [.. all.Skip(1)], offline: true);
    }

    /// <summary>Why the files cannot be used, with the cure; null when they can.</summary>
    public string? Fault()
    {
        try
        {
            Parse(Read());
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"The certificate of TLS_CERTIFICATE ({Certificate}) and TLS_KEY ({Key}) cannot be read: check both paths and their permissions.";
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            return $"TLS_CERTIFICATE ({Certificate}) and TLS_KEY ({Key}) are no certificate and its key: both must be in PEM, belong together, and the key must not be encrypted.";
        }
    }
}
