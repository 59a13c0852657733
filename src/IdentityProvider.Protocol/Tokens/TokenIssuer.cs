using System.Text;
using System.Text.Json;
using IdentityProvider.Protocol.Clients;
using IdentityProvider.Protocol.Errors;
using IdentityProvider.Protocol.Grants;
using IdentityProvider.Protocol.Keys;
using IdentityProvider.Protocol.Scopes;
using IdentityProvider.Protocol.Sessions;
using IdentityProvider.Protocol.Subjects;
using Microsoft.Extensions.Options;

namespace IdentityProvider.Protocol.Tokens;

/// <summary>What tokens are minted from. The store has decided before; only what an operator has changed since the grant can still refuse.</summary>
internal sealed record Issuance
{
    public required Client Client { get; init; }

    /// <summary>Null for <c>client_credentials</c>.</summary>
    public Grant? Grant { get; init; }

    /// <summary>Null for <c>client_credentials</c>.</summary>
    public SubjectRecord? Subject { get; init; }

    /// <summary>The scopes of this answer; at a refresh perhaps fewer than the grant's.</summary>
    public required IReadOnlyList<string> Scopes { get; init; }

    /// <summary>The resources of this answer, by name; at a token request perhaps fewer than the grant's.</summary>
    public required IReadOnlyList<string> Resources { get; init; }

    /// <summary>The clock that decided: the database's, where it was asked.</summary>
    public required DateTimeOffset Now { get; init; }

    public required TokenLifetimes Lifetimes { get; init; }

    public string? Nonce { get; init; }

    public string? RefreshToken { get; init; }
}

/// <summary>A token response (RFC 6749 §5.1, OpenID Connect Core §3.1.3.3).</summary>
internal sealed record TokenResponse(string AccessToken, long ExpiresIn, string Scope, string? RefreshToken, string? IdToken)
{
    public void Write(Utf8JsonWriter json)
    {
        json.WriteString("access_token", AccessToken);
        json.WriteString("token_type", "Bearer");
        json.WriteNumber("expires_in", ExpiresIn);
        if (RefreshToken is not null)
        {
            json.WriteString("refresh_token", RefreshToken);
        }

        if (IdToken is not null)
        {
            json.WriteString("id_token", IdToken);
        }

        json.WriteString("scope", Scope);
    }
}

/// <summary>Mints access tokens (RFC 9068) and ID tokens (OpenID Connect Core §2).</summary>
internal sealed class TokenIssuer(
    SigningKeys keys,
    IResourceSource resources,
    IGrantStore grants,
    ClaimsAssembler claimsAssembler,
    ClientSessionIds sessionIds,
    IOptions<TokenOptions> tokenOptions,
    IOptions<ProtocolOptions> protocolOptions)
{
    private static readonly IReadOnlySet<string> s_noNames = new HashSet<string>();

    private readonly TokenOptions _options = tokenOptions.Value;
    private readonly string _issuer = protocolOptions.Value.Issuer;

    /// <returns>The tokens, <c>invalid_scope</c> when nothing is left of what was granted, or <c>invalid_target</c> when its APIs accept no common algorithm.</returns>
    public async Task<Result<TokenResponse>> IssueAsync(Issuance issuance, CancellationToken cancellationToken)
    {
        var catalog = await resources.GetAsync(cancellationToken);
        var allowed = GrantedResources.StillAllowed(issuance.Client, catalog, issuance.Scopes);
        var scopes = GrantedResources.ScopesFor(catalog, allowed, issuance.Resources);
        if (scopes.Count < issuance.Scopes.Count && scopes.All(scope => scope == GrantedResources.OfflineAccess))
        {
            return OAuthError.InvalidScope("Nothing of what was granted may be given to this client any more.");
        }

        var audience = GrantedResources.Audience(catalog, scopes, issuance.Resources);
        if (GrantedResources.CheckAlgorithms(audience) is { } error)
        {
            return error;
        }

        var lifetime = (long)issuance.Lifetimes.AccessToken.TotalSeconds;
        var scope = string.Join(' ', scopes);

        var accessToken = await AccessTokenAsync(issuance, catalog, audience, scopes, scope, lifetime, cancellationToken);
        var idToken = issuance.Subject is not null && scopes.Contains(GrantedResources.OpenId)
            ? await IdTokenAsync(issuance, catalog, scopes, accessToken, cancellationToken)
            : null;
        return new TokenResponse(accessToken, lifetime, scope, issuance.RefreshToken, idToken);
    }

    /// <summary>
    /// Whether tokens of this client may carry claims from the person's profile. They seldom do, and what is not needed is not read.
    /// </summary>
    public async ValueTask<bool> NeedsProfileAsync(Client client, CancellationToken cancellationToken)
    {
        if (client.AlwaysIncludeUserClaimsInIdToken || claimsAssembler.HasProfileServices)
        {
            return true;
        }

        var catalog = await resources.GetAsync(cancellationToken);
        return client.AllowedScopes.Any(scope => catalog.ApiScopes.TryGetValue(scope, out var apiScope) && apiScope.UserClaims.Count > 0)
            || catalog.ApiResources.Values.Any(resource => resource.UserClaims.Count > 0 && resource.Scopes.Any(client.AllowedScopes.Contains));
    }

    private async Task<string> AccessTokenAsync(
        Issuance issuance, ResourceCatalog catalog, IReadOnlyList<ApiResource> audience, IReadOnlyList<string> scopes, string scope, long lifetime,
        CancellationToken cancellationToken)
    {
        var id = TokenIds.Create(issuance.Grant?.Id);
        var claims = issuance.Subject is { } subject
            ? await claimsAssembler.AssembleAsync(
                ProfileCaller.AccessToken, subject, issuance.Client, scopes, AccessTokenClaims(catalog, scopes, audience), cancellationToken)
            : null;
        var content = new AccessTokenContent(_issuer, issuance, audience, id, scope, lifetime, claims);

        if (issuance.Client.AccessTokenType == AccessTokenType.Reference)
        {
            var handle = Handles.Create();
            await grants.StoreReferenceTokenAsync(new NewReferenceToken(
                Handles.Hash(handle),
                new AccessTokenReference(issuance.Grant?.Id, id, issuance.Client.ClientId),
                Encoding.UTF8.GetString(content.ToJson()),
                issuance.Now.AddSeconds(lifetime)));
            return handle;
        }

        var key = keys.Current.Signer(AccessTokenAlgorithm(issuance.Client, audience));
        return JwtWriter.Write(key, "at+jwt", content, static (json, content) => content.Write(json));
    }

    private async Task<string> IdTokenAsync(
        Issuance issuance, ResourceCatalog catalog, IReadOnlyList<string> scopes, string accessToken, CancellationToken cancellationToken)
    {
        var (client, grant, subject) = (issuance.Client, issuance.Grant!, issuance.Subject!);
        var names = IdTokenClaims(client, catalog, scopes, grant.ClaimsRequest);
        var claims = await claimsAssembler.AssembleAsync(ProfileCaller.IdToken, subject, client, scopes, names, cancellationToken);
        var lifetime = (long)issuance.Lifetimes.IdentityToken.TotalSeconds;
        var now = issuance.Now.ToUnixTimeSeconds();

        return JwtWriter.Write(keys.Current.Signer(client.IdentityTokenAlgorithm), "JWT", 0, (json, _) =>
        {
            json.WriteString("iss", _issuer);
            json.WriteString("aud", client.ClientId);
            json.WriteString("sub", subject.Subject);
            json.WriteNumber("iat", now);
            json.WriteNumber("exp", now + lifetime);
            if (issuance.Nonce is not null)
            {
                json.WriteString("nonce", issuance.Nonce);
            }

            WriteAuthentication(json, grant);
            json.WriteString("at_hash", JwtWriter.LeftHalfHash(accessToken));
            json.WriteString("sid", sessionIds.For(grant.SessionId, client.ClientId));
            ClaimsAssembler.Write(json, claims);
        });
    }

    private static void WriteAuthentication(Utf8JsonWriter json, Grant grant)
    {
        json.WriteNumber("auth_time", grant.AuthTime.ToUnixTimeSeconds());
        json.WriteString("acr", grant.Acr);
        json.WriteStartArray("amr");
        foreach (var method in grant.Amr)
        {
            json.WriteStringValue(method);
        }

        json.WriteEndArray();
    }

    /// <summary>Every API that the token is for must accept the algorithm; one that names none accepts what we choose.</summary>
    private string AccessTokenAlgorithm(Client client, IReadOnlyList<ApiResource> audience) =>
        GrantedResources.CommonAlgorithm(audience) ?? client.AccessTokenSigningAlgorithm ?? _options.AccessTokenSigningAlgorithm;

    private static IReadOnlySet<string> AccessTokenClaims(ResourceCatalog catalog, IReadOnlyList<string> scopes, IReadOnlyList<ApiResource> audience)
    {
        HashSet<string>? names = null;
        foreach (var scope in scopes)
        {
            if (catalog.ApiScopes.TryGetValue(scope, out var apiScope) && apiScope.UserClaims.Count > 0)
            {
                (names ??= new HashSet<string>(StringComparer.Ordinal)).UnionWith(apiScope.UserClaims);
            }
        }

        foreach (var resource in audience.Where(resource => resource.UserClaims.Count > 0))
        {
            (names ??= new HashSet<string>(StringComparer.Ordinal)).UnionWith(resource.UserClaims);
        }

        return names ?? s_noNames;
    }

    private static IReadOnlySet<string> IdTokenClaims(Client client, ResourceCatalog catalog, IReadOnlyList<string> scopes, string? claimsRequest)
    {
        if (!client.AlwaysIncludeUserClaimsInIdToken && claimsRequest is null)
        {
            return s_noNames;
        }

        var names = client.AlwaysIncludeUserClaimsInIdToken ? ScopeClaims.Of(catalog, scopes) : new HashSet<string>(StringComparer.Ordinal);
        if (ClaimsRequest.Parse(claimsRequest).Succeeded(out var requested, out _))
        {
            names.UnionWith(requested.IdToken.Intersect(ScopeClaims.Of(catalog, client.AllowedScopes)));
        }

        return names;
    }

    private sealed record AccessTokenContent(
        string Issuer,
        Issuance Issuance,
        IReadOnlyList<ApiResource> Audience,
        byte[] Id,
        string Scope,
        long Lifetime,
        IDictionary<string, object>? Claims)
    {
        public void Write(Utf8JsonWriter json)
        {
            var now = Issuance.Now.ToUnixTimeSeconds();
            json.WriteString("iss", Issuer);
            WriteAudience(json);
            json.WriteString("sub", Issuance.Subject?.Subject ?? Issuance.Client.ClientId);
            json.WriteString("client_id", Issuance.Client.ClientId);
            json.WriteNumber("iat", now);
            json.WriteNumber("exp", now + Lifetime);
            json.WriteString("jti", TokenIds.Encode(Id));
            json.WriteString("scope", Scope);
            if (Issuance.Grant is { } grant)
            {
                WriteAuthentication(json, grant);
            }

            if (Claims is not null)
            {
                ClaimsAssembler.Write(json, Claims);
            }
        }

        public byte[] ToJson()
        {
            using var stream = new MemoryStream();
            using (var json = new Utf8JsonWriter(stream))
            {
                json.WriteStartObject();
                Write(json);
                json.WriteEndObject();
            }

            return stream.ToArray();
        }

        // RFC 9068 §3: without a resource, the token is for ourselves (userinfo).
        private void WriteAudience(Utf8JsonWriter json)
        {
            if (Audience.Count <= 1)
            {
                json.WriteString("aud", Audience.Count == 1 ? Audience[0].Name : Issuer);
                return;
            }

            json.WriteStartArray("aud");
            foreach (var resource in Audience)
            {
                json.WriteStringValue(resource.Name);
            }

            json.WriteEndArray();
        }
    }
}
