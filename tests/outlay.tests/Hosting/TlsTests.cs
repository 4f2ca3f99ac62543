using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Outlay.Tests.Harness;

namespace Outlay.Tests.Hosting;

/// <summary>The server ends TLS itself, with a certificate that can be replaced while it serves.</summary>
public sealed class TlsTests : IDisposable
{
    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_certificate_is_replaced_while_requests_go_on_and_a_bad_one_changes_nothing()
    {
        await using var database = await TestDatabase.CreateAsync(Engine.Sqlite);
        var first = await ReplaceAsync("first.example");
        await using var server = OutlayProcess.StartServer(Environment(database));
        var address = await server.WaitForAddressAsync();
        Assert.Equal(Uri.UriSchemeHttps, address.Scheme);
        Assert.Equal(first, await ShownAsync(address));
        using var stop = new CancellationTokenSource();
        var load = Task.Run(() => AskAsync(address, stop.Token), Test.Token);

        var second = await ReplaceAsync("second.example");
        await Eventually.TrueAsync("who connects sees the new certificate", async () => await ShownAsync(address) == second);
        await File.WriteAllTextAsync(_folder.File("now/tls.key"), "no key");
        await server.WaitForOutputAsync("tls_certificate_not_usable");

        Assert.Equal(second, await ShownAsync(address));
        Assert.Equal("ok", (await OutlayProcess.RunAsync(["healthcheck"], Environment(database, address))).Output.Trim());
        await stop.CancelAsync();
        Assert.True(await load > 10);
    }

    [Fact]
    public async Task Browsers_are_told_to_stay_with_TLS_and_HTTP_2_is_spoken()
    {
        await using var database = await TestDatabase.CreateAsync(Engine.Sqlite);
        await ReplaceAsync("outlay.example");
        await using var server = OutlayProcess.StartServer(Environment(database));
        using var client = Client(await server.WaitForAddressAsync());
        using var request = new HttpRequestMessage(HttpMethod.Get, "/livez") { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact };

        using var answer = await client.SendAsync(request, Test.Token);

        Assert.Equal("max-age=31536000", Assert.Single(answer.Headers.GetValues("Strict-Transport-Security")));
    }

    [Fact]
    public async Task What_is_no_certificate_and_its_key_stops_the_start_with_the_cure()
    {
        await using var database = await TestDatabase.CreateAsync(Engine.Sqlite);
        await ReplaceAsync("outlay.example");
        await File.WriteAllTextAsync(_folder.File("other.key"), KeyOf(RSA.Create(2048)));

        var missing = await OutlayProcess.RunAsync(["serve"], new Dictionary<string, string>(Environment(database)) { ["TLS_KEY"] = _folder.File("none") });
        var other = await OutlayProcess.RunAsync(["serve"], new Dictionary<string, string>(Environment(database)) { ["TLS_KEY"] = _folder.File("other.key") });
        var unused = await OutlayProcess.RunAsync(["serve"], new Dictionary<string, string>(Environment(database)) { ["LISTEN"] = "http://127.0.0.1:0" });

        Assert.Equal((78, 78, 78), (missing.ExitCode, other.ExitCode, unused.ExitCode));
        Assert.Contains("cannot be read: check both paths", missing.Error, StringComparison.Ordinal);
        Assert.Contains("are no certificate and its key", other.Error, StringComparison.Ordinal);
        Assert.Contains("write https there", unused.Error, StringComparison.Ordinal);
    }

    private Dictionary<string, string> Environment(TestDatabase database, Uri? address = null) => new(database.Environment)
    {
        ["LISTEN"] = address?.GetLeftPart(UriPartial.Authority) ?? "https://127.0.0.1:0",
        ["TLS_CERTIFICATE"] = _folder.File("now/tls.crt"),
        ["TLS_KEY"] = _folder.File("now/tls.key"),
    };

    /// <summary>Puts a new certificate and its key in place, both at once, by a link.</summary>
    /// <returns>Its thumbprint.</returns>
    private async Task<string> ReplaceAsync(string name)
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(30));
        var folder = Directory.CreateDirectory(_folder.File(name)).FullName;
        await File.WriteAllTextAsync(Path.Combine(folder, "tls.crt"), certificate.ExportCertificatePem());
        await File.WriteAllTextAsync(Path.Combine(folder, "tls.key"), KeyOf(key));
        await Command.RunAsync("sh", "-c", $"cd {_folder.Path} && ln -s {folder} link && mv -T link now");
        return certificate.Thumbprint;
    }

    private static string KeyOf(RSA key)
    {
        using (key)
            return key.ExportPkcs8PrivateKeyPem();
    }

    /// <summary>The certificate that somebody sees who connects now.</summary>
    private static async Task<string> ShownAsync(Uri address)
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync(address.Host, address.Port, Test.Token);
        await using var tls = new SslStream(socket.GetStream(), leaveInnerStreamOpen: false, (_, shown, _, _) => IsSelfSigned(shown));
        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = "outlay.example" }, Test.Token);
        return ((X509Certificate2)tls.RemoteCertificate!).Thumbprint;
    }

    /// <summary>Asks again and again, on connections that stay and on new ones; throws when a request fails.</summary>
    /// <returns>How often.</returns>
    private static async Task<int> AskAsync(Uri address, CancellationToken stop)
    {
        using var lasting = Client(address);
        var count = 0;
        for (; !stop.IsCancellationRequested; count += 2)
        {
            using var fresh = Client(address);
            foreach (var client in new[] { lasting, fresh })
                Assert.Equal("[]", await client.GetStringAsync(new Uri("/expenses", UriKind.Relative), Test.Token));
        }

        return count;
    }

    private static bool IsSelfSigned(X509Certificate? shown) => shown!.Subject == shown.Issuer;

    private static HttpClient Client(Uri address) => new(new SocketsHttpHandler { SslOptions = { RemoteCertificateValidationCallback = (_, shown, _, _) => IsSelfSigned(shown) } }) { BaseAddress = address };
}
