using IdentityProvider.Protocol.Clients;
using IdentityProvider.Protocol.Keys;

namespace IdentityProvider.Hosting.Seeding;

/// <summary>What a registered client must fulfil.</summary>
internal static class ClientRules
{
    private const int TenYears = 10 * 365 * 24 * 3600;

    public static IEnumerable<string> Problems(Located<Client> located, IReadOnlySet<string> scopes, TimeSpan keyRetention, bool demo)
    {
        var client = located.Value;
        return Identity(located)
            .Concat(Grants(located))
            .Concat(Authentication(located))
            .Concat(Addresses(located, demo))
            .Concat(Tokens(located))
            .Concat(KeyLifetimes(located, keyRetention))
            .Concat(client.AllowedScopes.Index()
                .Where(scope => !scopes.Contains(scope.Item) && !(scope.Item == Names.OfflineAccess && client.AllowOfflineAccess))
                .Select(scope => located.Problem(
                    scope.Item == Names.OfflineAccess
                        ? "set AllowOfflineAccess to true instead."
                        : $"the scope '{scope.Item}' is neither an identity resource nor an API scope.",
                    $"AllowedScopes[{scope.Index}]")));
    }

    private static IEnumerable<string> Identity(Located<Client> located)
    {
        if (!Names.IsClientId(located.Value.ClientId))
        {
            yield return located.Problem("this must be 1 to 200 printable ASCII characters (RFC 6749 appendix A.1).", "ClientId");
        }

        if (located.Value.Profile == ClientProfile.Fapi2)
        {
            yield return located.Problem("fapi2 is not built yet. Use oidc or oauth21.", "Profile");
        }
    }

    private static IEnumerable<string> Grants(Located<Client> located)
    {
        var client = located.Value;
        if (client.AllowedGrantTypes.Count == 0)
        {
            yield return located.Problem("name at least one of authorization_code and client_credentials.", "AllowedGrantTypes");
        }

        foreach (var (index, grant) in client.AllowedGrantTypes.Index())
        {
            var problem = grant switch
            {
                "authorization_code" => null,
                "client_credentials" => client.IsPublic ? "a public client cannot use client_credentials (RFC 6749 section 4.4)." : null,
                "refresh_token" => "AllowOfflineAccess implies it. Remove it here.",
                _ => $"the grant '{grant}' is not supported; authorization_code and client_credentials are.",
            };
            if (problem is not null)
            {
                yield return located.Problem(problem, $"AllowedGrantTypes[{index}]");
            }
        }

        var code = client.AllowedGrantTypes.Contains("authorization_code");
        if (code && client.RedirectUris.Count == 0)
        {
            yield return located.Problem("authorization_code needs at least one redirect URI.", "RedirectUris");
        }

        if (!code && client.AllowOfflineAccess)
        {
            yield return located.Problem("refresh tokens come with authorization_code only.", "AllowOfflineAccess");
        }
    }

    private static IEnumerable<string> Authentication(Located<Client> located)
    {
        var client = located.Value;
        if (client.TokenEndpointAuthMethod is not (null or "client_secret_basic" or "client_secret_post" or "none"))
        {
            yield return located.Problem(
                $"'{client.TokenEndpointAuthMethod}' is not supported; client_secret_basic, client_secret_post and none are.", "TokenEndpointAuthMethod");
        }

        if (!client.RequireClientSecret && client.TokenEndpointAuthMethod is "client_secret_basic" or "client_secret_post")
        {
            yield return located.Problem(
                $"{client.TokenEndpointAuthMethod} needs a secret, and RequireClientSecret is false: no request could ever authenticate. Change one of them.", "TokenEndpointAuthMethod");
        }

        if (client.IsPublic && client.ClientSecrets.Count > 0)
        {
            yield return located.Problem("a public client has no secret. Remove it, or set RequireClientSecret.", "ClientSecrets");
        }

        if (!client.IsPublic && client.ClientSecrets.Count == 0)
        {
            yield return located.Problem("a confidential client needs a secret. Add one (`idp secret generate`), or set RequireClientSecret to false.", "ClientSecrets");
        }

        foreach (var problem in SecretRules.Problems(located, "ClientSecrets", client.ClientSecrets))
        {
            yield return problem;
        }
    }

    private static IEnumerable<string> Addresses(Located<Client> located, bool demo)
    {
        var client = located.Value;
        var native = client.ApplicationType == ApplicationType.Native;
        IEnumerable<(string Property, string? Problem)> found =
        [
            .. client.RedirectUris.Index().Select(uri => ($"RedirectUris[{uri.Index}]", UriRules.RedirectProblem(uri.Item, native, demo))),
            .. client.PostLogoutRedirectUris.Index().Select(uri => ($"PostLogoutRedirectUris[{uri.Index}]", UriRules.RedirectProblem(uri.Item, native, demo))),
            .. client.AllowedCorsOrigins.Index().Select(uri => ($"AllowedCorsOrigins[{uri.Index}]", UriRules.OriginProblem(uri.Item, demo))),
            ("ClientUri", UriRules.PageProblem(client.ClientUri, demo)),
            ("LogoUri", UriRules.PageProblem(client.LogoUri, demo)),
            ("PolicyUri", UriRules.PageProblem(client.PolicyUri, demo)),
            ("TosUri", UriRules.PageProblem(client.TosUri, demo)),
            ("InitiateLoginUri", UriRules.PageProblem(client.InitiateLoginUri, demo)),
            ("BackChannelLogoutUri", UriRules.LogoutProblem(client.BackChannelLogoutUri, demo)),
            ("FrontChannelLogoutUri", FrontChannelProblem(client, demo)),
        ];
        return found.Where(entry => entry.Problem is not null).Select(entry => located.Problem(entry.Problem!, entry.Property));
    }

    /// <summary>OpenID Connect Front-Channel Logout §2: of an origin that the client redirects to, too.</summary>
    private static string? FrontChannelProblem(Client client, bool demo) =>
        UriRules.LogoutProblem(client.FrontChannelLogoutUri, demo)
        ?? (client.FrontChannelLogoutUri is null || client.RedirectUris.Any(uri => UriRules.HaveOneOrigin(uri, client.FrontChannelLogoutUri))
            ? null
            : "scheme, host and port must be those of one of the RedirectUris (OpenID Connect Front-Channel Logout section 2).");

    /// <summary>A reference token is signed by no key.</summary>
    private static IEnumerable<string> KeyLifetimes(Located<Client> located, TimeSpan keyRetention)
    {
        var client = located.Value;
        (string Property, int? Seconds)[] lifetimes =
        [
            (nameof(client.AccessTokenLifetime), client.AccessTokenType == AccessTokenType.Reference ? null : client.AccessTokenLifetime),
            (nameof(client.IdentityTokenLifetime), client.IdentityTokenLifetime),
        ];
        return lifetimes.Where(lifetime => lifetime.Seconds > keyRetention.TotalSeconds).Select(lifetime => located.Problem(
            $"a token of client '{client.ClientId}' would outlive the key that verifies it. Set at most {(long)keyRetention.TotalSeconds} seconds, or a longer KeyManagement:RetentionDuration"
            + $"{(lifetime.Property == nameof(client.AccessTokenLifetime) ? ", or AccessTokenType to Reference" : "")}.",
            lifetime.Property));
    }

    private static IEnumerable<string> Tokens(Located<Client> located)
    {
        var client = located.Value;
        (string Property, int? Seconds)[] lifetimes =
        [
            (nameof(client.AccessTokenLifetime), client.AccessTokenLifetime),
            (nameof(client.IdentityTokenLifetime), client.IdentityTokenLifetime),
            (nameof(client.AuthorizationCodeLifetime), client.AuthorizationCodeLifetime),
            (nameof(client.AbsoluteRefreshTokenLifetime), client.AbsoluteRefreshTokenLifetime),
            (nameof(client.SlidingRefreshTokenLifetime), client.SlidingRefreshTokenLifetime),
            (nameof(client.ConsentLifetime), client.ConsentLifetime),
            (nameof(client.UserSsoLifetime), client.UserSsoLifetime),
        ];
        foreach (var (property, seconds) in lifetimes)
        {
            var longest = property == nameof(client.AuthorizationCodeLifetime) ? 600 : TenYears;
            if (seconds is { } value && (value <= 0 || value > longest))
            {
                yield return located.Problem($"this must be 1 to {longest} seconds.", property);
            }
        }

        // Zero switches a window off. Beyond a minute, a retry and a theft look alike; beyond a day, nobody waits for a response any more.
        (string Property, int? Seconds, int Longest)[] windows =
        [
            (nameof(client.RefreshTokenRetryWindow), client.RefreshTokenRetryWindow, 60),
            (nameof(client.RefreshTokenLostResponseWindow), client.RefreshTokenLostResponseWindow, 24 * 3600),
        ];
        foreach (var (property, seconds, longest) in windows)
        {
            if (seconds is { } value && (value < 0 || value > longest))
            {
                yield return located.Problem($"this must be 0 to {longest} seconds.", property);
            }
        }

        foreach (var algorithm in client.AllowedIdentityTokenSigningAlgorithms.Where(algorithm => !SigningAlgorithms.All.Contains(algorithm)))
        {
            yield return located.Problem($"'{algorithm}' is not supported; RS256 and ES256 are.", "AllowedIdentityTokenSigningAlgorithms");
        }

        if (client.AccessTokenSigningAlgorithm is { } signing && !SigningAlgorithms.All.Contains(signing))
        {
            yield return located.Problem($"'{signing}' is not supported; RS256 and ES256 are.", "AccessTokenSigningAlgorithm");
        }
    }
}
