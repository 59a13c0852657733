using System.Net.Security;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace IdentityProvider.Tests.Support;

/// <summary>
/// The server of the protocol tests: https issuer, the seed of <see cref="ProviderSeed"/>, and a clock that tests move forward.
/// Tests that share one run one after the other.
/// </summary>
public sealed class Provider : IAsyncLifetime
{
    private const int LargeBody = 32 * 1024;

    private readonly HttpMessageInvoker _http = new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        UseProxy = false,
        Expect100ContinueTimeout = TimeSpan.FromSeconds(30),
        SslOptions = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate is not null },
    });

    private TestHost? _host;

    public FakeTimeProvider Time { get; } = new(TimeProvider.System.GetUtcNow());

    public TestHost Host => _host ?? throw new InvalidOperationException("The server has not been started.");

    public string Issuer => Host.Issuer;

    public Task InitializeAsync() => StartAsync(configure: null);

    public async Task DisposeAsync()
    {
        _http.Dispose();
        if (_host is not null)
        {
            await _host.DisposeAsync();
        }
    }

    internal async Task StartAsync(Action<TestHostOptions>? configure) => _host = await TestHost.StartAsync(options =>
    {
        options.Https = true;
        options.Time = Time;
        options.Seed = ProviderSeed.Json;
        configure?.Invoke(options);
    });

    /// <summary>A large body is only sent when the server wants it: a server that refuses it may close the connection before all is written.</summary>
    internal static void AskFirst(HttpRequestMessage request) =>
        request.Headers.ExpectContinue = request.Content?.Headers.ContentLength > LargeBody;

    /// <summary>Lets days pass at once: the server's timers, which tick each second, do not run for each second that was left out.</summary>
    internal void Skip(TimeSpan span) => Time.AdjustTime(Time.GetUtcNow() + span);

    internal Browser NewBrowser() => new(_http, Issuer);

    internal Browser NewBrowser(string userAgent) => new(_http, Issuer) { UserAgent = userAgent };

    /// <summary>The client of the seed with this id, with its secret and its first redirect URI.</summary>
    internal RelyingParty Client(string clientId, string responseMode = "query", bool? pkce = null)
    {
        var isPublic = clientId is "spa" or "native";
        return new RelyingParty(this, clientId, isPublic ? null : $"{clientId}-key-of-the-tests", clientId switch
        {
            "native" => "http://127.0.0.1:51004/callback",
            _ => $"https://{clientId}.example/callback",
        })
        {
            ResponseMode = responseMode,
            AuthMethod = isPublic ? "none" : clientId == "web-post" ? "client_secret_post" : "client_secret_basic",
            Pkce = pkce ?? (isPublic || clientId is "strict" or "modern"),
        };
    }

    /// <summary>An API of the seed, as it calls introspection.</summary>
    internal RelyingParty Api(string name) => new(this, name, name switch
    {
        "https://reports.example" => "reports-key-of-the-tests",
        _ => $"{name}-key-of-the-tests",
    }, redirectUri: null);

    internal Task<HttpResponseMessage> SendAsync(HttpRequestMessage request)
    {
        request.RequestUri = new Uri(new Uri(Issuer), request.RequestUri!);
        AskFirst(request);
        return _http.SendAsync(request, CancellationToken.None);
    }

    internal Task<Answer> GetAsync(string path, params (string Name, string Value)[] headers) => SendAsync(HttpMethod.Get, path, content: null, headers);

    internal async Task<Answer> SendAsync(HttpMethod method, string path, HttpContent? content, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path) { Content = content };
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return await Answer.ReadAsync(await SendAsync(request));
    }
}

/// <summary>Tests that share a server and its clock.</summary>
[CollectionDefinition(Name)]
public sealed class ProviderCollection : ICollectionFixture<Provider>
{
    public const string Name = "provider";
}
