using IdentityProvider.Protocol.Clients;
using IdentityProvider.Protocol.Keys;
using IdentityProvider.Protocol.Scopes;

namespace IdentityProvider.Hosting.Seeding;

/// <summary>What a seed must fulfil as a whole.</summary>
internal static class SeedRules
{
    /// <summary>A person with a password below this, or with the user name in it, is taken for demo data.</summary>
    private const int ShortestPassword = 15;


    /// <summary>Claims that have a property of their own, or that the protocol sets.</summary>
    private static readonly string[] ReservedClaims =
        ["sub", "iss", "aud", "exp", "iat", "nbf", "jti", "nonce", "azp", "acr", "amr", "auth_time", "sid", "scope", "client_id", "email", "email_verified", "role"];

    /// <summary>Every problem at once.</summary>
    /// <param name="seed">What the files say.</param>
    /// <param name="stored">What is stored already: a client may use a scope that only stands there.</param>
    /// <param name="keyRetention">How long a key stays published after it last signed.</param>
    /// <param name="demo">Whether demo data is accepted: plain secrets, short passwords, clients on loopback.</param>
    public static List<string> Problems(SeedContents seed, CatalogContents stored, TimeSpan keyRetention, bool demo)
    {
        HashSet<string> apiScopes = [.. seed.ApiScopes.Select(scope => scope.Value.Name), .. stored.ApiScopes.Select(scope => scope.Name)];
        HashSet<string> scopes =
        [
            .. apiScopes, .. seed.IdentityResources.Select(resource => resource.Value.Name), .. stored.IdentityResources.Select(resource => resource.Name),
        ];
        return
        [
            .. Duplicates(seed.Clients, client => client.ClientId),
            .. Duplicates([.. seed.ApiScopes.Select(Named), .. seed.IdentityResources.Select(Named)], name => name),
            .. Duplicates(seed.ApiResources, resource => resource.Name),
            .. Duplicates(seed.Users, user => user.Username.ToUpperInvariant()),
            .. Duplicates(seed.Users.Where(user => user.Value.Subject is not null), user => user.Subject!.Value.ToString()),
            .. Duplicates(seed.Users.Where(user => user.Value is { Email: not null, EmailVerified: true }), user => user.Email!.ToUpperInvariant()),
            .. seed.ApiScopes.SelectMany(scope => ScopeName(scope, scope.Value.Name)),
            .. seed.IdentityResources.SelectMany(resource => ScopeName(resource, resource.Value.Name)),
            .. seed.ApiResources.SelectMany(resource => Resource(resource, apiScopes)),
            .. seed.Clients.SelectMany(client => ClientRules.Problems(client, scopes, keyRetention, demo)),
            .. seed.Users.SelectMany(User),
            .. demo ? [] : DemoData(seed),
        ];
    }

    private static Located<string> Named(Located<ApiScope> scope) => new(scope.File, scope.Path, scope.Value.Name);

    private static Located<string> Named(Located<IdentityResource> resource) => new(resource.File, resource.Path, resource.Value.Name);

    private static IEnumerable<string> Duplicates<T>(IEnumerable<Located<T>> values, Func<T, string> name) =>
        values.GroupBy(value => name(value.Value))
            .SelectMany(group => group.Skip(1).Select(value => value.Problem($"'{group.Key}' stands at {group.First().File}: {group.First().Path} already.")));

    private static IEnumerable<string> ScopeName<T>(Located<T> located, string name)
    {
        if (!Names.IsScope(name))
        {
            yield return located.Problem("this must be 1 to 200 printable ASCII characters without space, quote and backslash (RFC 6749 appendix A.4).", "Name");
        }

        if (name == Names.OfflineAccess)
        {
            yield return located.Problem("offline_access is built in; a client gets it by AllowOfflineAccess.", "Name");
        }
    }

    private static IEnumerable<string> Resource(Located<ApiResource> located, HashSet<string> apiScopes)
    {
        var resource = located.Value;
        IEnumerable<string> found =
        [
            .. Names.IsClientId(resource.Name) ? [] : new[] { located.Problem("this must be 1 to 200 printable ASCII characters.", "Name") },
            .. resource.Scopes.Index().Where(scope => !apiScopes.Contains(scope.Item))
                .Select(scope => located.Problem($"the API scope '{scope.Item}' does not exist.", $"Scopes[{scope.Index}]")),
            .. resource.AllowedAccessTokenSigningAlgorithms.Where(algorithm => !SigningAlgorithms.All.Contains(algorithm))
                .Select(algorithm => located.Problem($"'{algorithm}' is not supported; RS256 and ES256 are.", "AllowedAccessTokenSigningAlgorithms")),
            .. SecretRules.Problems(located, "ApiSecrets", resource.ApiSecrets),
        ];
        return found;
    }

    private static IEnumerable<string> User(Located<SeedUser> located)
    {
        var user = located.Value;
        if (user.Username.Length is 0 or > 256 || user.Username.Any(char.IsControl))
        {
            yield return located.Problem("this must be 1 to 256 characters without control characters.", "Username");
        }

        if (user.Email is { } email && (email.Length > 254 || email.IndexOf('@', StringComparison.Ordinal) is var at && (at < 1 || at == email.Length - 1)))
        {
            yield return located.Problem("this is not an e-mail address.", "Email");
        }

        if (user.Subject == Guid.Empty)
        {
            yield return located.Problem("this must be a UUID other than zero.", "Subject");
        }

        foreach (var (name, value) in user.Claims)
        {
            if (ReservedClaims.Contains(name))
            {
                yield return located.Problem("this claim is set by the server or by a property of the user (Subject, Email, EmailVerified, Roles).", $"Claims.{name}");
            }
            else if (value.ValueKind is System.Text.Json.JsonValueKind.Null)
            {
                yield return located.Problem("a claim has a value. Remove it instead.", $"Claims.{name}");
            }
        }
    }

    private static IEnumerable<string> DemoData(SeedContents seed)
    {
        const string Way = "That is demo data: give the SHA-256 as Value (`idp secret generate`), or say Production:Allow=DemoSeed.";
        return
        [
            .. seed.PlaintextSecrets.Select(place => $"{place}: a secret in plain text is for Development. {Way}"),
            .. seed.Users
                .Where(user => user.Value.Password is { } password
                    && (password.Length < ShortestPassword || password.Contains(user.Value.Username, StringComparison.OrdinalIgnoreCase)))
                .Select(user => user.Problem(
                    $"a password of less than {ShortestPassword} characters, or with the user name in it, is demo data. Choose another one, or say Production:Allow=DemoSeed.", "Password")),
            .. seed.Clients.SelectMany(client => SecretRules.Weak(client, "ClientSecrets", client.Value.ClientId, client.Value.ClientSecrets)),
            .. seed.ApiResources.SelectMany(resource => SecretRules.Weak(resource, "ApiSecrets", resource.Value.Name, resource.Value.ApiSecrets)),
        ];
    }
}
