using System.Net;
using System.Text.Json;
using IdentityProvider.Protocol.Outbound;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Tokens;

namespace IdentityProvider.Protocol.Upstream;

/// <summary>What discovery says of a provider (OpenID Connect Discovery §3), checked.</summary>
internal sealed record UpstreamConfiguration
{
    public required string Issuer { get; init; }

    public required string AuthorizationEndpoint { get; init; }

    public required string TokenEndpoint { get; init; }

    public required string KeysUri { get; init; }

    public string? UserInfoEndpoint { get; init; }

    /// <summary>RFC 6749 §2.3.1: the secret goes into the header, unless the provider takes it in the body only.</summary>
    public required bool SecretInBody { get; init; }

    /// <summary>RFC 9207 §3: a response without <c>iss</c> is not of this provider.</summary>
    public required bool NamesIssuer { get; init; }
}

/// <summary>Discovery documents and key sets of the providers, fetched when they are needed and kept within bounds.</summary>
internal sealed partial class UpstreamMetadata : IDisposable
{
    private const int SmallestRsaKey = 2048;

    private readonly Dictionary<UpstreamProvider, Documents> _documents;
    private readonly OutboundHttp _http;
    private readonly bool _development;
    private readonly ILogger<UpstreamMetadata> _logger;

    public UpstreamMetadata(UpstreamProviders providers, OutboundHttp http, TimeProvider time, IOptions<ProtocolOptions> protocol, ILogger<UpstreamMetadata> logger)
    {
        _http = http;
        _development = protocol.Value.IsDevelopment;
        _logger = logger;
        _documents = providers.All.ToDictionary(provider => provider, provider =>
        {
            var configuration = new CachedDocument<UpstreamConfiguration>(cancellationToken => DiscoverAsync(provider, cancellationToken), time);
            return new Documents(configuration, new CachedDocument<IReadOnlyList<SecurityKey>>(cancellationToken => FetchKeysAsync(provider, configuration, cancellationToken), time));
        });
    }

    /// <summary>What discovery says; null: the provider cannot be reached, or says what cannot be.</summary>
    public Task<UpstreamConfiguration?> FindAsync(UpstreamProvider provider, CancellationToken cancellationToken) =>
        _documents[provider].Configuration.GetAsync(_ => true, cancellationToken);

    /// <summary>The key of this id, fetched anew if it is not known; null: there is none. Without an id, the provider's only key (Core §10.1).</summary>
    public async Task<SecurityKey?> FindKeyAsync(UpstreamProvider provider, string? keyId, CancellationToken cancellationToken)
    {
        var keys = await _documents[provider].Keys.GetAsync(keys => Choose(keys, keyId) is not null, cancellationToken);
        return keys is null ? null : Choose(keys, keyId);
    }

    public void Dispose()
    {
        foreach (var (configuration, keys) in _documents.Values)
        {
            configuration.Dispose();
            keys.Dispose();
        }
    }

    private static SecurityKey? Choose(IReadOnlyList<SecurityKey> keys, string? keyId) =>
        keyId is { Length: > 0 } ? keys.FirstOrDefault(key => key.KeyId == keyId) : keys.Count == 1 ? keys[0] : null;

    private async Task<UpstreamConfiguration?> DiscoverAsync(UpstreamProvider provider, CancellationToken cancellationToken)
    {
        using var document = await GetAsync(provider, $"{provider.Authority.TrimEnd('/')}/.well-known/openid-configuration", cancellationToken);
        if (document?.RootElement is not { ValueKind: JsonValueKind.Object } root)
        {
            return null;
        }

        // Discovery §4.3: the issuer must be the one that was asked.
        var issuer = UpstreamClaims.Text(root, "issuer");
        var (authorize, token, keys) = (Endpoint(root, "authorization_endpoint"), Endpoint(root, "token_endpoint"), Endpoint(root, "jwks_uri"));
        if (issuer is null || authorize is null || token is null || keys is null || !IsIssuer(provider, issuer))
        {
            Unusable(provider.Name, "the discovery document lacks an endpoint, or is another issuer's");
            return null;
        }

        var methods = UpstreamClaims.Texts(root, "token_endpoint_auth_methods_supported");
        return new UpstreamConfiguration
        {
            Issuer = issuer,
            AuthorizationEndpoint = authorize,
            TokenEndpoint = token,
            KeysUri = keys,
            UserInfoEndpoint = Endpoint(root, "userinfo_endpoint"),
            SecretInBody = methods.Contains("client_secret_post") && !methods.Contains("client_secret_basic"),
            NamesIssuer = root.TryGetProperty("authorization_response_iss_parameter_supported", out var names) && names.ValueKind == JsonValueKind.True,
        };
    }

    /// <summary>Entra ID's documents for several tenants have a template in place of the tenant, which each token fills.</summary>
    private static bool IsIssuer(UpstreamProvider provider, string issuer) =>
        issuer.TrimEnd('/') == provider.Authority.TrimEnd('/')
        || (provider.Preset == UpstreamPreset.Microsoft && UpstreamIdTokens.IsTenantTemplate(issuer, provider.Authority));

    private async Task<IReadOnlyList<SecurityKey>?> FetchKeysAsync(
        UpstreamProvider provider, CachedDocument<UpstreamConfiguration> configuration, CancellationToken cancellationToken)
    {
        if (await configuration.GetAsync(_ => true, cancellationToken) is not { } found
            || await GetAsync(provider, found.KeysUri, cancellationToken) is not { } document)
        {
            return null;
        }

        using (document)
        {
            try
            {
                // Symmetric keys, keys for encryption and weak ones sign nothing that we accept.
                return
                [
                    .. new JsonWebKeySet(document.RootElement.GetRawText()).Keys
                        .Where(key => key is { Use: null or "" or "sig", Kty: "EC" or "RSA" })
                        .Where(key => key.Kty != "RSA" || key.KeySize >= SmallestRsaKey),
                ];
            }
            catch (ArgumentException error)
            {
                Unusable(provider.Name, error.Message);
                return null;
            }
        }
    }

    private async Task<JsonDocument?> GetAsync(UpstreamProvider provider, string url, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, url);
        request.Headers.Accept.ParseAdd("application/json");
        var answer = await _http.SendAsync(request, cancellationToken);
        if (answer.Status is not HttpStatusCode.OK)
        {
            Unusable(provider.Name, answer.Detail ?? $"{url} answered {(int?)answer.Status}");
            return null;
        }

        if (UpstreamClaims.Parse(answer.Body) is { } document)
        {
            return document;
        }

        Unusable(provider.Name, $"{url} is no JSON");
        return null;
    }

    /// <summary>People are sent to one of these, and secrets to the others: https only, but for Development.</summary>
    private string? Endpoint(JsonElement root, string name) =>
        UpstreamClaims.Text(root, name) is { } value && Uri.TryCreate(value, UriKind.Absolute, out var uri) && uri.Fragment.Length == 0
        && (uri.Scheme == Uri.UriSchemeHttps || (uri is { Scheme: "http", IsLoopback: true } && _development))
            ? uri.AbsoluteUri
            : null;

    private sealed record Documents(CachedDocument<UpstreamConfiguration> Configuration, CachedDocument<IReadOnlyList<SecurityKey>> Keys);

    [LoggerMessage(3300, LogLevel.Error, "Provider {Provider} cannot be used: {Reason}")]
    private partial void Unusable(string provider, string reason);
}
