using IdentityProvider.Protocol.Keys;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace IdentityProvider.Protocol.Tokens;

/// <summary>An ID token of ours that came back as <c>id_token_hint</c>.</summary>
internal sealed record IdTokenHint(string Subject, string ClientId, string? SessionId);

/// <summary>
/// Reads <c>id_token_hint</c> (OpenID Connect Core §3.1.2.1, RP-Initiated Logout §2): signed by any key that we ever had, expired or not.
/// </summary>
internal sealed class IdTokenHints(SigningKeys keys, IOptions<ProtocolOptions> options)
{
    private readonly JsonWebTokenHandler _handler = new();
    private readonly string _issuer = options.Value.Issuer;

    public async Task<IdTokenHint?> ReadAsync(string token)
    {
        var result = await _handler.ValidateTokenAsync(token, new TokenValidationParameters
        {
            ValidIssuer = _issuer,
            ValidTypes = ["JWT"],
            ValidAlgorithms = SigningAlgorithms.All,
            ValidateAudience = false,
            ValidateLifetime = false,
            IssuerSigningKeyResolver = (_, _, keyId, _) => keyId is not null && keys.Current.Find(keyId) is { } key ? [key.VerificationKey] : [],
            TryAllIssuerSigningKeys = false,
        });
        if (!result.IsValid || result.SecurityToken is not JsonWebToken jwt || jwt.Audiences.Count() != 1 || string.IsNullOrEmpty(jwt.Subject))
        {
            return null;
        }

        return new IdTokenHint(jwt.Subject, jwt.Audiences.First(), jwt.TryGetPayloadValue<string>("sid", out var sessionId) ? sessionId : null);
    }
}
