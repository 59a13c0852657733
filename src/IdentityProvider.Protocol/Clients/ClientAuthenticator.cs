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

    public ValueTask<Result<AuthenticatedClient>> AuthenticateAsync(HttpContext context, Parameters parameters) =>
        ClientCredentials.Read(context.Request, parameters).Succeeded(out var credentials, out var error)
            ? AuthenticateAsync(credentials, context.RequestAborted)
            : ValueTask.FromResult<Result<AuthenticatedClient>>(error);

    public async ValueTask<Result<AuthenticatedClient>> AuthenticateAsync(ClientCredentials credentials, CancellationToken cancellationToken)
    {
        var client = await clients.FindAsync(credentials.Id, cancellationToken);
        if (client is null || !client.Enabled)
        {
            return OAuthError.InvalidClient() with { Detail = client is null ? "unknown client" : "disabled client", ClientId = client?.ClientId };
        }

        if (client.TokenEndpointAuthMethod is { } only && only != credentials.Method)
        {
            return OAuthError.InvalidClient() with { Detail = $"the client is registered for {only} and used {credentials.Method}", ClientId = client.ClientId };
        }

        if (client.IsPublic)
        {
            return credentials.Secret is null
                ? new AuthenticatedClient(client, IsAuthenticated: false)
                : OAuthError.InvalidClient() with { Detail = "a public client sent a secret", ClientId = client.ClientId };
        }

        return credentials.Secret is { } secret && Matches(client.ClientSecrets, secret)
            ? new AuthenticatedClient(client, IsAuthenticated: true)
            : OAuthError.InvalidClient() with { Detail = credentials.Secret is null ? "no secret" : "wrong or expired secret", ClientId = client.ClientId };
    }

    /// <summary>The API that calls introspection (RFC 7662 §2.1); null when the credentials are none of an API.</summary>
    public async ValueTask<ApiResource?> AuthenticateResourceAsync(ClientCredentials credentials, CancellationToken cancellationToken)
    {
        if (credentials.Secret is not { } secret)
        {
            return null;
        }

        var catalog = await resources.GetAsync(cancellationToken);
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
}
