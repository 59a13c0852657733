using IdentityProvider.Protocol.Clients;
using IdentityProvider.Protocol.Scopes;
using IdentityProvider.Protocol.Tokens;

namespace IdentityProvider.Protocol.Endpoints.Authorization;

/// <summary>Where an answer may be sent, once client and redirect URI are known to be good.</summary>
internal sealed record ReplyTo(Client Client, string RedirectUri, string ResponseMode, string? State);

/// <summary>How an answer reaches the client (OAuth 2.0 Multiple Response Types §2.1, Form Post Response Mode).</summary>
internal static class ResponseModes
{
    public const string Query = "query";
    public const string Fragment = "fragment";
    public const string FormPost = "form_post";

    public static IReadOnlyList<string> All { get; } = [Query, Fragment, FormPost];
}

/// <summary>The values of <c>prompt</c> (OpenID Connect Core §3.1.2.1).</summary>
[Flags]
internal enum Prompt
{
    Absent = 0,
    None = 1,
    Login = 2,
    Consent = 4,
    SelectAccount = 8,
}

/// <summary>A valid authorization request (RFC 6749 §4.1.1, OpenID Connect Core §3.1.2.1), parsed once.</summary>
internal sealed record AuthorizationRequest
{
    public required ReplyTo ReplyTo { get; init; }

    public required GrantedResources Granted { get; init; }

    public required Prompt Prompt { get; init; }

    /// <summary>The smaller of <c>max_age</c> and the client's own limit.</summary>
    public TimeSpan? MaxAge { get; init; }

    public string? Nonce { get; init; }

    public string? CodeChallenge { get; init; }

    /// <summary>The person that <c>id_token_hint</c> names.</summary>
    public string? HintedSubject { get; init; }

    public string? LoginHint { get; init; }

    public string? UiLocales { get; init; }

    /// <summary>The wanted authentication context classes, in order of preference: of the <c>claims</c> parameter, else of <c>acr_values</c>.</summary>
    public IReadOnlyList<string> Acr { get; init; } = [];

    /// <summary>The <c>claims</c> parameter; empty when absent.</summary>
    public required ClaimsRequest Claims { get; init; }

    public Client Client => ReplyTo.Client;
}
