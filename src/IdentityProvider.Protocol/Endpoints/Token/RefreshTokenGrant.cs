using IdentityProvider.Protocol.Clients;
using IdentityProvider.Protocol.Errors;
using IdentityProvider.Protocol.Events;
using IdentityProvider.Protocol.Grants;
using IdentityProvider.Protocol.Scopes;
using IdentityProvider.Protocol.Tokens;
using Microsoft.Extensions.Options;

namespace IdentityProvider.Protocol.Endpoints.Token;

/// <summary>
/// The refresh token grant (RFC 6749 §6) with rotation that survives a lost response (RFC 9700 §4.14.2): a retry in time
/// receives the same successor again, while a used-up token revokes its family.
/// </summary>
internal sealed class RefreshTokenGrant(
    IGrantStore grants,
    TokenIssuer issuer,
    RefreshTokenCodec codec,
    Lifetimes lifetimes,
    IResourceSource resources,
    ProtocolMetrics metrics,
    SecurityEvents events,
    IOptions<RefreshTokenOptions> options) : IGrant
{
    public string GrantType => GrantTypes.RefreshToken;

    public async Task<Result<TokenResponse>> ExecuteAsync(TokenRequest request, CancellationToken cancellationToken)
    {
        if (request.RefreshToken is not { } encoded)
        {
            return OAuthError.InvalidRequest("The parameter refresh_token is missing.");
        }

        // The MAC covers the client: garbage and other clients' tokens end here, without a round trip.
        var client = request.Client;
        if (codec.Decode(encoded, client.ClientId) is not { } presented)
        {
            return OAuthError.InvalidGrant("The refresh token is not valid for this client.");
        }

        var binding = client.RefreshTokenDeviceBinding ?? (client.IsPublic ? options.Value.DeviceBinding : DeviceBinding.Off);
        var lives = await lifetimes.DecideAsync(request.ForLifetimes, cancellationToken);
        var successor = RefreshTokenCodec.SuccessorOf(presented);
        var scopes = request.Scope?.Split(' ', StringSplitOptions.RemoveEmptyEntries).Distinct(StringComparer.Ordinal).ToArray();
        if (scopes is [])
        {
            return OAuthError.InvalidScope("The scope parameter names no scope.");
        }

        if (scopes is not null && CheckNarrowing(client, await resources.GetAsync(cancellationToken), scopes, request.Resources) is { } flaw)
        {
            return flaw;
        }

        var outcome = await grants.RefreshAsync(new RefreshPresentation
        {
            FamilyId = presented.FamilyId,
            Generation = presented.Generation,
            SecretHash = presented.SecretHash,
            ClientId = client.ClientId,
            ClientAuthenticated = request.ClientIsAuthenticated,
            Scopes = scopes,
            Resources = request.Resources.Count > 0 ? request.Resources : null,
            Rotate = client.RotatesRefreshTokens,
            SuccessorHash = successor.SecretHash,
            SealedSuccessor = RefreshTokenCodec.SealSuccessor(presented, successor, client.ClientId),
            Network = request.Network,
            UserAgent = request.UserAgent,
            RetryWindow = Seconds(client.RefreshTokenRetryWindow) ?? options.Value.RetryWindow,
            LostResponseWindow = Seconds(client.RefreshTokenLostResponseWindow) ?? options.Value.LostResponseWindow,
            SlidingLifetime = lives.RefreshUse,
            RequireSameDevice = binding == DeviceBinding.Enforce,
            OnReuse = options.Value.OnReuse,
            WithProfile = await issuer.NeedsProfileAsync(client, cancellationToken),
        });
        metrics.Refresh(outcome.Verdict);
        if (RefreshTokenEvents.Of(outcome, request, binding) is { } securityEvent)
        {
            events.Report(securityEvent);
        }

        if (!outcome.Accepted || outcome is not { Grant: { } grant, Subject: { } subject })
        {
            return Refuse(outcome.Verdict);
        }

        var next = outcome.Verdict switch
        {
            RefreshVerdict.Rotated => successor,
            RefreshVerdict.Reused => presented,
            _ => RefreshTokenCodec.OpenSuccessor(presented, outcome.SealedSuccessor!, client.ClientId)
                ?? throw new InvalidOperationException("The stored successor does not open with the token that it was sealed under."),
        };
        return await issuer.IssueAsync(
            new Issuance
            {
                Client = client,
                Grant = grant,
                Subject = subject,
                Scopes = scopes ?? grant.Scopes,
                Resources = request.Resources.Count > 0 ? request.Resources : grant.Resources,
                Now = outcome.Now,
                Lifetimes = lives,
                RefreshToken = codec.Encode(next, client.ClientId),
            },
            cancellationToken);
    }

    /// <summary>Before the token is used: an answer without any scope would be none (RFC 8707 §2.2).</summary>
    private static OAuthError? CheckNarrowing(Client client, ResourceCatalog catalog, IReadOnlyList<string> scopes, IReadOnlyList<string> named)
    {
        var allowed = GrantedResources.StillAllowed(client, catalog, scopes);
        return allowed.Count == 0 ? OAuthError.InvalidScope("This client may have none of the requested scopes.")
            : named.Count == 0 ? null
            : GrantedResources.ScopesFor(catalog, allowed, named).Count == 0 ? OAuthError.InvalidTarget("No requested scope belongs to the requested resource.")
            : GrantedResources.CheckAlgorithms(GrantedResources.Audience(catalog, allowed, named));
    }

    private static OAuthError Refuse(RefreshVerdict verdict) => verdict switch
    {
        RefreshVerdict.InvalidScope => OAuthError.InvalidScope("More scope was requested than was granted."),
        RefreshVerdict.InvalidTarget => OAuthError.InvalidTarget("A resource was requested that was not granted."),
        RefreshVerdict.Dead => OAuthError.InvalidGrant("The refresh token has expired, or its grant has ended."),
        RefreshVerdict.WrongDevice => OAuthError.InvalidGrant("The refresh token may not be used from here."),
        RefreshVerdict.ReuseDetected => OAuthError.InvalidGrant("The refresh token was used before; the grant is revoked."),
        RefreshVerdict.Stale or RefreshVerdict.LateUnbound => OAuthError.InvalidGrant("The refresh token was replaced by a newer one."),
        _ => OAuthError.InvalidGrant("The refresh token is not valid for this client."),
    } with { Detail = verdict.ToString() };

    private static TimeSpan? Seconds(int? seconds) => seconds is { } value ? TimeSpan.FromSeconds(value) : null;
}
