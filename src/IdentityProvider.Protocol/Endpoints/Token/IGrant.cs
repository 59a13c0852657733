using IdentityProvider.Protocol.Errors;
using IdentityProvider.Protocol.Tokens;

namespace IdentityProvider.Protocol.Endpoints.Token;

/// <summary>One grant type of the token endpoint. To add one: implement this in a file of its own and register it in <c>AddProtocol</c>.</summary>
internal interface IGrant
{
    /// <summary>The value of <c>grant_type</c>.</summary>
    string GrantType { get; }

    /// <summary>Decides on a request of a client that may use this grant type.</summary>
    Task<Result<TokenResponse>> ExecuteAsync(TokenRequest request, CancellationToken cancellationToken);
}

/// <summary>The grant types that exist.</summary>
internal static class GrantTypes
{
    public const string AuthorizationCode = "authorization_code";
    public const string RefreshToken = "refresh_token";
    public const string ClientCredentials = "client_credentials";
}
