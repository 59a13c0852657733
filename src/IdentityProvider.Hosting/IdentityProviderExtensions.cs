using System.Net;
using IdentityProvider.Accounts;
using IdentityProvider.Accounts.Events;
using IdentityProvider.Accounts.Locations;
using IdentityProvider.Accounts.Passkeys;
using IdentityProvider.Accounts.Passwords;
using IdentityProvider.Accounts.Registration;
using IdentityProvider.Accounts.Sessions;
using IdentityProvider.Accounts.SignIn;
using IdentityProvider.Accounts.Throttling;
using IdentityProvider.Hosting.Configuration;
using IdentityProvider.Hosting.Errors;
using IdentityProvider.Hosting.Health;
using IdentityProvider.Hosting.Locations;
using IdentityProvider.Hosting.Mail;
using IdentityProvider.Hosting.Observability;
using IdentityProvider.Hosting.Passwords;
using IdentityProvider.Hosting.Seeding;
using IdentityProvider.Hosting.Startup;
using IdentityProvider.Hosting.Subjects;
using IdentityProvider.Protocol;
using IdentityProvider.Protocol.Endpoints.Token;
using IdentityProvider.Protocol.Events;
using IdentityProvider.Protocol.Interactions;
using IdentityProvider.Protocol.Keys;
using IdentityProvider.Protocol.Outbound;
using IdentityProvider.Protocol.Subjects;
using IdentityProvider.Protocol.Tokens;
using IdentityProvider.Protocol.Upstream;
using IdentityProvider.Storage;
using IdentityProvider.Storage.Redis;
using IdentityProvider.UI;
using IdentityProvider.UI.Localization;
using IdentityProvider.UI.Branding;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace IdentityProvider.Hosting;

/// <summary>
/// The provider as a library. A host of its own registers what it replaces (<see cref="IProfileService"/>, <c>IMailSender</c>,
/// <c>IClientSource</c>, …) or adds (<see cref="IEventSink"/>, <see cref="ILifetimePolicy"/>) before or after <see cref="AddIdentityProvider"/>, and a Razor page at the path of one of ours replaces it.
/// </summary>
public static class IdentityProviderExtensions
{
    /// <summary>64 KiB: the longest legitimate form is an authorization request with a claims parameter and a hint, a tenth of that.</summary>
    private const int LongestBody = 64 * 1024;

    /// <summary>Reads and checks the configuration, and registers everything.</summary>
    /// <exception cref="ConfigurationException">The server cannot start as configured; the message says what to set.</exception>
    public static WebApplicationBuilder AddIdentityProvider(this WebApplicationBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var settings = ServerSettings.Read(builder.Configuration, builder.Environment);
        var issuer = settings.Issuer.GetLeftPart(UriPartial.Authority);
        var services = builder.Services;

        services.AddSingleton(settings);
        services.TryAddSingleton(TimeProvider.System);
        builder.Logging.AddStructuredLogging();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = LongestBody;
        });
        services.Configure<HostOptions>(host => host.ShutdownTimeout = settings.Shutdown.Delay + settings.Shutdown.Drain);

        services.AddSection<TokenOptions>("Tokens");
        services.AddSection<RefreshTokenOptions>("RefreshTokens");
        services.AddSection<KeyManagementOptions>("KeyManagement");
        services.AddSingleton<IValidateOptions<TokenOptions>, TokenLifetimeRules>();
        services.AddSection<Accounts.Sessions.SessionOptions>("Sessions");
        services.AddSection<Accounts.Users.AccountOptions>("Accounts");
        services.AddSection<Argon2Options>("Argon2");
        services.AddSection<PasswordPolicyOptions>("Passwords");
        services.AddSection<RegistrationOptions>("Registration");
        services.AddSection<BrandingOptions>("Branding");
        services.AddSection<RateLimitOptions>("RateLimits");
        services.AddSection<RedisOptions>("Redis");
        services.AddSection<OutboundOptions>("Outbound");
        services.AddSection<UpstreamOptions>("Upstream", hasEntries: true);
        services.AddSection<EventOptions>("Events");
        services.AddOptions<ProtocolOptions>().Configure<IOptions<Accounts.Sessions.SessionOptions>>(
            (protocol, sessions) => protocol.CheckSession = sessions.Value.CheckSessionIframe);
        services.Configure<ProtocolOptions>(protocol =>
        {
            (protocol.Issuer, protocol.IsDevelopment) = (issuer, settings.Development);
            protocol.UiLocales = [.. Language.All.Select(language => language.Code)];
        });
        services.AddSection<SecondFactorOptions>("SecondFactor");
        services.AddSection<PasskeyOptions>("Passkeys");
        services.PostConfigure<PasskeyOptions>(passkeys =>
        {
            passkeys.Origins = [settings.Issuer.GetLeftPart(UriPartial.Authority), .. passkeys.Origins];
            passkeys.RelyingPartyId = passkeys.RelyingPartyId.Length > 0 ? passkeys.RelyingPartyId : settings.Issuer.IdnHost;
        });
        services.Configure<SessionCookieOptions>(cookie => cookie.Secure = settings.IsHttps);

        services.AddSingleton<RootKeyHolder>();
        services.AddSingleton(provider => provider.GetRequiredService<RootKeyHolder>().Key);
        services.AddStorage(new StorageOptions
        {
            Provider = settings.Provider,
            ConnectionString = settings.ConnectionString,
            RedisConnectionString = settings.RedisConnection,
            SigningKeyDirectory = settings.KeysDirectory,
        });
        services.TryAddSingleton<ICountryLookup>(new GeoIpCountries(builder.Configuration.Read<GeoIpSection>("GeoIp")));
        services.AddSingleton<IBreachRanges, PwnedPasswordRanges>();
        services.AddSingleton(provider => new ProductName(provider.GetRequiredService<IOptions<BrandingOptions>>().Value.Name));
        services.TryAddSingleton(provider => new ExemptPasswords(provider.GetRequiredService<DemoData>().Users.Select(user => user.Password).ToHashSet()));
        services.AddAccounts();
        services.AddProtocol();
        services.TryAddSingleton<ISubjects, SessionSubjects>();
        services.AddSingleton<IPendingLimit, PendingLimit>();
        services.AddSingleton<ITokenLimit, TokenLimit>();
        services.AddSingleton<IAccountEvents, AccountEventReporter>();

        services.AddSingleton(_ => DemoData.Read(settings));
        services.AddSingleton(provider =>
        {
            var demo = provider.GetRequiredService<DemoData>();
            return new StartPageContents
            {
                Issuer = issuer,
                Development = settings.Development,
                DocumentationUrl = provider.GetRequiredService<IOptions<BrandingOptions>>().Value.DocumentationUrl,
                Users = demo.Users,
                Clients = demo.Clients,
            };
        });
        services.AddIdentityProviderUI();

        services.AddMail(builder.Configuration.Read<MailSection>("Mail").Provider, settings.Development);
        services.AddHealth(settings);
        services.AddSingleton<Seeder>();
        services.AddSingleton<Preparation>();
        services.AddHostedService<Announcement>();
        if (Telemetry.IsWanted(builder.Configuration))
        {
            Telemetry.DescribeRequests();
            services.AddHostedService<Telemetry>();
        }

        return builder;
    }

    /// <summary>
    /// What must be true before the first request: valid settings, an up-to-date schema, the root key, the seed.
    /// Call it after <c>Build()</c> and before <see cref="UseIdentityProvider"/>.
    /// </summary>
    /// <exception cref="ConfigurationException">The server cannot start as configured; the message says what to set.</exception>
    public static Task PrepareIdentityProviderAsync(this WebApplication app, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(app);
        return app.Services.GetRequiredService<Preparation>().RunAsync(cancellationToken);
    }

    /// <summary>The request pipeline and every route.</summary>
    public static WebApplication UseIdentityProvider(this WebApplication app)
    {
        ArgumentNullException.ThrowIfNull(app);
        var settings = app.Services.GetRequiredService<ServerSettings>();
        if (settings.ForwardedHeaders.Enabled)
        {
            app.UseForwardedHeaders(Proxies(settings.ForwardedHeaders));
        }

        if (settings.IsHttps)
        {
            // People come by https, whatever the last hop is: cookies and links are made for the issuer. TLS may end at a proxy that tells us nothing.
            app.Use((context, next) =>
            {
                context.Request.Scheme = Uri.UriSchemeHttps;
                return next(context);
            });
        }

        if (settings is { IsHttps: true, Issuer.IsLoopback: false })
        {
            var policy = $"max-age=31536000{(settings.Hsts.IncludeSubDomains ? "; includeSubDomains" : "")}";
            app.Use((context, next) =>
            {
                context.Response.Headers.StrictTransportSecurity = policy;
                return next(context);
            });
        }

        app.UseMiddleware<RequestLog>();
        if (Telemetry.IsWanted(app.Configuration))
        {
            app.UseMiddleware<RequestSpan>();
        }

        app.UseMiddleware<FailureMiddleware>();
        app.UseRouting();

        // Endpoints that run right here: whoever calls them with a cookie pays for no session.
        var direct = app.MapGroup("");
        direct.MapProtocol();
        direct.MapHealth();
        direct.ShortCircuit();

        app.UseAuthentication();
        app.UseAuthorization();
        app.MapIdentityProviderUI();
        return app;
    }

    private static ForwardedHeadersOptions Proxies(ForwardedHeadersSection section)
    {
        // The host is left alone: nothing that we publish depends on it.
        var options = new ForwardedHeadersOptions
        {
            ForwardedHeaders = ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto,
            ForwardLimit = section.ForwardLimit,
        };
        options.KnownProxies.Clear();
        options.KnownIPNetworks.Clear();
        foreach (var proxy in section.KnownProxies)
        {
            options.KnownProxies.Add(IPAddress.Parse(proxy));
        }

        foreach (var network in section.KnownNetworks)
        {
            options.KnownIPNetworks.Add(System.Net.IPNetwork.Parse(network));
        }

        return options;
    }
}
