using System.Buffers;
using System.Security.Cryptography;
using System.Text.Json;
using IdentityProvider.Protocol.Clients;
using IdentityProvider.Protocol.Cors;
using IdentityProvider.Protocol.Endpoints.Authorization;
using IdentityProvider.Protocol.Endpoints.CheckSession;
using IdentityProvider.Protocol.Endpoints.EndSession;
using IdentityProvider.Protocol.Endpoints.Token;
using IdentityProvider.Protocol.Keys;
using IdentityProvider.Protocol.Scopes;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace IdentityProvider.Protocol.Endpoints.Discovery;

/// <summary>
/// Provider metadata (OpenID Connect Discovery §3, §4; RFC 8414 §2, §3) and the JWK Set (RFC 7517 §5): bytes that are made once,
/// served with an ETag, and made again only when something has changed.
/// </summary>
internal sealed class DiscoveryEndpoint(IResourceSource resources, SigningKeys keys, IOptions<ProtocolOptions> options)
{
    private const string MetadataCaching = "public, max-age=3600";

    // Long enough to spare us, short enough for an emergency: an announced key is published far longer than this before it signs.
    private const string KeysCaching = "public, max-age=900";

    private readonly string _issuer = options.Value.Issuer;
    private readonly bool _checkSession = options.Value.CheckSession;
    private readonly IReadOnlyList<string> _uiLocales = options.Value.UiLocales;
    private Cached<ResourceCatalog>? _metadata;
    private Cached<KeySet>? _keys;

    public async Task HandleMetadataAsync(HttpContext context)
    {
        var catalog = await resources.GetLastKnownAsync(context.RequestAborted);
        var cached = _metadata;
        if (cached is null || !ReferenceEquals(cached.Source, catalog))
        {
            _metadata = cached = new Cached<ResourceCatalog>(catalog, WriteMetadata(catalog));
        }

        await ServeAsync(context, cached.Body, cached.ETag, "application/json", MetadataCaching);
    }

    public async Task HandleKeysAsync(HttpContext context)
    {
        var current = keys.Current;
        var cached = _keys;
        if (cached is null || !ReferenceEquals(cached.Source, current))
        {
            _keys = cached = new Cached<KeySet>(current, current.Document);
        }

        await ServeAsync(context, cached.Body, cached.ETag, "application/jwk-set+json", KeysCaching);
    }

    private static async Task ServeAsync(HttpContext context, byte[] body, string etag, string contentType, string caching)
    {
        CorsPolicy.AllowAll(context);
        var response = context.Response;
        response.Headers.ETag = etag;
        response.Headers.CacheControl = caching;
        if (context.Request.Headers.IfNoneMatch is { Count: > 0 } known && Knows(known, etag))
        {
            response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        response.ContentType = contentType;
        response.ContentLength = body.Length;
        await response.BodyWriter.WriteAsync(body);
    }

    /// <summary>RFC 9110 §13.1.2: any of a list will do, and a proxy that compresses has made the tag a weak one.</summary>
    private static bool Knows(StringValues known, string etag) =>
        EntityTagHeaderValue.TryParseList(known, out var tags)
        && tags.Any(tag => tag.Equals(EntityTagHeaderValue.Any) || tag.Tag.Equals(etag, StringComparison.Ordinal));

    private byte[] WriteMetadata(ResourceCatalog catalog)
    {
        var buffer = new ArrayBufferWriter<byte>(2048);
        using var json = new Utf8JsonWriter(buffer);
        json.WriteStartObject();
        json.WriteString("issuer", _issuer);
        json.WriteString("authorization_endpoint", _issuer + AuthorizationEndpoint.Path);
        json.WriteString("token_endpoint", _issuer + ProtocolEndpoints.TokenPath);
        json.WriteString("userinfo_endpoint", _issuer + ProtocolEndpoints.UserInfoPath);
        json.WriteString("jwks_uri", _issuer + ProtocolEndpoints.KeysPath);
        json.WriteString("introspection_endpoint", _issuer + ProtocolEndpoints.IntrospectionPath);
        json.WriteString("revocation_endpoint", _issuer + ProtocolEndpoints.RevocationPath);
        json.WriteString("end_session_endpoint", _issuer + EndSessionEndpoint.Path);
        if (_checkSession)
        {
            json.WriteString("check_session_iframe", _issuer + CheckSessionEndpoint.Path);
        }

        WriteArray(json, "scopes_supported", ScopesOf(catalog));
        WriteArray(json, "claims_supported", ClaimsOf(catalog));
        WriteArray(json, "response_types_supported", ["code"]);
        WriteArray(json, "response_modes_supported", ResponseModes.All);
        WriteArray(json, "grant_types_supported", [GrantTypes.AuthorizationCode, GrantTypes.RefreshToken, GrantTypes.ClientCredentials]);
        WriteArray(json, "subject_types_supported", ["public"]);
        WriteArray(json, "id_token_signing_alg_values_supported", SigningAlgorithms.All);
        WriteArray(json, "token_endpoint_auth_methods_supported", ClientAuthenticator.Methods);
        WriteArray(json, "introspection_endpoint_auth_methods_supported", [ClientAuthenticator.Basic, ClientAuthenticator.Post]);
        WriteArray(json, "revocation_endpoint_auth_methods_supported", ClientAuthenticator.Methods);
        WriteArray(json, "code_challenge_methods_supported", ["S256"]);
        WriteArray(json, "acr_values_supported", Authorization.AuthenticationContexts.Supported);
        WriteArray(json, "prompt_values_supported", ["none", "login", "consent", "select_account"]);
        WriteArray(json, "display_values_supported", ["page"]);
        if (_uiLocales.Count > 0)
        {
            WriteArray(json, "ui_locales_supported", _uiLocales);
        }

        WriteArray(json, "claim_types_supported", ["normal"]);
        json.WriteBoolean("claims_parameter_supported", true);
        json.WriteBoolean("request_parameter_supported", false);
        json.WriteBoolean("request_uri_parameter_supported", false);
        json.WriteBoolean("require_request_uri_registration", false);
        json.WriteBoolean("authorization_response_iss_parameter_supported", true);
        json.WriteBoolean("backchannel_logout_supported", true);
        json.WriteBoolean("backchannel_logout_session_supported", true);
        json.WriteBoolean("frontchannel_logout_supported", true);
        json.WriteBoolean("frontchannel_logout_session_supported", true);
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    private static IEnumerable<string> ScopesOf(ResourceCatalog catalog) =>
    [
        .. catalog.IdentityResources.Values.Where(scope => scope is { Enabled: true, ShowInDiscoveryDocument: true }).Select(scope => scope.Name)
            .Order(StringComparer.Ordinal),
        GrantedResources.OfflineAccess,
        .. catalog.ApiScopes.Values.Where(scope => scope is { Enabled: true, ShowInDiscoveryDocument: true }).Select(scope => scope.Name)
            .Order(StringComparer.Ordinal),
    ];

    private static IEnumerable<string> ClaimsOf(ResourceCatalog catalog) => ScopeClaims
        .Of(catalog, catalog.IdentityResources.Values.Where(scope => scope.ShowInDiscoveryDocument).Select(scope => scope.Name))
        .Append("sub").Append("acr").Append("amr").Append("auth_time")
        .Distinct(StringComparer.Ordinal)
        .Order(StringComparer.Ordinal);

    private static void WriteArray(Utf8JsonWriter json, string name, IEnumerable<string> values)
    {
        json.WriteStartArray(name);
        foreach (var value in values)
        {
            json.WriteStringValue(value);
        }

        json.WriteEndArray();
    }

    private sealed record Cached<TSource>(TSource Source, byte[] Body)
    {
        public string ETag { get; } = $"\"{Convert.ToHexStringLower(SHA256.HashData(Body).AsSpan(0, 8))}\"";
    }
}
