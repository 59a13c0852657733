using System.Net;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace IdentityProvider.Storage.Tests.SystemTests;

/// <summary>A client's server on https://localhost, with a certificate of an authority that nobody knows.</summary>
internal sealed class TlsReceiver : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly Channel<string> _received = Channel.CreateUnbounded<string>();
    private readonly X509Certificate2 _authority = Authority();
    private readonly X509Certificate2 _certificate;

    private TlsReceiver()
    {
        _certificate = Issue(_authority);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseHttps(_certificate)));
        _app = builder.Build();
        _app.MapPost("/logout", async (HttpRequest request) =>
        {
            Protocol = request.HttpContext.Features.GetRequiredFeature<ITlsHandshakeFeature>().Protocol;
            _received.Writer.TryWrite((await request.ReadFormAsync())["logout_token"].ToString());
            return Results.Ok();
        });
    }

    public string Url => $"https://localhost:{new Uri(_app.Urls.Single()).Port}/logout";

    public string AuthorityPem => _authority.ExportCertificatePem();

    /// <summary>What the last call that arrived was encrypted with.</summary>
    public SslProtocols Protocol { get; private set; }

    public bool IsEmpty => _received.Reader.Count == 0;

    public static async Task<TlsReceiver> StartAsync()
    {
        var receiver = new TlsReceiver();
        await receiver._app.StartAsync();
        return receiver;
    }

    /// <summary>The next logout token.</summary>
    public Task<string> NextAsync() => _received.Reader.ReadAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(60));

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _certificate.Dispose();
        _authority.Dispose();
    }

    private static X509Certificate2 Authority()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=Authority of the tests", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, critical: true));
        var now = TimeProvider.System.GetUtcNow();
        return request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
    }

    private static X509Certificate2 Issue(X509Certificate2 authority)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        using var issued = request.Create(authority, authority.NotBefore, authority.NotAfter, RandomNumberGenerator.GetBytes(8));
        using var whole = issued.CopyWithPrivateKey(key);
        return X509CertificateLoader.LoadPkcs12(whole.Export(X509ContentType.Pkcs12), null);
    }
}
