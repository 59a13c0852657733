namespace IdentityProvider.Protocol.Errors;

/// <summary>
/// An error of OAuth 2.0 or OpenID Connect: the registered code, a description for the client's developer,
/// and a detail for our own log that never leaves the server.
/// </summary>
/// <param name="Code">The registered error code.</param>
/// <param name="Description">What went wrong and what to do, in the characters that RFC 6749 allows.</param>
/// <param name="Status">The HTTP status when answered as JSON.</param>
public sealed record OAuthError(string Code, string Description, int Status = 400)
{
    /// <summary>For the log only; never sent.</summary>
    public string? Detail
    {
        get;
        // It may quote what was sent, and a line break in it would be a line of the log.
        init => field = value?.Any(char.IsControl) == true ? string.Concat(value.Select(character => char.IsControl(character) ? '?' : character)) : value;
    }

    /// <summary>A client that exists, for the log only; what a request calls itself may be anything.</summary>
    public string? ClientId { get; init; }

    /// <summary>When the same request may succeed, if that is known.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>RFC 6749 §4.1.2.1, §5.2.</summary>
    public static OAuthError InvalidRequest(string description) => new("invalid_request", description);

    /// <summary>RFC 6749 §5.2: client authentication failed; 401.</summary>
    public static OAuthError InvalidClient(string description = "Client authentication failed.") =>
        new("invalid_client", description, 401);

    /// <summary>RFC 6749 §5.2: the code or refresh token cannot be used.</summary>
    public static OAuthError InvalidGrant(string description) => new("invalid_grant", description);

    /// <summary>RFC 6749 §4.1.2.1, §5.2: the client may not do this.</summary>
    public static OAuthError UnauthorizedClient(string description) => new("unauthorized_client", description);

    /// <summary>RFC 6749 §5.2.</summary>
    public static OAuthError UnsupportedGrantType(string description) => new("unsupported_grant_type", description);

    /// <summary>RFC 6749 §4.1.2.1.</summary>
    public static OAuthError UnsupportedResponseType(string description) => new("unsupported_response_type", description);

    /// <summary>RFC 6749 §4.1.2.1, §5.2.</summary>
    public static OAuthError InvalidScope(string description) => new("invalid_scope", description);

    /// <summary>RFC 8707 §2.</summary>
    public static OAuthError InvalidTarget(string description) => new("invalid_target", description);

    /// <summary>RFC 6749 §4.1.2.1: the person said no.</summary>
    public static OAuthError AccessDenied(string description) => new("access_denied", description);

    /// <summary>OpenID Connect Core §3.1.2.6.</summary>
    public static OAuthError LoginRequired(string description) => new("login_required", description);

    /// <summary>OpenID Connect Core §3.1.2.6.</summary>
    public static OAuthError InteractionRequired(string description) => new("interaction_required", description);

    /// <summary>OpenID Connect Core §3.1.2.6.</summary>
    public static OAuthError ConsentRequired(string description) => new("consent_required", description);

    /// <summary>OpenID Connect Core §3.1.2.6.</summary>
    public static OAuthError AccountSelectionRequired(string description) => new("account_selection_required", description);

    /// <summary>OpenID Connect Core Unmet Authentication Requirements 1.0.</summary>
    public static OAuthError UnmetAuthenticationRequirements(string description) =>
        new("unmet_authentication_requirements", description);

    /// <summary>OpenID Connect Core §3.1.2.6: request objects are not accepted.</summary>
    public static OAuthError RequestNotSupported() =>
        new("request_not_supported", "The request parameter is not supported; send plain parameters.");

    /// <summary>OpenID Connect Core §3.1.2.6.</summary>
    public static OAuthError RequestUriNotSupported() =>
        new("request_uri_not_supported", "The request_uri parameter is not supported; send plain parameters.");

    /// <summary>OpenID Connect Core §3.1.2.6.</summary>
    public static OAuthError RegistrationNotSupported() =>
        new("registration_not_supported", "The registration parameter is not supported.");

    /// <summary>RFC 6750 §3.1: the access token is missing, expired, revoked or malformed; 401.</summary>
    public static OAuthError InvalidToken(string description) => new("invalid_token", description, 401);

    /// <summary>RFC 6750 §3.1: the token's scope does not reach; 403.</summary>
    public static OAuthError InsufficientScope(string description) => new("insufficient_scope", description, 403);

    /// <summary>A limit of what strangers may ask for; 429 with Retry-After.</summary>
    public static OAuthError TooManyRequests(TimeSpan wait) =>
        new("too_many_requests", "Too many requests came from this client or network. Try again later.", 429) { RetryAfter = wait };

    /// <summary>RFC 6749 §4.1.2.1: an outage; 503 with Retry-After.</summary>
    public static OAuthError TemporarilyUnavailable(string description) =>
        new("temporarily_unavailable", description, 503);
}
