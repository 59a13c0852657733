using IdentityProvider.Protocol.Clients;
using IdentityProvider.Protocol.Cors;
using IdentityProvider.Protocol.Endpoints;
using IdentityProvider.Protocol.Endpoints.Authorization;
using IdentityProvider.Protocol.Endpoints.CheckSession;
using IdentityProvider.Protocol.Endpoints.Discovery;
using IdentityProvider.Protocol.Endpoints.EndSession;
using IdentityProvider.Protocol.Endpoints.Introspection;
using IdentityProvider.Protocol.Endpoints.Revocation;
using IdentityProvider.Protocol.Endpoints.Token;
using IdentityProvider.Protocol.Endpoints.UserInfo;
using IdentityProvider.Protocol.Events;
using IdentityProvider.Protocol.Interactions;
using IdentityProvider.Protocol.Keys;
using IdentityProvider.Protocol.Logout;
using IdentityProvider.Protocol.Outbound;
using IdentityProvider.Protocol.Outbox;
using IdentityProvider.Protocol.Scopes;
using IdentityProvider.Protocol.Sessions;
using IdentityProvider.Protocol.Subjects;
using IdentityProvider.Protocol.Tokens;
using IdentityProvider.Protocol.Upstream;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace IdentityProvider.Protocol;

/// <summary>The table of contents: every service and every route of the protocol.</summary>
public static class ProtocolEndpoints
{
    internal const string TokenPath = "/connect/token";
    internal const string UserInfoPath = "/connect/userinfo";
    internal const string IntrospectionPath = "/connect/introspect";
    internal const string RevocationPath = "/connect/revocation";
    internal const string KeysPath = "/.well-known/openid-configuration/jwks";

    /// <summary>
    /// Registers the protocol. The host provides the ports (<see cref="Grants.IGrantStore"/> and the others), <see cref="RootKey"/>, and
    /// configures <see cref="ProtocolOptions"/>, <see cref="TokenOptions"/>, <see cref="RefreshTokenOptions"/>, <see cref="KeyManagementOptions"/>,
    /// <see cref="OutboundOptions"/>, <see cref="UpstreamOptions"/>.
    /// </summary>
    public static IServiceCollection AddProtocol(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.TryAddSingleton(TimeProvider.System);
        services.AddMetrics();
        services.AddSingleton<ProtocolMetrics>();
        services.AddSingleton<Refusals>();

        services.AddSingleton<SecurityEvents>();
        services.AddHostedService(provider => provider.GetRequiredService<SecurityEvents>());
        services.AddSingleton<OutboundHttp>();
        services.AddSingleton<SigningKeys>();
        services.AddHostedService<KeyMaintenance>();
        services.AddSingleton<ClientAuthenticator>();
        services.AddSingleton<CorsPolicy>();
        services.AddSingleton<ClientSessionIds>();

        services.AddSingleton<RefreshTokenCodec>();
        services.AddSingleton<ClaimsAssembler>();
        services.AddSingleton<Lifetimes>();
        services.AddSingleton<TokenIssuer>();
        services.AddSingleton<AccessTokenVerifier>();
        services.AddSingleton<AccessTokens>();
        services.AddSingleton<IdTokenHints>();

        services.TryAddSingleton<IOnwardTexts, EnglishOnwardTexts>();
        services.AddSingleton<BrowserCookie>();
        services.AddSingleton<PendingRequests>();
        services.AddSingleton<LogoutRequests>();
        services.AddSingleton<FrontChannelLogout>();
        services.AddSingleton<LogoutCompletion>();
        services.AddSingleton(provider => new InteractionService(
            provider.GetRequiredService<PendingRequests>(),
            provider.GetRequiredService<IInteractionStore>(),
            provider.GetRequiredService<Consents.IConsentStore>(),
            provider.GetRequiredService<AuthorizationRequestRules>(),
            provider.GetRequiredService<IResourceSource>(),
            provider.GetRequiredService<ISubjects>(),
            provider.GetRequiredService<LogoutRequests>(),
            provider.GetRequiredService<LogoutCompletion>(),
            provider.GetRequiredService<FrontChannelLogout>(),
            provider.GetRequiredService<SecurityEvents>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<IOptions<RefreshTokenOptions>>(),
            provider.GetRequiredService<IOptions<ProtocolOptions>>()));

        services.AddSingleton<Consents.ConnectedApps>();

        services.AddSingleton<DiscoveryEndpoint>();
        services.AddSingleton<AuthorizationRequestRules>();
        services.AddSingleton<AuthorizationResponse>();
        services.AddSingleton<AuthorizationEndpoint>();
        services.AddSingleton<TokenEndpoint>();
        services.AddSingleton<IGrant, AuthorizationCodeGrant>();
        services.AddSingleton<IGrant, RefreshTokenGrant>();
        services.AddSingleton<IGrant, ClientCredentialsGrant>();
        services.AddSingleton<UserInfoEndpoint>();
        services.AddSingleton<IntrospectionEndpoint>();
        services.AddSingleton<RevocationEndpoint>();
        services.AddSingleton<EndSessionEndpoint>();
        services.AddSingleton<CheckSessionEndpoint>();

        services.AddSingleton<UpstreamProviders>();
        services.AddSingleton<UpstreamMetadata>();
        services.AddSingleton<UpstreamIdTokens>();
        services.AddSingleton<UpstreamTokenRequests>();
        services.AddSingleton<GitHubAccounts>();
        services.AddSingleton(provider => new UpstreamClient(
            provider.GetRequiredService<UpstreamMetadata>(),
            provider.GetRequiredService<UpstreamIdTokens>(),
            provider.GetRequiredService<UpstreamTokenRequests>(),
            provider.GetRequiredService<GitHubAccounts>(),
            provider.GetRequiredService<IOptions<ProtocolOptions>>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<UpstreamClient>>()));

        services.TryAddSingleton<OutboxSignal>();
        services.AddSingleton<IOutboxHandler, BackChannelLogout>();
        services.AddHostedService<OutboxDispatcher>();
        return services;
    }

    /// <summary>Maps every route of the protocol, one line each.</summary>
    public static IEndpointRouteBuilder MapProtocol(this IEndpointRouteBuilder routes)
    {
        ArgumentNullException.ThrowIfNull(routes);
        Document("/.well-known/openid-configuration", Of<DiscoveryEndpoint>().HandleMetadataAsync);
        Document("/.well-known/oauth-authorization-server", Of<DiscoveryEndpoint>().HandleMetadataAsync);
        Document(KeysPath, Of<DiscoveryEndpoint>().HandleKeysAsync);

        Get(AuthorizationEndpoint.Path, ProtocolSpans.Around("authorize", Of<AuthorizationEndpoint>().HandleGetAsync));
        Post(AuthorizationEndpoint.Path, ProtocolSpans.Around("authorize", Of<AuthorizationEndpoint>().HandlePostAsync));
        Get(AuthorizationEndpoint.ContinuePath, ProtocolSpans.Around("authorize", Of<AuthorizationEndpoint>().HandleContinueAsync));

        Post(TokenPath, ProtocolSpans.Around("token", Of<TokenEndpoint>().HandleAsync));
        Get(UserInfoPath, ProtocolSpans.Around("userinfo", Of<UserInfoEndpoint>().HandleAsync));
        Post(UserInfoPath, ProtocolSpans.Around("userinfo", Of<UserInfoEndpoint>().HandleAsync));
        Post(IntrospectionPath, ProtocolSpans.Around("introspect", Of<IntrospectionEndpoint>().HandleAsync));
        Post(RevocationPath, Of<RevocationEndpoint>().HandleAsync);

        Get(EndSessionEndpoint.Path, Of<EndSessionEndpoint>().HandleGetAsync);
        Post(EndSessionEndpoint.Path, Of<EndSessionEndpoint>().HandlePostAsync);
        Get(EndSessionEndpoint.ContinuePath, Of<EndSessionEndpoint>().HandleContinueAsync);
        if (Of<IOptions<ProtocolOptions>>().Value.CheckSession)
        {
            Get(CheckSessionEndpoint.Path, Of<CheckSessionEndpoint>().HandleAsync);
        }

        foreach (var path in (ReadOnlySpan<string>)[TokenPath, UserInfoPath, RevocationPath])
        {
            routes.MapMethods(path, [HttpMethods.Options], Of<CorsPolicy>().PreflightAsync);
        }

        return routes;

        T Of<T>()
            where T : notnull => routes.ServiceProvider.GetRequiredService<T>();

        void Document(string path, RequestDelegate handler) => routes.MapMethods(path, [HttpMethods.Get, HttpMethods.Head], handler);

        void Get(string path, RequestDelegate handler) => routes.MapMethods(path, [HttpMethods.Get], handler);

        void Post(string path, RequestDelegate handler) => routes.MapMethods(path, [HttpMethods.Post], handler);
    }
}
