using System.Globalization;
using System.Text.Json;

namespace IdentityProvider.Protocol.Upstream;

/// <summary>
/// GitHub, which is no OpenID provider: OAuth, and then its user API says who it is. The account is its number; names there can be given up
/// and taken by others.
/// </summary>
internal sealed class GitHubAccounts(UpstreamTokenRequests requests)
{
    public const string PublicSite = "https://github.com";

    private const string PublicApi = "https://api.github.com";

    public static UpstreamConfiguration Endpoints(UpstreamProvider provider)
    {
        var site = Site(provider);
        return new UpstreamConfiguration
        {
            Issuer = site,
            AuthorizationEndpoint = site + "/login/oauth/authorize",
            TokenEndpoint = site + "/login/oauth/access_token",
            KeysUri = "",
            SecretInBody = true,
            NamesIssuer = false,
        };
    }

    /// <summary>What GitHub calls its OAuth server (RFC 8414), which may stand in an answer's <c>iss</c>.</summary>
    public static string OAuthIssuer(UpstreamProvider provider) => Site(provider) + "/login/oauth";

    /// <summary>Who this token is for; null: the API does not say.</summary>
    public async Task<UpstreamIdentity?> ReadAsync(UpstreamProvider provider, string accessToken, CancellationToken cancellationToken)
    {
        var site = Site(provider);
        var api = site == PublicSite ? PublicApi : site + "/api/v3";
        using var document = await requests.GetAsync(api + "/user", accessToken, cancellationToken);
        if (document?.RootElement is not { ValueKind: JsonValueKind.Object } user || !user.TryGetProperty("id", out var id)
            || id.ValueKind != JsonValueKind.Number || !id.TryGetInt64(out var number))
        {
            return null;
        }

        using var addresses = await requests.GetAsync(api + "/user/emails", accessToken, cancellationToken);
        var primary = addresses is { RootElement.ValueKind: JsonValueKind.Array }
            ? addresses.RootElement.EnumerateArray().FirstOrDefault(entry => entry.ValueKind == JsonValueKind.Object && UpstreamClaims.IsTrue(entry, "primary"))
            : default;
        var email = UpstreamClaims.Address(primary, "email");
        return new UpstreamIdentity
        {
            Provider = provider,
            Issuer = site,
            Subject = number.ToString(CultureInfo.InvariantCulture),
            Name = UpstreamClaims.Name(user, "name"),
            Username = UpstreamClaims.Name(user, "login"),
            Email = email,
            EmailIsTrusted = email is not null && provider.TrustEmail && UpstreamClaims.IsTrue(primary, "verified"),
        };
    }

    private static string Site(UpstreamProvider provider) => provider.Authority.TrimEnd('/');
}
