using IdentityProvider.Accounts.Notifications;
using IdentityProvider.Accounts.Users;
using IdentityProvider.Protocol.Clients;
using IdentityProvider.Protocol.Events;
using IdentityProvider.Protocol.Tokens;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace IdentityProvider.Tests.Support;

/// <summary>A server with clients whose refresh tokens rotate, and with a host's own mail sender, event sink and lifetime policy.</summary>
public sealed class RefreshProvider : IAsyncLifetime
{
    /// <summary>With an ID token, an API that may be named, and one that may not.</summary>
    public const string Scope = "openid profile offline_access api.read reports.read";

    private const string Clients = """
        {
          "Clients": [
            {
              "ClientId": "rotating", "ClientName": "Rotating App", "ClientSecrets": [{ "Plaintext": "rotating-key-of-the-tests" }],
              "RefreshTokenUsage": "OneTimeOnly", "IdentityTokenLifetime": 5,
              "AllowedGrantTypes": ["authorization_code"], "RequirePkce": false, "RedirectUris": ["https://rotating.example/callback"],
              "AllowedScopes": ["openid", "profile", "api.read", "reports.read"], "AllowOfflineAccess": true
            },
            {
              "ClientId": "page", "ClientName": "Page App", "RequireClientSecret": false, "IdentityTokenLifetime": 5,
              "CoordinateLifetimeWithUserSession": false,
              "AllowedGrantTypes": ["authorization_code"], "RedirectUris": ["https://page.example/callback"],
              "AllowedScopes": ["openid", "profile", "api.read", "reports.read"], "AllowOfflineAccess": true
            },
            {
              "ClientId": "impatient", "ClientName": "Impatient App", "ClientSecrets": [{ "Plaintext": "impatient-key-of-the-tests" }],
              "RefreshTokenUsage": "OneTimeOnly", "RefreshTokenRetryWindow": 0, "RefreshTokenLostResponseWindow": 20,
              "AllowedGrantTypes": ["authorization_code"], "RequirePkce": false, "RedirectUris": ["https://impatient.example/callback"],
              "AllowedScopes": ["openid"], "AllowOfflineAccess": true
            },
            {
              "ClientId": "patient", "ClientName": "Patient App", "RequireClientSecret": false, "RefreshTokenRetryWindow": 60,
              "AllowedGrantTypes": ["authorization_code"], "RedirectUris": ["https://patient.example/callback"],
              "AllowedScopes": ["openid"], "AllowOfflineAccess": true
            },
            {
              "ClientId": "bound", "ClientName": "Bound App", "RequireClientSecret": false, "RefreshTokenDeviceBinding": "Enforce",
              "AllowedGrantTypes": ["authorization_code"], "RedirectUris": ["https://bound.example/callback"],
              "AllowedScopes": ["openid"], "AllowOfflineAccess": true
            }
          ]
        }
        """;

    internal Provider Provider { get; } = new();

    internal MailCapture Mail { get; } = new();

    internal EventCapture Events { get; } = new();

    internal LimitEverybody Limits { get; } = new();

    public Task InitializeAsync() => StartAsync(_ => { });

    internal Task StartAsync(Action<TestHostOptions> configure) => Provider.StartAsync(options =>
    {
        options.ExtraSeed = Clients;
        options.Settings["ForwardedHeaders:KnownProxies:0"] = "127.0.0.1";
        options.Configure = builder =>
        {
            builder.Services.AddSingleton<IMailSender>(Mail);
            builder.Services.AddSingleton<IEventSink>(Events);
            builder.Services.AddSingleton<ILifetimePolicy>(Limits);
        };
        configure(options);
    });

    public Task DisposeAsync() => Provider.DisposeAsync();

    internal RelyingParty Client(string id, string? userAgent = null, string? address = null)
    {
        var isPublic = id is "page" or "patient" or "bound";
        return new RelyingParty(Provider, id, isPublic ? null : $"{id}-key-of-the-tests", $"https://{id}.example/callback") { UserAgent = userAgent, Address = address };
    }

    /// <summary>Disables or enables a client, and lets the instance learn of it.</summary>
    internal async Task EnableAsync(string clientId, bool enabled)
    {
        var catalog = Provider.Host.Services.GetRequiredService<ICatalogStore>();
        var stored = (await catalog.LoadAsync(CancellationToken.None)).Clients.Single(client => client.ClientId == clientId);
        await catalog.ApplyAsync(new CatalogContents { Clients = [stored with { Enabled = enabled }] }, new CatalogRemovals(), CancellationToken.None);
        var clients = Provider.Host.Services.GetRequiredService<IClientSource>();
        while ((await clients.FindAsync(clientId, CancellationToken.None))!.Enabled != enabled)
        {
            Provider.Time.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(5);
        }
    }

    internal async Task ChangeAsync(string username, Action<User> change)
    {
        await using var scope = Provider.Host.Services.CreateAsyncScope();
        var users = scope.ServiceProvider.GetRequiredService<UserManager<User>>();
        var user = await users.FindByNameAsync(username);
        change(user!);
        Assert.True((await users.UpdateAsync(user!)).Succeeded);
    }

    /// <summary>Waits for something that happens in the background, while the server's clock runs on.</summary>
    internal async Task UntilAsync(Func<bool> condition)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!condition())
        {
            Provider.Time.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(10, limit.Token);
        }
    }
}

/// <summary>A mail system that fails as often as a test wants.</summary>
internal sealed class MailCapture : IMailSender
{
    private readonly Lock _lock = new();
    private readonly List<MailMessage> _sent = [];
    private int _failures;

    public int Attempts { get; private set; }

    public IReadOnlyList<MailMessage> Sent
    {
        get
        {
            lock (_lock)
            {
                return [.. _sent];
            }
        }
    }

    public void Fail(int times) => _failures = times;

    /// <summary>Sign-ins from new devices are not what these tests are about.</summary>
    public Task SendAsync(MailMessage message, CancellationToken cancellationToken)
    {
        if (message.Subject.StartsWith("New sign-in", StringComparison.Ordinal))
        {
            return Task.CompletedTask;
        }

        lock (_lock)
        {
            Attempts++;
            if (_failures-- > 0)
            {
                throw new MailDeliveryException("The test wants it so.");
            }

            _sent.Add(message);
            return Task.CompletedTask;
        }
    }
}

/// <summary>A host's own sink.</summary>
internal sealed class EventCapture : IEventSink
{
    private readonly Lock _lock = new();
    private readonly List<SecurityEvent> _events = [];

    public IReadOnlyList<SecurityEvent> All
    {
        get
        {
            lock (_lock)
            {
                return [.. _events];
            }
        }
    }

    public Task WriteAsync(IReadOnlyList<SecurityEvent> events, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            _events.AddRange(events);
        }

        return Task.CompletedTask;
    }
}

/// <summary>A policy whose limits a test sets.</summary>
internal sealed class LimitEverybody : ILifetimePolicy
{
    public LifetimeLimits Limits { get; set; } = LifetimeLimits.None;

    public LifetimeRequest? LastRequest { get; private set; }

    public ValueTask<LifetimeLimits> LimitAsync(LifetimeRequest request, CancellationToken cancellationToken)
    {
        LastRequest = request;
        return ValueTask.FromResult(Limits);
    }
}
