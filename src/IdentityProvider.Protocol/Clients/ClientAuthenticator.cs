using System.Security.Cryptography;
using System.Text;
using IdentityProvider.Protocol.Endpoints;
using IdentityProvider.Protocol.Errors;
using IdentityProvider.Protocol.Scopes;
using Microsoft.AspNetCore.Http;

namespace IdentityProvider.Protocol.Clients;

/// <summary>A client that was identified, and whether it has proven to be it.</summary>
internal sealed record AuthenticatedClient(Client Client, bool IsAuthenticated);

/// <summary>Client authentication (RFC 6749 §2.3): <c>client_secret_basic</c>, <c>client_secret_post</c>, <c>none</c>.</summary>
internal sealed class ClientAuthenticator(IClientSource clients, IResourceSource resources, TimeProvider time)
{
    public const string Basic = "client_secret_basic";
    public const string Post = "client_secret_post";
    public const string None = "none";

    public static IReadOnlyList<string> Methods { get; } = [Basic, Post, None];

    public async ValueTask<Result<AuthenticatedClient>> AuthenticateAsync(HttpContext context, Parameters parameters)
    {
        if (!Credentials.Read(context.Request, parameters).Succeeded(out var credentials, out var error))
        {
            return error;
        }

        var client = await clients.FindAsync(credentials.Id, context.RequestAborted);
        if (client is null || !client.Enabled)
        {
            return OAuthError.InvalidClient() with { Detail = client is null ? "unknown client" : "disabled client" };
        }

        if (client.TokenEndpointAuthMethod is { } only && only != credentials.Method)
        {
            return OAuthError.InvalidClient() with { Detail = $"the client is registered for {only} and used {credentials.Method}" };
        }

        if (client.IsPublic)
        {
            return credentials.Secret is null
                ? new AuthenticatedClient(client, IsAuthenticated: false)
                : OAuthError.InvalidClient() with { Detail = "a public client sent a secret" };
        }

        return credentials.Secret is { } secret && Matches(client.ClientSecrets, secret)
            ? new AuthenticatedClient(client, IsAuthenticated: true)
            : OAuthError.InvalidClient() with { Detail = credentials.Secret is null ? "no secret" : "wrong or expired secret" };
    }

    /// <summary>The API that calls introspection (RFC 7662 §2.1); null when the credentials are none of an API.</summary>
    public async ValueTask<ApiResource?> AuthenticateResourceAsync(HttpContext context, Parameters parameters)
    {
        if (!Credentials.Read(context.Request, parameters).Succeeded(out var credentials, out _) || credentials.Secret is not { } secret)
        {
            return null;
        }

        var catalog = await resources.GetAsync(context.RequestAborted);
        return catalog.ApiResources.TryGetValue(credentials.Id, out var resource) && resource.Enabled && Matches(resource.ApiSecrets, secret)
            ? resource
            : null;
    }

    private bool Matches(IReadOnlyList<ClientSecret> secrets, string presented)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(presented), hash);
        Span<byte> stored = stackalloc byte[SHA256.HashSizeInBytes];
        var matches = false;
        var now = time.GetUtcNow();
        foreach (var secret in secrets)
        {
            matches |= Convert.TryFromBase64String(secret.Value, stored, out var length)
                && length == stored.Length
                && CryptographicOperations.FixedTimeEquals(stored, hash)
                && !(secret.Expiration <= now);
        }

        return matches;
    }

    private sealed record Credentials(string Id, string? Secret, string Method)
    {
        private const string BasicPrefix = "Basic ";

        public static Result<Credentials> Read(HttpRequest request, Parameters parameters)
        {
            if (parameters.FindFlaw(["client_id", "client_secret"]) is { } flaw)
            {
                return flaw;
            }

            var header = request.Headers.Authorization;
            var id = parameters["client_id"];
            var secret = parameters["client_secret"];
            if (header.Count == 0)
            {
                return id is null
                    ? OAuthError.InvalidClient("The request names no client.")
                    : new Credentials(id, secret, secret is null ? None : Post);
            }

            // RFC 6749 §2.3: one method per request.
            if (header.Count > 1 || secret is not null)
            {
                return OAuthError.InvalidRequest("The client must authenticate with one method only.");
            }

            if (!TryDecode(header.ToString(), out var basicId, out var basicSecret))
            {
                return OAuthError.InvalidClient("The Authorization header is not valid HTTP Basic authentication.");
            }

            if (id is not null && id != basicId)
            {
                return OAuthError.InvalidClient("The client_id parameter names another client than the Authorization header.");
            }

            return new Credentials(basicId, basicSecret.Length == 0 ? null : basicSecret, Basic);
        }

        /// <summary>RFC 6749 §2.3.1: both parts are form-encoded before they are joined.</summary>
        private static bool TryDecode(string header, out string id, out string secret)
        {
            id = secret = "";
            if (!header.StartsWith(BasicPrefix, StringComparison.OrdinalIgnoreCase))
            {
                return false;
            }

            var bytes = new byte[header.Length];
            if (!Convert.TryFromBase64String(header[BasicPrefix.Length..].Trim(), bytes, out var length))
            {
                return false;
            }

            var text = Encoding.UTF8.GetString(bytes, 0, length);
            var colon = text.IndexOf(':', StringComparison.Ordinal);
            if (colon <= 0)
            {
                return false;
            }

            id = FormDecode(text[..colon]);
            secret = FormDecode(text[(colon + 1)..]);
            return !id.Contains('\0', StringComparison.Ordinal);
        }

        private static string FormDecode(string value) => Uri.UnescapeDataString(value.Replace('+', ' '));
    }
}
