using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using IdentityProvider.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Time.Testing;
using Serilog.Core;
using Xunit;

namespace IdentityProvider.Testing;

/// <summary>What a test wants different. Everything has a default.</summary>
public sealed class TestHostOptions
{
    /// <summary>Development, as at somebody's desk.</summary>
    public string Environment { get; set; } = "Development";

    /// <summary>The assembly whose pages come first.</summary>
    public string ApplicationName { get; set; } = "idp";

    /// <summary>Listen with a throwaway certificate, under an https issuer.</summary>
    public bool Https { get; set; }

    /// <summary>A socket that is bound already, for a test that has to know the address before the start: see <see cref="TestHost.Bind"/>.</summary>
    public Socket? Socket { get; set; }

    /// <summary>The host name under which the server is reached: browsers hold localhost and 127.0.0.1 to be two sites.</summary>
    public string Host { get; set; } = "localhost";

    /// <summary>The clock of the server; null: the real one.</summary>
    public FakeTimeProvider? Time { get; set; }

    /// <summary>The seed file's text; see <see cref="TestSeed"/>. A second one can be added with <see cref="ExtraSeed"/>.</summary>
    public string Seed { get; set; } = TestSeed.Default;

    /// <summary>More of the same form.</summary>
    public string? ExtraSeed { get; set; }

    /// <summary>Settings, as on the command line.</summary>
    public Dictionary<string, string> Settings { get; } = [];

    /// <summary>What a host of one's own registers.</summary>
    public Action<WebApplicationBuilder>? Configure { get; set; }

    /// <summary>What a host of one's own adds behind our routes.</summary>
    public Action<WebApplication>? Use { get; set; }
}

/// <summary>
/// The real server in this process, on a real port, with SQLite in a directory of its own:
/// <c>await using var host = await TestHost.StartAsync();</c>
/// </summary>
public sealed class TestHost : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly Socket _socket;
    private readonly DirectoryInfo _directory;
    private readonly List<HttpClient> _clients = [];

    private TestHost(WebApplication app, Socket socket, DirectoryInfo directory, string address, LogCapture log)
    {
        _app = app;
        _socket = socket;
        _directory = directory;
        Issuer = address;
        Address = new Uri(address);
        Log = log;
        Http = NewClient(cookies: false);
    }

    /// <summary>The issuer, unless a setting says otherwise: <c>http://localhost:PORT</c>.</summary>
    public string Issuer { get; }

    /// <summary>Where the server listens.</summary>
    public Uri Address { get; }

    /// <summary>A client without cookies that follows no redirect.</summary>
    public HttpClient Http { get; }

    public IServiceProvider Services => _app.Services;

    /// <summary>What was logged, as the JSON that Production writes.</summary>
    public LogCapture Log { get; }

    /// <summary>A directory that goes away with the host.</summary>
    public string Directory => _directory.FullName;

    public static async Task<TestHost> StartAsync(Action<TestHostOptions>? configure = null)
    {
        var options = new TestHostOptions();
        configure?.Invoke(options);

        var directory = System.IO.Directory.CreateTempSubdirectory("idp-test-");
        var seed = directory.CreateSubdirectory("seed");
        await File.WriteAllTextAsync(Path.Combine(seed.FullName, "1.json"), options.Seed);
        if (options.ExtraSeed is not null)
        {
            await File.WriteAllTextAsync(Path.Combine(seed.FullName, "2.json"), options.ExtraSeed);
        }

        // The socket is bound before the server exists, so that the issuer can name its port and nobody else can take it.
        var socket = options.Socket ?? Bind();
        var issuer = $"{(options.Https ? "https" : "http")}://{options.Host}:{((IPEndPoint)socket.LocalEndPoint!).Port}";

        var settings = new Dictionary<string, string>
        {
            ["Issuer"] = issuer,
            ["Database:Provider"] = "Sqlite",
            ["Database:MigrateOnStart"] = "true",
            ["ConnectionStrings:Database"] = $"Data Source={Path.Combine(directory.FullName, "idp.db")}",
            ["Seed:Path"] = seed.FullName,
            ["Argon2:MemoryKiB"] = "8",
            ["Argon2:Iterations"] = "1",
            ["RateLimits:PendingRequestsPerNetwork"] = "1000000",
            ["Shutdown:Delay"] = "00:00:00",
            ["Passwords:CheckBreachesOnline"] = "false",
        };
        if (options.Environment == "Development")
        {
            settings["Keys:Directory"] = Path.Combine(directory.FullName, "keys");
        }

        foreach (var (key, value) in options.Settings)
        {
            settings[key] = value;
        }

        var builder = WebApplication.CreateBuilder(new WebApplicationOptions
        {
            ApplicationName = options.ApplicationName,
            EnvironmentName = options.Environment,
            ContentRootPath = AppContext.BaseDirectory,
            Args = [.. settings.Select(setting => $"--{setting.Key}={setting.Value}")],
        });
        var log = new LogCapture();
        builder.Services.AddSingleton<ILogEventSink>(log);
        if (options.Time is not null)
        {
            builder.Services.Replace(ServiceDescriptor.Singleton<TimeProvider>(options.Time));
        }

        options.Configure?.Invoke(builder);
        builder.AddIdentityProvider();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ListenHandle((ulong)socket.Handle, listen =>
        {
            if (options.Https)
            {
                listen.UseHttps(Certificate);
            }
        }));

        var app = builder.Build();
        try
        {
            await app.PrepareIdentityProviderAsync();
            app.UseIdentityProvider();
            options.Use?.Invoke(app);
            await app.StartAsync();
            return new TestHost(app, socket, directory, issuer, log);
        }
        catch
        {
            await app.DisposeAsync();
            socket.Dispose();
            directory.Delete(recursive: true);
            throw;
        }
    }

    /// <summary>A port of loopback that nobody else is given.</summary>
    public static Socket Bind()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return socket;
    }

    /// <summary>A client that follows no redirect; with cookies it is a browser of its own.</summary>
    public HttpClient NewClient(bool cookies = true)
    {
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = cookies,
            UseProxy = false,
            SslOptions = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate is not null },
        };
        var client = new HttpClient(handler) { BaseAddress = Address };
        _clients.Add(client);
        return client;
    }

    /// <summary>A browser in which somebody has signed in on the page. The passwords of the test seed equal the names.</summary>
    public async Task<HttpClient> SignInAsync(string username, string? password = null, HttpClient? browser = null)
    {
        browser ??= NewClient();
        using var response = await browser.PostFormAsync("/account/login", new()
        {
            ["username"] = username,
            ["password"] = password ?? username,
        });
        Assert.Equal(HttpStatusCode.SeeOther, response.StatusCode);
        return browser;
    }

    /// <summary>Changes the database behind the server's back: for what nothing else can bring about yet, or a test would wait for.</summary>
    public async Task<int> ExecuteAsync(string sql)
    {
        await using var connection = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={Path.Combine(_directory.FullName, "idp.db")}");
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
#pragma warning disable CA2100 // A test's own words.
        command.CommandText = sql;
#pragma warning restore CA2100
        return await command.ExecuteNonQueryAsync();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var client in _clients)
        {
            client.Dispose();
        }

        await _app.StopAsync();
        await _app.DisposeAsync();
        _socket.Dispose();
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        _directory.Delete(recursive: true);
    }

    /// <summary>A throwaway certificate of localhost.</summary>
    public static X509Certificate2 Certificate => s_certificate.Value;

    private static readonly Lazy<X509Certificate2> s_certificate = new(() =>
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        return request.CreateSelfSigned(TimeProvider.System.GetUtcNow().AddDays(-1), TimeProvider.System.GetUtcNow().AddDays(1));
    });
}
